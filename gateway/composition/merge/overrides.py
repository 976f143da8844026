"""`@override`: moving a field from one subgraph to another, at once or by label.

Decided for all fields before any is merged, because sharing and joins depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.composition.schema.literals import text
from gateway.composition.schema.model import Applied, Field, Kind, applications, is_applied
from gateway.composition.subgraph.fieldset import Coordinate

from .state import Merge, Override

_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*")
_PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)")


def resolve_overrides(merge: Merge) -> None:
    """Fill `merge.overrides` and report overrides that cannot be."""
    positions = {s.name: i for i, s in enumerate(merge.subgraphs)}
    for name in sorted(merge.sources):
        types = merge.sources[name]
        moved: dict[str, dict[int, Applied]] = {}
        for index, definition in types.items():
            for field in definition.fields.values():
                for override in applications(field.directives, "override"):
                    moved.setdefault(field.name, {})[index] = override
        for field_name, overrides in moved.items():
            sources = {i: t.fields[field_name] for i, t in types.items() if field_name in t.fields}
            _Resolver(merge, positions, (name, field_name), sources, overrides).resolve()


class _Resolver:
    def __init__(
        self,
        merge: Merge,
        positions: Mapping[str, int],
        coordinate: Coordinate,
        sources: Mapping[int, Field],
        overrides: Mapping[int, Applied],
    ) -> None:
        self.merge = merge
        self.positions = positions
        self.coordinate = coordinate
        self.name = ".".join(coordinate)
        self.sources = sources
        self.overrides = overrides
        self.used: set[int] = set()
        self.unused: set[int] = set()
        self.labels: dict[int, str] = {}

    def resolve(self) -> None:
        for index, override in self.overrides.items():
            self._one(index, override)
        self.merge.overrides[self.coordinate] = Override(frozenset(self.used), frozenset(self.unused), self.labels)

    def _one(self, index: int, override: Applied) -> None:
        merge, own = self.merge, self.merge.subgraphs[index].name
        origin = text(override.args, "from") or ""
        here = {index: override}
        definition = merge.sources[self.coordinate[0]][index]
        if definition.kind is Kind.INTERFACE:
            message = (
                f'@override cannot be used on field "{self.name}" on subgraph "{own}": @override is not '
                "supported on interface type fields."
            )
            return merge.error("OVERRIDE_ON_INTERFACE", message, here)
        if origin == own:
            message = f'Source and destination subgraphs "{own}" are the same for overridden field "{self.name}"'
            return merge.error("OVERRIDE_FROM_SELF_ERROR", message, here)
        source = self.positions.get(origin)
        if source is None:
            message = f'Source subgraph "{origin}" for field "{self.name}" on subgraph "{own}" does not exist.'
            return merge.hint("FROM_SUBGRAPH_DOES_NOT_EXIST", message, here)
        if source not in self.sources:
            message = (
                f'Field "{self.name}" on subgraph "{own}" no longer exists in the from subgraph. '
                "The @override directive can be removed."
            )
            return merge.hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", message, here)
        if source in self.overrides:
            message = (
                f'Field "{self.name}" on subgraph "{own}" is also marked with directive @override in '
                f'subgraph "{origin}". Only one @override directive is allowed per field.'
            )
            return merge.error("OVERRIDE_SOURCE_HAS_OVERRIDE", message, here)
        collision = self._collision(index, source)
        if collision is not None:
            directive, where = collision
            message = (
                f'@override cannot be used on field "{self.name}" on subgraph "{own}" since "{self.name}" on '
                f'"{merge.subgraphs[where].name}" is marked with directive "@{directive}"'
            )
            return merge.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", message, here)
        return self._move(index, source, override)

    def _collision(self, index: int, source: int) -> tuple[str, int] | None:
        for directive in ("requires", "provides"):
            if is_applied(self.sources[source].directives, directive):
                return directive, source
        if self.merge.is_external(index, self.coordinate):
            return "external", index
        return None

    def _move(self, index: int, source: int, override: Applied) -> None:
        merge = self.merge
        names = merge.subgraphs[index].name, merge.subgraphs[source].name
        here = {index: override}
        if merge.is_external(source, self.coordinate):
            merge.hint(
                "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
                f'Field "{self.name}" on subgraph "{names[0]}" is not resolved anymore by the from subgraph (it is'
                f' marked "@external" in "{names[1]}"). The @override directive can be removed.',
                here,
            )
        elif self._is_needed(source):
            self.used.add(source)
            merge.hint(
                "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
                f'Field "{self.name}" on subgraph "{names[1]}" is overridden. It is still used in some '
                "federation directive(s) (@key, @requires, and/or @provides) and/or to satisfy interface "
                "constraint(s), but consider marking it @external explicitly or removing it along with its "
                "references.",
                here,
            )
        else:
            self.unused.add(source)
            merge.hint(
                "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
                f'Field "{self.name}" on subgraph "{names[1]}" is overridden. Consider removing it.',
                here,
            )
        label = text(override.args, "label")
        if label is None:
            return
        if not (_LABEL.fullmatch(label) or _PERCENT.fullmatch(label)):
            merge.error(
                "OVERRIDE_LABEL_INVALID",
                f'Invalid @override label "{label}" on field "{self.name}" on subgraph "{names[0]}": labels '
                "must start with a letter and after that may contain alphanumerics, underscores, minuses, "
                'colons, periods, or slashes. Alternatively, labels may be of the form "percent(x)" where x '
                "is a float between 0-100 inclusive.",
                here,
            )
            return
        self.labels[index] = self.labels[source] = label
        merge.hint(
            "OVERRIDE_MIGRATION_IN_PROGRESS",
            f'Field "{self.name}" is currently being migrated with progressive @override. Once the migration '
            f'is complete, remove the field from subgraph "{names[1]}".',
            here,
        )

    def _is_needed(self, source: int) -> bool:
        if self.coordinate in self.merge.usages[source].used:
            return True
        schema = self.merge.subgraphs[source].schema
        owner = schema.types[self.coordinate[0]]
        return any(self.coordinate[1] in schema.types[i].fields for i in owner.interfaces if i in schema.types)
