"""Which skills a fact speaks for, and how directly: by its occupation, its words and its credentials.

| how | relevance |
|---|---|
| essential to the occupation of the work | 1 |
| named by the platform's words for the work, or by a credential | 0.7 |
| optional in the occupation | 0.3 |

Where several apply, the largest counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from graph.model import OccupationId, SkillId
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.names import fold, words

ESSENTIAL = 1.0
NAMED = 0.7
OPTIONAL = 0.3

LONGEST_NAME = 8
"""Words of the longest name that is looked for inside a text."""


class KindOfWork(Protocol):
    """What a platform says of a kind of work: an occupation that its connector knows, and the platform's own words."""

    @property
    def occupation_uri(self) -> str | None: ...  # noqa: D102
    @property
    def occupation_label(self) -> str | None: ...  # noqa: D102
    @property
    def terms(self) -> tuple[str, ...]: ...  # noqa: D102


def occupation_of(graph: SkillGraph, fact: KindOfWork) -> OccupationId | None:
    """Return the occupation of a fact: by URI, else by exact label, else by a word of the platform that is a title."""
    if fact.occupation_uri is not None:
        known = graph.occupation_of_uri(fact.occupation_uri)
        if known is not None:
            return known
    for title in (fact.occupation_label, *(fact.terms if fact.occupation_uri is None else ())):
        named = graph.occupation_names.exactly(title) if title else ()
        if named:
            return OccupationId(named[0])
    return None


def skills_of(graph: SkillGraph, fact: KindOfWork) -> Mapping[SkillId, float]:
    """Return the skills that a fact's work speaks for, with their relevance."""
    found: dict[SkillId, float] = {}
    occupation = occupation_of(graph, fact)
    if occupation is not None:
        found.update(dict.fromkeys(graph.optional(occupation), OPTIONAL))
    for term in fact.terms:
        found.update(dict.fromkeys(named_skills(graph, term), NAMED))
    if occupation is not None:
        found.update(dict.fromkeys(graph.essential(occupation), ESSENTIAL))
    return found


def named_skills(graph: SkillGraph, text: str) -> frozenset[SkillId]:
    """Return the skills that a short text names: the longest names and terms in it, word for word."""
    whole = graph.terms.get(fold(text), frozenset()) | frozenset(map(SkillId, graph.skill_names.exactly(text)))
    if whole:
        return whole
    parts, found, start = words(text), set[SkillId](), 0
    while start < len(parts):
        for end in range(min(len(parts), start + LONGEST_NAME), start, -1):
            phrase = " ".join(parts[start:end])
            skills = graph.terms.get(phrase, frozenset()) | frozenset(map(SkillId, graph.skill_names.exactly(phrase)))
            if skills:
                found |= skills
                start = end - 1
                break
        start += 1
    return frozenset(found)
