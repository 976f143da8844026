"""What a grant allows to be read to count: what stands in numbers about many, never what is told of one.

When the gateway itself reads to count, a grant's own items do not matter, not even where they allow the same to be
read for its actor. What counts is what it was counted under (`vocabulary.COUNTED`), granted in words that say so:
whoever agreed to an older version of them is counted by what that version speaks of. The version is the one that
stands in the grant's item, which no transaction changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from consent.leases.decision import GrantState, Question, SubjectFacts
from consent.vocabulary import ANY_PLATFORM, COUNTED


def facts_to_count(question: Question, facts: SubjectFacts) -> SubjectFacts:
    """Return `facts` with each grant as it stands to those who count; as they are for every other question."""
    if not question.counting:
        return facts
    return replace(
        facts, grants=[_to_count(each) for each in facts.grants], past=[_to_count(each) for each in facts.past]
    )


def logged_as(question: Question, categories: frozenset[str]) -> frozenset[str]:
    """Return the categories that the worker's log names for what is read of `categories`."""
    if not question.counting:
        return categories
    return frozenset(COUNTED[each].category if each in COUNTED else each for each in categories)


def records_to_count(records: Mapping[str, int]) -> Mapping[str, int]:
    """Return what was read of each category as the log counts it: of what is counted together, the most."""
    found: dict[str, int] = {}
    for category, count in records.items():
        name = COUNTED[category].category if category in COUNTED else category
        found[name] = max(count, found.get(name, 0))
    return found


def _to_count(grant: GrantState) -> GrantState:
    terms = grant.terms
    names = {under.category for under in COUNTED.values()}
    items = {
        (platform, category): granted
        for (platform, category), granted in terms.items.items()
        if platform == ANY_PLATFORM and category in names
    }
    for category, under in COUNTED.items():
        granted = items.get((ANY_PLATFORM, under.category))
        if granted is not None and (not granted or terms.versions.get(under.category, 0) >= under.since):
            items[ANY_PLATFORM, category] = granted
    return replace(grant, terms=replace(terms, items=items))
