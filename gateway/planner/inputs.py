"""Representations: what an entity fetch sends, and from where in the merged tree it is read."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.planner.draft import Case, Group, Input, Spot, merge_inputs
from gateway.planner.operation import OperationCase, OperationField
from gateway.planner.view import View
from gateway.planner.ways import find_cell


class InputReader:
    """Describes fields that are already in the tree as inputs of a fetch to `subgraph`.

    `deps` collects the fetches that they come from.
    """

    def __init__(self, view: View, subgraph: str, deps: set[Group], *, identifying: bool) -> None:
        self.view = view
        self.types = view.types
        self.subgraph = subgraph
        self.deps = deps
        self.identifying = identifying

    def read(
        self,
        case: Case,
        field: OperationField,
        typename: str,
        types: frozenset[str] | None = None,
    ) -> Input:
        """Describe `field` of the objects of `case`, represented as `typename`; `types` restricts it to some."""
        cell = find_cell(case, field.name, field.arguments)
        assert cell is not None
        self.deps.add(cell.group)
        parent = typename if field.name in self.types[typename].fields else case.rep
        info = self.types[parent].fields[field.name]
        own = info.owners.get(self.subgraph)
        made = Input(
            name=field.name,
            key=cell.key,
            parent=parent,
            cell=cell,
            types=types,
            scopes=self.view.field(case.rep, field.name).scopes,
            nullable=not (own.type if own else info.type).endswith("!"),
        )
        made.identifying = self.identifying
        if field.cases and cell.spot is not None:
            self._read_below(made, cell.spot, field.cases)
        return made

    def _read_below(
        self,
        made: Input,
        spot: Spot,
        cases: Sequence[OperationCase],
    ) -> None:
        abstract = self.view.is_abstract(spot.static)
        if abstract:
            made.children.append(
                Input(
                    name="__typename",
                    key="__typename",
                    parent=spot.static,
                    cell=None,
                    types=None,
                    scopes=(),
                    nullable=True,
                )
            )
        for wanted in cases:
            for case in spot.cases:
                if not case.types & wanted.types or not (case.accesses or spot.opaque):
                    continue
                for field in wanted.fields:
                    if field.name == "__typename":
                        known = case.concrete()
                        if known is not None:
                            self.deps.add(known.group)
                        continue
                    child = self.read(case, field, case.rep, case.types if abstract else None)
                    merge_inputs(made.children, [child])
