"""Which fetches of a plan a gate has to know of; the others run as if there were none.

A fetch is watched when it discloses a scope, and when it reads what a watched fetch may have brought: then its data
ends with that fetch's permit. Told from the plan alone, by places and data keys, and rather too often than too seldom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.executor.document import fields_of
from gateway.planner.nodes import LIST, Fetch, InputField, PathStep, Selection

Place = tuple[str, ...]


def watched_fetches(fetches: Sequence[Fetch]) -> frozenset[int]:
    """Return the numbers, by position, of the fetches that are watched."""
    watched = {number for number, fetch in enumerate(fetches) if fetch.disclosure or selects_scoped([fetch])}
    if not watched:
        return frozenset()
    # A context's value may come from anything that was fetched before.
    watched |= {n for n, fetch in enumerate(fetches) if any(t.contexts for e in fetch.entities for t in e.targets)}
    brought = {each for number in watched for each in _brings(fetches[number])}
    rest = {number: list(_reads(fetch)) for number, fetch in enumerate(fetches) if number not in watched}
    while True:
        # What is no dependency may still have been there first, so that the order of the plan does not help.
        fed = {number for number, places in rest.items() if any(each in brought for each in places)}
        if not fed:
            return frozenset(watched)
        watched |= fed
        brought.update(each for number in fed for each in _brings(fetches[number]))
        for number in fed:
            del rest[number]


def selects_scoped(fetches: Sequence[Fetch]) -> bool:
    """Tell whether any fetch selects a scoped field; what a thousand fetches share is looked at once."""
    pending: list[Sequence[Selection]] = [fetch.selections for fetch in fetches]
    pending += [entities.selections for fetch in fetches for entities in fetch.entities]
    seen: set[int] = set()
    while pending:
        selections = pending.pop()
        if id(selections) in seen:
            continue
        seen.add(id(selections))
        pending.extend(each.selections for each in selections if each.selections)
        if any(each.scopes for each in fields_of(selections)):
            return True
    return False


def plain_path(path: Sequence[PathStep]) -> Place:
    """Return the data keys of a path."""
    return tuple(step for step in path if isinstance(step, str) and step != LIST)


def _brings(fetch: Fetch) -> Iterator[tuple[Place, str]]:
    """Yield the places at which a fetch brings something, each with the data key there."""
    place = plain_path(fetch.path)
    for each in fields_of(fetch.selections):
        yield place, each.key
    for entities in fetch.entities:
        keys = {each.key for each in fields_of(entities.selections)}
        for place in {plain_path(target.path) for target in entities.targets}:
            for key in keys:
                yield place, key


def _reads(fetch: Fetch) -> Iterator[tuple[Place, str]]:
    """Yield what leads to the objects of a fetch and to the inputs that are read from them."""
    yield from _steps(plain_path(fetch.path))
    for entities in fetch.entities:
        for target in entities.targets:
            place = plain_path(target.path)
            yield from _steps(place)
            for shape in target.representations:
                yield from _inputs(place, shape.fields)


def _inputs(place: Place, fields: Sequence[InputField]) -> Iterator[tuple[Place, str]]:
    for each in fields:
        yield place, each.key
        yield from _inputs((*place, each.key), each.selections)


def _steps(path: Place) -> Iterator[tuple[Place, str]]:
    for length, key in enumerate(path):
        yield path[:length], key
