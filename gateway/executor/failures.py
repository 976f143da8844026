"""Turns what subgraphs report into errors that the client can place.

A subgraph speaks of its own response (`_entities`, an index, its data keys). The client reads response keys, and one
entity may stand at many places: an error on it is written for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.errors import GraphQLErrorDict, SubgraphError
from gateway.executor.compiled import CompiledEntities, CompiledFetch, CompiledPlan
from gateway.executor.finder import Finder
from gateway.executor.paths import (
    ClientPath,
    DataPath,
    JsonObject,
    client_path,
    dependent_paths,
    is_null_at,
    top_level_keys,
    walk,
)
from gateway.planner.nodes import LIST, PathStep, Selection

INTERNAL_EXTENSIONS = frozenset(("stacktrace", "stackTrace", "exception", "debug", "debugMessage", "trace"))
"""Extension keys of a subgraph's errors that say how it works inside; they stay inside."""

DEFAULT_CODE = "DOWNSTREAM_SERVICE_ERROR"
"""The code of a subgraph's error that came without one."""

Sink = Sequence[JsonObject]


class FailureReporter:
    """Writes the errors of one execution, up to a bound.

    What fails or is denied may be an input that only the plan needs. The client has no path for it: it is listed in
    `missing` with the fields computed from it, and it becomes an error only where such a field is null in the end.
    """

    __slots__ = ("_finder", "_hidden", "_limit", "_plan", "_refused", "_tree", "cut", "errors", "missing", "suppressed")

    def __init__(self, plan: CompiledPlan, tree: JsonObject, finder: Finder, limit: int) -> None:
        self._plan = plan
        self._tree = tree
        self._finder = finder
        self._limit = limit
        self.errors: list[GraphQLErrorDict] = []
        self.missing: list[dict[str, Any]] = []
        self.cut: list[ClientPath] = []
        """Where the client reads what was refused; within a list, without the elements' numbers."""
        self.suppressed = 0
        self._refused: set[tuple[str | int, ...]] = set()
        self._hidden: list[GraphQLErrorDict] = []

    @property
    def known(self) -> list[GraphQLErrorDict]:
        """The errors so far, and those that are errors if their field turns out to be null."""
        return [*self.errors, *self._hidden]

    def add(self, error: GraphQLErrorDict) -> None:
        """Write an error."""
        if len(self.errors) < self._limit:
            self.errors.append(error)
        else:
            self.suppressed += 1

    def refused(self, path: DataPath, message: str, extensions: Mapping[str, Any], below: tuple[str, ...] = ()) -> None:
        """Write that a value was not asked for, once; a failure of its fetch adds nothing.

        `below` leads from the list at which the error is written to the value in each of its elements.
        """
        self._refused.add(path)
        found, is_exact = client_path(self._plan.whole, self._tree, (*path, *below))
        if is_exact and len(self.cut) < self._limit:
            self.cut.append(found)
        for error in self._at(path, message, extensions, extensions):
            if error not in self.errors:
                self.add(error)

    def withheld(self, path: DataPath, message: str, extensions: Mapping[str, Any]) -> None:
        """Write that a computed field had to do without one of its inputs."""
        found, is_exact = client_path(self._plan.whole, self._tree, path)
        if is_exact:
            self._miss([found], message, extensions, extensions)
        else:
            self._at(path, message, extensions, extensions)

    def settle(self, data: Any) -> None:
        """Turn what is missing into errors where it left a field null that has no error yet."""
        for error in self._hidden:
            path = error["path"]
            if is_null_at(data, path) and not any(known.get("path") == path for known in self.errors):
                self.add(error)

    def causes(self, base: ClientPath, data: Any) -> list[GraphQLErrorDict]:
        """Return what is missing behind the nulls of an object that stands at `base`."""
        return [
            error
            for error in self._hidden
            if error["path"][: len(base)] == base and is_null_at(data, error["path"][len(base) :])
        ]

    def _at(
        self, path: DataPath, message: str, extensions: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> list[GraphQLErrorDict]:
        """Return the errors for the value at a data path; a hidden one is noted as missing instead."""
        found, is_exact = client_path(self._plan.whole, self._tree, path)
        if not is_exact:
            dependents = dependent_paths(self._plan.whole, self._plan.plan.fetches, self._tree, path)
            if dependents:
                self._miss(dependents, message, extensions, entry)
                return []
        return [_error(message, found, extensions)]

    def _miss(
        self, paths: Sequence[ClientPath], message: str, extensions: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> None:
        for path in paths:
            error = _error(message, path, extensions)
            if len(self._hidden) < self._limit and error not in self._hidden:
                self._hidden.append(error)
            missing = {**entry, "path": path}
            if missing not in self.missing and len(self.missing) < self._limit:
                self.missing.append(missing)

    def fetch_failed(
        self, fetch: CompiledFetch, sinks: Sequence[tuple[CompiledEntities, Sequence[Sink]]], error: SubgraphError
    ) -> None:
        """Write the failure of a whole fetch on each of its fields."""
        extensions = {**error.extensions, "code": error.code, "service": fetch.subgraph}
        if not fetch.entities:
            for place in walk(self._tree, fetch.fetch.path):
                self._fields(place.path, fetch.fetch.selections, error.message, extensions)
        for entities, sent in sinks:
            for place in self._finder.whereabouts(entities).of(each for sink in sent for each in sink):
                self._fields(place.path, entities.selection.selections, error.message, extensions)

    def from_answer(
        self,
        fetch: CompiledFetch,
        sinks: Sequence[tuple[CompiledEntities, str, Sequence[Sink]]],
        errors: Sequence[Any],
    ) -> None:
        """Write the errors of an answer. `sinks` has, per `_entities` key, where each of its elements went."""
        for error in errors:
            if len(self.errors) >= self._limit:
                self.suppressed += 1
                continue
            message, extensions, path = _read_error(error, fetch.subgraph)
            places = list(self._translate(fetch, sinks, path))
            if not places:
                self.add(_error(message, self._common_path(fetch), extensions))
            for place in places:
                for each in self._at(place, message, extensions, _entry(extensions)):
                    self.add(each)

    def _translate(
        self,
        fetch: CompiledFetch,
        sinks: Sequence[tuple[CompiledEntities, str, Sequence[Sink]]],
        path: Sequence[str | int],
    ) -> Iterator[DataPath]:
        """Yield the data paths that an error's path in the answer stands for."""
        if not path:
            return
        if not fetch.entities:
            for place in walk(self._tree, fetch.fetch.path):
                yield (*place.path, *path)
            return
        for entities, key, sent in sinks:
            if key != path[0] or len(path) < 2:
                continue
            index = path[1]
            if not isinstance(index, int) or not 0 <= index < len(sent):
                continue
            for place in self._finder.whereabouts(entities).of(sent[index]):
                yield (*place.path, *path[2:])

    def _fields(
        self, path: DataPath, selections: Sequence[Selection], message: str, extensions: Mapping[str, Any]
    ) -> None:
        written: list[GraphQLErrorDict] = []
        if len(self.errors) >= self._limit:
            self.suppressed += 1
            return
        for key in top_level_keys(selections):
            if (*path, key) in self._refused:
                continue
            for error in self._at((*path, key), message, extensions, _entry(extensions)):
                if error not in written:
                    written.append(error)
                    self.add(error)

    def _common_path(self, fetch: CompiledFetch) -> ClientPath:
        """Return the path up to the first list, for errors that name no place of their own."""
        path: Sequence[PathStep] = fetch.fetch.path
        if fetch.entities:
            path = fetch.entities[0].selection.targets[0].path
        plain: list[str] = []
        for step in path:
            if step == LIST:
                break
            if isinstance(step, str):
                plain.append(step)
        return client_path(self._plan.whole, self._tree, plain)[0]


def _error(message: str, path: ClientPath, extensions: Mapping[str, Any]) -> GraphQLErrorDict:
    error: GraphQLErrorDict = {"message": message, "extensions": dict(extensions)}
    return {"message": message, "path": path, "extensions": dict(extensions)} if path else error


def _entry(extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `missing` says about a failure: no text of the subgraph's, it may tell what the input was."""
    return {"service": extensions["service"], "reason": "UPSTREAM_ERROR", "code": extensions["code"]}


def failure_of(error: Any, service: str) -> SubgraphError:
    """Return the failure of a whole fetch that one of its errors stands for."""
    message, extensions, _ = _read_error(error, service)
    return SubgraphError(message, code=extensions["code"], extensions=extensions)


def _read_error(error: Any, service: str) -> tuple[str, dict[str, Any], list[str | int]]:
    """Return message, extensions without internals, and path of one error as a subgraph sent it."""
    if type(error) is not dict:
        error = {}
    message = error.get("message")
    extensions = error.get("extensions")
    kept = (
        {key: value for key, value in extensions.items() if key not in INTERNAL_EXTENSIONS}
        if type(extensions) is dict
        else {}
    )
    if type(kept.get("code")) is not str:
        kept["code"] = DEFAULT_CODE
    kept["service"] = service
    path = error.get("path")
    valid = type(path) is list and all(type(step) in (str, int) for step in path)
    return message if type(message) is str else "The subgraph reported an error.", kept, path if valid else []
