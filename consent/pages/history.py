"""How a consent came to be what it is: its versions, each with what the worker added and took away.

A grant is never changed; asking for something else makes a new one that takes the old one's place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.grants.records import GrantRecord, Item, ToldCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A grant in the line of its versions. The first one added everything that it covers."""

    grant: GrantRecord
    added: frozenset[Item]
    removed: frozenset[Item]
    before: Mapping[str, ToldCategory]
    """The words of the version before, in which what was removed had been granted."""
    is_first: bool


def versions_of(grant: GrantRecord, grants: Sequence[GrantRecord]) -> list[Version]:
    """Return all versions of the consent that `grant` is one of, newest first; `grants` are its worker's."""
    known = {each.id: each for each in grants}
    children = {each.parent_id: each for each in grants if each.parent_id is not None}
    line = [known.get(grant.id, grant)]
    while (parent := known.get(line[0].parent_id or "")) is not None:
        line.insert(0, parent)
    while (child := children.get(line[-1].id)) is not None:
        line.append(child)
    return [
        Version(
            grant=each,
            added=each.granted - (line[place - 1].granted if place else frozenset()),
            removed=(line[place - 1].granted if place else frozenset()) - each.granted,
            before=line[place - 1].told if place else {},
            is_first=place == 0,
        )
        for place, each in reversed(list(enumerate(line)))
    ]
