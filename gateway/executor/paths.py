"""Places in the tree: where they are for the plan, and where the client reads them.

Used when something went wrong or has to be attributed; never on the way of an undisturbed answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from gateway.errors import ResponseTooLargeError
from gateway.executor.document import fields_of
from gateway.executor.merge import typename_of
from gateway.executor.projection import ShapedField
from gateway.planner.nodes import LIST, Fetch, FieldSelection, InputField, PathStep, Selection, TypeStep

JsonObject = dict[str, Any]
DataPath = tuple[str | int, ...]
ClientPath = list[str | int]


MAX_PLACES = 100_000
"""How many places one path may have: entities inside entities multiply them."""


MAX_VISITS = 2_000_000
"""How many values of the tree are looked at one by one, for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One object in the tree: its path in data keys, and the (object, data key) pairs that lead to it."""

    path: DataPath
    value: JsonObject
    trail: tuple[tuple[JsonObject, str], ...]


def walk(tree: JsonObject, path: Sequence[PathStep]) -> Iterator[Place]:
    """Yield every object at `path`, once for each way that leads to it. Raises `ResponseTooLargeError`."""
    for count, place in enumerate(_walk(tree, path, 0, (), ())):
        if count == MAX_PLACES:
            raise ResponseTooLargeError
        yield place


def _walk(
    value: Any,
    path: Sequence[PathStep],
    at: int,
    done: DataPath,
    trail: tuple[tuple[JsonObject, str], ...],
) -> Iterator[Place]:
    if type(value) is list:
        if at < len(path) and path[at] == LIST:
            for index, element in enumerate(value):
                rest = at if type(element) is list else at + 1
                yield from _walk(element, path, rest, (*done, index), trail)
        return
    if type(value) is not dict:
        return
    if at == len(path):
        yield Place(path=done, value=value, trail=trail)
        return
    step = path[at]
    if isinstance(step, TypeStep):
        if typename_of(value) in step.types:
            yield from _walk(value, path, at + 1, done, trail)
    elif step != LIST:
        yield from _walk(value.get(step), path, at + 1, (*done, step), (*trail, (value, step)))


class Whereabouts:
    """Where the objects at some paths stand: found out when it is first asked for."""

    __slots__ = ("_paths", "_places", "_tree")

    def __init__(self, tree: JsonObject, paths: Sequence[Sequence[PathStep]]) -> None:
        self._tree = tree
        self._paths = paths
        self._places: dict[int, list[tuple[int, Place]]] | None = None

    def of(self, values: Iterable[JsonObject]) -> list[Place]:
        """Return every place of `values`, in the order of the tree. Raises `ResponseTooLargeError`."""
        if self._places is None:
            self._places = {}
            walked = (place for path in self._paths for place in walk(self._tree, path))
            for number, place in enumerate(walked):
                self._places.setdefault(id(place.value), []).append((number, place))
        found = [each for value in {id(value) for value in values} for each in self._places.get(value, ())]
        return [place for _, place in sorted(found, key=itemgetter(0))]


def find_values(tree: JsonObject, wanted: Set[int]) -> dict[int, list[DataPath]]:
    """Return the paths of the objects whose `id` is wanted; one object may stand at several places.

    Raises `ResponseTooLargeError`.
    """
    found: dict[int, list[DataPath]] = {}
    visits = 0

    def visit(value: Any, path: DataPath) -> None:
        nonlocal visits
        visits += 1
        if visits > MAX_VISITS:
            raise ResponseTooLargeError
        if type(value) is dict:
            if id(value) in wanted:
                found.setdefault(id(value), []).append(path)
            for key, each in value.items():
                visit(each, (*path, key))
        elif type(value) is list:
            for index, each in enumerate(value):
                visit(each, (*path, index))

    visit(tree, ())
    return found


def client_path(fields: Sequence[ShapedField], tree: JsonObject, path: Sequence[str | int]) -> tuple[ClientPath, bool]:
    """Return where the client reads the value at a data path.

    When the client did not ask for it, the path ends at the last object that they do see, and the flag is False.
    """
    value: Any = tree
    result: ClientPath = []
    for step in path:
        if isinstance(step, int):
            result.append(step)
            value = value[step] if type(value) is list and 0 <= step < len(value) else None
            continue
        typename = typename_of(value) if type(value) is dict else None
        for each in fields:
            if each.data_key == step and (each.types is None or typename is None or typename in each.types):
                break
        else:
            return result, False
        result.append(each.response_key)
        fields = each.fields
        value = value.get(step) if type(value) is dict else None
    return result, True


def readers_of(fetches: Sequence[Fetch], path: DataPath) -> Iterator[tuple[Fetch, DataPath, tuple[Selection, ...]]]:
    """Yield the fetches that send the value at a data path to their subgraph.

    With each comes the path of the entity that it is sent for, and what is selected on that entity.
    """
    keys = [(index, step) for index, step in enumerate(path) if isinstance(step, str)]
    plain = tuple(step for _, step in keys)
    for fetch in fetches:
        for entities in fetch.entities:
            for target in entities.targets:
                place = tuple(step for step in target.path if isinstance(step, str) and step != LIST)
                if plain[: len(place)] != place or len(plain) == len(place):
                    continue
                if any(_reads(shape.fields, plain[len(place) :]) for shape in target.representations):
                    yield fetch, path[: keys[len(place)][0]], entities.selections


def _reads(fields: Sequence[InputField], path: Sequence[str]) -> bool:
    return any(each.key == path[0] and (len(path) == 1 or _reads(each.selections, path[1:])) for each in fields)


def dependent_paths(
    shape: Sequence[ShapedField],
    fetches: Sequence[Fetch],
    tree: JsonObject,
    path: DataPath,
    seen: frozenset[DataPath] = frozenset(),
) -> list[ClientPath]:
    """Return where the client reads what is computed from a value that only the plan needs."""
    results: list[ClientPath] = []
    if path in seen:
        return results
    for _, entity, selections in readers_of(fetches, path):
        for key in top_level_keys(selections):
            inner = (*entity, key)
            found, is_exact = client_path(shape, tree, inner)
            paths = [found] if is_exact else dependent_paths(shape, fetches, tree, inner, seen | {path})
            results += [each for each in paths if each not in results]
    return results


def is_null_at(data: Any, path: Sequence[str | int]) -> bool:
    """Tell whether an answer has nothing at a client's path, or at a place on the way to it."""
    for step in path:
        if isinstance(step, int):
            if type(data) is not list or not 0 <= step < len(data):
                return True
            data = data[step]
        else:
            data = data.get(step) if type(data) is dict else None
    return data is None


def top_level_keys(selections: Sequence[Selection]) -> list[str]:
    """Return the data keys that a selection set brings, without `__typename`."""
    fields: Iterator[FieldSelection] = fields_of(selections)
    return list(dict.fromkeys(each.key for each in fields if each.name != "__typename"))
