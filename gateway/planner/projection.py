"""Operation + draft → what the answer looks like: response keys, types, and where the data stands."""

from __future__ import annotations

from dataclasses import replace

from gateway.planner.draft import Case, Cell, Spot
from gateway.planner.nodes import ProjectedField
from gateway.planner.operation import Operation, OperationCase, OperationField, sorted_conditions
from gateway.planner.view import View


def project(view: View, operation: Operation, root: Spot) -> tuple[ProjectedField, ...]:
    """Return the projection of `operation` from the tree whose root is `root`."""
    return _Projector(view, 0).fields(root, operation.fields)


def project_part(view: View, part: int, spot: Spot, cases: tuple[OperationCase, ...]) -> tuple[ProjectedField, ...]:
    """Return what the deferred `part` holds for each object at `spot`, where `cases` are selected."""
    return _Projector(view, part).cases(spot, spot.static, cases)


class _Projector:
    """Projects one part of an operation."""

    def __init__(self, view: View, part: int) -> None:
        self.view = view
        self.part = part
        self._memo: dict[tuple[int, int], tuple[ProjectedField, ...]] = {}

    def fields(self, root: Spot, fields: tuple[OperationField, ...]) -> tuple[ProjectedField, ...]:
        return tuple(self._field(field, root, root.cases[0], None) for field in fields if self.part in field.parts)

    def cases(self, spot: Spot | None, static: str, cases: tuple[OperationCase, ...]) -> tuple[ProjectedField, ...]:
        if not cases:
            return ()
        memo = (id(spot), id(cases))
        if memo not in self._memo:
            self._memo[memo] = self._project_cases(spot, static, cases)
        return self._memo[memo]

    def _project_cases(
        self, spot: Spot | None, static: str, cases: tuple[OperationCase, ...]
    ) -> tuple[ProjectedField, ...]:
        abstract = self.view.is_abstract(static)
        lists: list[tuple[frozenset[str], list[ProjectedField]]] = []
        for wanted in cases:
            for types, case in _met(spot, wanted):
                narrowed = types if abstract else None
                lists.append(
                    (
                        types,
                        [
                            self._field(field, spot, case, narrowed)
                            for field in wanted.fields
                            if self.part in field.parts
                        ],
                    )
                )
        if not abstract:
            return tuple(lists[0][1]) if lists else ()
        met = spot.opaque.types if spot is not None and spot.opaque is not None else self.view.types[static].possible
        return tuple(
            replace(field, types=None) if field.types is not None and met - {static} <= field.types else field
            for field in self._interleave(lists)
        )

    def _field(
        self, field: OperationField, spot: Spot | None, case: Case | None, types: frozenset[str] | None
    ) -> ProjectedField:
        cell = _cell(case, field) if case is not None else None
        key = "__typename" if field.name == "__typename" else cell.key if cell else field.response_key
        # Types of one case agree on their directives, so that any of them stands for all.
        parent = field.parent
        if field.name == "__typename":
            parent = spot.static if spot is not None else parent
        elif types is not None:
            parent = case.rep if case is not None else min(types)
        info = self.view.types[parent].fields.get(field.name)
        return ProjectedField(
            parent=parent,
            name=field.name,
            response_key=field.response_key,
            data_key=key,
            type=info.type if info else field.type,
            types=types,
            scopes=info.scopes if info else (),
            conditions=sorted_conditions(field.conditions),
            selections=self.cases(cell.spot if cell else None, field.named, field.cases),
        )

    def _interleave(self, lists: list[tuple[frozenset[str], list[ProjectedField]]]) -> list[ProjectedField]:
        """Merge the fields of disjoint sets of types, keeping each set's order; equal fields become one."""
        merged: list[ProjectedField] = []
        for _, fields in lists:
            at = 0
            for field in fields:
                found = next((i for i in range(at, len(merged)) if self._are_alike(merged[i], field)), None)
                if found is None:
                    merged.insert(at, field)
                    at += 1
                    continue
                same = merged[found]
                assert same.types is not None
                assert field.types is not None
                merged[found] = replace(same, types=same.types | field.types)
                at = found + 1
        return merged

    def _are_alike(self, one: ProjectedField, other: ProjectedField) -> bool:
        if replace(one, types=other.types, parent=other.parent) != other:
            return False
        directives = self.view.families.directives
        return one.parent == other.parent or directives(one.parent, one.name) == directives(other.parent, other.name)


def _met(spot: Spot | None, wanted: OperationCase) -> list[tuple[frozenset[str], Case | None]]:
    """Return the parts of `wanted` that the draft treats alike, and the case that stands for each."""
    if spot is None:
        return [(wanted.types, None)]
    parts: list[tuple[frozenset[str], Case | None]] = []
    left = wanted.types
    for case in spot.cases:
        types = case.types & wanted.types
        if types:
            parts.append((types, case))
            left -= types
    return [*parts, (left, None)] if left else parts


def _cell(case: Case, field: OperationField) -> Cell | None:
    cells = case.cells_of(field.name, field.arguments)
    return next((cell for cell in cells if cell.response_key == field.response_key), None)
