"""Work that shows no skill, and why: so that nobody has to wonder where it went.

Nothing is claimed of it. A sponsorship (GitHub Sponsors) is income: it says that somebody's work is valued, but neither
which work that is nor how long it took, and a platform's words beside it would be what the worker says of themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from graph.evidence.estimate import TYPICAL_HOURS
from graph.evidence.facts import SkillFact
from graph.evidence.relevance import named_skills, skills_of
from graph.evidence.text import PLURALS
from graph.taxonomy.graph import SkillGraph


class Reason(Enum):
    """Why work shows no skill."""

    INCOME_ONLY = "INCOME_ONLY"
    NOTHING_COMPLETED = "NOTHING_COMPLETED"
    KIND_UNKNOWN = "KIND_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A fact that speaks for no skill."""

    fact: SkillFact
    reason: Reason

    @property
    def explanation(self) -> str:
        """The same in words."""
        many = PLURALS[self.fact.kind][1]
        match self.reason:
            case Reason.INCOME_ONLY:
                return (
                    f"{self.fact.completed} {many} at {self.fact.platform} are income: they say neither what was done "
                    "for it nor how long it took, so no skill is claimed of them."
                )
            case Reason.NOTHING_COMPLETED:
                return f"None of the {many} at {self.fact.platform} has been completed, so they show no skill yet."
            case Reason.KIND_UNKNOWN:
                return (
                    f"What kind of work the {many} at {self.fact.platform} were is not said in words that are known "
                    "here, so no skill is claimed of them."
                )


def silences(graph: SkillGraph, facts: Iterable[SkillFact]) -> Iterator[Silence]:
    """Yield the facts that show no skill, in their order."""
    for fact in facts:
        if any(named_skills(graph, each) for each in fact.credentials):
            continue
        if not TYPICAL_HOURS[fact.kind]:
            yield Silence(fact=fact, reason=Reason.INCOME_ONLY)
        elif not fact.completed:
            yield Silence(fact=fact, reason=Reason.NOTHING_COMPLETED)
        elif not skills_of(graph, fact):
            yield Silence(fact=fact, reason=Reason.KIND_UNKNOWN)
