"""The projection as the specification words it (GraphQL October 2021 §6.4): for trees that break their promises.

Slower than the compiled one, and the only one that writes errors. A non-null field that is null takes its parent with
it up to the next nullable field. One error is written per cause: none where an error on this path is already known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.errors import GraphQLErrorDict, ResponseTooLargeError, graphql_error
from gateway.executor.merge import typename_of
from gateway.executor.projection.compiled import ProjectionState, is_met
from gateway.executor.projection.leaves import Anomaly
from gateway.executor.projection.shape import INTROSPECTION, ShapedField, TypeShape, fields_for

INVALID_DATA = "SUBGRAPH_INVALID_DATA"
"""The code of a field whose subgraph answered something that the schema does not allow."""

MAX_FIELDS = 1_000_000
"""How many fields are projected one by one; nothing is shared here, so an answer that multiplies takes all its time."""

Path = tuple[str | int, ...]


class _NullError(Exception):
    """A non-null position is null: the nearest nullable position above becomes null."""


def project_exactly(
    fields: Sequence[ShapedField],
    tree: dict[str, Any],
    state: ProjectionState,
    variables: Mapping[str, Any],
    known: Iterable[GraphQLErrorDict] = (),
    max_errors: int = 500,
    path: Path = (),
) -> tuple[dict[str, Any] | None, list[GraphQLErrorDict]]:
    """Return `data` and the errors found on the way; `known` are the errors that have been written before.

    `path` is where the client reads the object, if it is not the root. Raises `ResponseTooLargeError`.
    """
    projector = _ExactProjector(state, variables, known, max_errors)
    try:
        return projector.object(fields, tree, path), projector.errors
    except _NullError:
        return None, projector.errors


def project_object_exactly(
    field: ShapedField,
    value: dict[str, Any],
    state: ProjectionState,
    variables: Mapping[str, Any],
    known: Iterable[GraphQLErrorDict],
    max_errors: int,
    path: Path,
) -> tuple[dict[str, Any] | None, list[GraphQLErrorDict]]:
    """Project one object as the value of a field, for a deferred part that the client reads at `path`."""
    projector = _ExactProjector(state, variables, known, max_errors)
    return projector.value(field, value, path), projector.errors


class _ExactProjector:
    def __init__(
        self,
        state: ProjectionState,
        variables: Mapping[str, Any],
        known: Iterable[GraphQLErrorDict],
        max_errors: int,
    ) -> None:
        self.errors: list[GraphQLErrorDict] = []
        self._state = state
        self._variables = variables
        self._max_errors = max_errors
        self._budget = MAX_FIELDS
        self._known = {tuple(error["path"]) for error in known if "path" in error}
        self._above = {path[:length] for path in self._known for length in range(len(path))}

    def value(self, field: ShapedField, value: dict[str, Any], path: Path) -> dict[str, Any] | None:
        try:
            result: dict[str, Any] | None = self._nullable(field, field.type, value, path)
        except _NullError:
            return None
        return result

    def object(self, fields: Sequence[ShapedField], value: dict[str, Any], path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for each in fields:
            if not is_met(each.conditions, self._variables):
                continue
            result[each.response_key] = self._field(each, value, (*path, each.response_key))
        return result

    def _field(self, each: ShapedField, parent: dict[str, Any], path: Path) -> Any:
        self._budget -= 1
        if self._budget < 0:
            raise ResponseTooLargeError
        if each.constant is not None:
            return each.constant
        if each.name in INTROSPECTION:
            return self._state.introspection[each.response_key]
        return self._complete(each, each.type, parent.get(each.data_key), path)

    def _complete(self, each: ShapedField, kind: TypeShape, value: Any, path: Path) -> Any:
        try:
            result = self._nullable(each, kind, value, path)
        except _NullError:
            if kind.non_null:
                raise
            return None
        if result is None and kind.non_null:
            self._report(path, f"Cannot return null for non-nullable field {each.parent}.{each.name}.")
            raise _NullError
        return result

    def _nullable(self, each: ShapedField, kind: TypeShape, value: Any, path: Path) -> Any:
        if value is None:
            return None
        if kind.item is not None:
            if type(value) is not list:
                return self._broken(path, f"{each.parent}.{each.name} must be a list.")
            return [self._complete(each, kind.item, element, (*path, index)) for index, element in enumerate(value)]
        if each.coerce is not None:
            try:
                coerced = each.coerce(value)
            except Anomaly as anomaly:
                return self._broken(path, f"{each.parent}.{each.name}: {anomaly}.")
            return self._state.seal(coerced) if each.sealed else coerced
        return self._composite(each, kind, value, path)

    def _composite(self, each: ShapedField, kind: TypeShape, value: Any, path: Path) -> Any:
        if type(value) is not dict:
            return self._broken(path, f"{each.parent}.{each.name} must be an object.")
        typename = typename_of(value)
        if not each.is_abstract:
            typename = kind.name
        elif typename is None or typename == kind.name:
            if any(inner.types is not None for inner in each.fields):
                return self._broken(path, f"{each.parent}.{each.name} does not say of which type it is.")
            return self.object(each.fields, value, path)
        elif typename in each.hidden:
            return None
        elif typename not in each.possible:
            return self._broken(path, f"{each.parent}.{each.name} is of a type that cannot stand here.")
        return self.object(fields_for(each.fields, typename), value, path)

    def _broken(self, path: Path, message: str) -> None:
        self._report(path, message)

    def _is_known(self, path: Path) -> bool:
        return path in self._above or any(path[:length] in self._known for length in range(len(path) + 1))

    def _report(self, path: Path, message: str) -> None:
        """Write an error unless the cause is known: on this path, above it, or below it.

        A field that was removed before planning has one error, whose path names no elements of lists.
        """
        if self._is_known(path) or self._is_known(tuple(step for step in path if isinstance(step, str))):
            return
        self._known.add(path)
        self._above.update(path[:length] for length in range(len(path)))
        if len(self.errors) < self._max_errors:
            self.errors.append(graphql_error(message, INVALID_DATA, path))
