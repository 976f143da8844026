"""Work that shows no skill, and why: so that nobody has to wonder where it went.

Nothing is claimed of it. A sponsorship (GitHub Sponsors) is income: it says that somebody's work is valued, but neither
which work that is nor how long it took, and a platform's words beside it would be what the worker says of themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from graph.evidence.estimate import TYPICAL_HOURS
from graph.evidence.facts import SkillFact
from graph.evidence.relevance import named_skills, skills_of
from graph.evidence.text import PLURALS
from graph.taxonomy.graph import SkillGraph
from graph.wording import Words, mark


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

    def explain(self, graph: SkillGraph, words: Words) -> str:
        """Return the same in words."""
        kind, platform = words.count(*PLURALS[self.fact.kind], 2), graph.platform_name(self.fact.platform)
        return words.say(_WHY[self.reason], count=self.fact.completed, kind=kind, platform=platform)


_WHY: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.INCOME_ONLY: mark(
            "%(count)s %(kind)s at %(platform)s are income: they say neither what was done for it nor how long it "
            "took, so no skill is claimed of them."
        ),
        Reason.NOTHING_COMPLETED: mark(
            "None of the %(kind)s at %(platform)s has been completed, so they show no skill yet."
        ),
        Reason.KIND_UNKNOWN: mark(
            "What kind of work the %(kind)s at %(platform)s were is not said in words that are known here, so no skill "
            "is claimed of them."
        ),
    }
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
