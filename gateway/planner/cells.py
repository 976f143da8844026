"""Data keys: under which name a field stands in the merged tree and in the documents sent to subgraphs.

A field keeps the client's response key, or its own name, unless another selection at the same place uses that
differently; then it gets a key of the plan's own.
"""

from __future__ import annotations

from gateway.planner.draft import Case, Cell
from gateway.planner.operation import OperationField
from gateway.planner.view import View
from gateway.planner.ways import find_cell, named_type


class Cells:
    """Hands out the cells of one draft."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.fresh = 0

    def claim(self, case: Case, field: OperationField) -> Cell:
        """Return the cell of `field`, with a data key that no other selection at this spot uses differently."""
        if field.client:
            for cell in case.cells_of(field.name, field.arguments):
                if cell.field.removed != field.removed:
                    continue
                if cell.response_key == field.response_key:
                    return cell
                if cell.response_key is None and cell.key == field.response_key:
                    self._adopt(cell, field)
                    return cell
        else:
            known = find_cell(case, field.name, field.arguments)
            if known is not None:
                return known
        key = field.response_key
        if field.removed or self._is_taken(case, key, field):
            key = self._fresh_key()
        case.spot.claim(key, case, field, join=not self.view.supergraph.varies)
        cell = Cell(field=field, key=key, response_key=field.response_key if field.client else None, types=case.types)
        case.add(cell)
        return cell

    def _adopt(self, cell: Cell, field: OperationField) -> None:
        """Let a cell that only the plan needed be the client's as well."""
        cell.response_key = field.response_key
        cell.field = field
        for _, selected in cell.sources:
            selected.client = True

    def _fresh_key(self) -> str:
        key = f"_g{self.fresh}"
        self.fresh += 1
        return key

    def _is_taken(self, case: Case, key: str, field: OperationField) -> bool:
        if field.client and key.startswith(("_g", "__")):
            # Not even an alias may pass for one of the plan's keys, or for `__typename`.
            return True
        for types, rep, other in case.spot.claims.get(key, ()):
            same = other.name == field.name and other.arguments == field.arguments
            if not same and (types & case.types or case is case.spot.opaque):
                return True
            if not types & case.types and self._clash(case.rep, field, rep, other):
                return True
        return False

    def _clash(self, rep: str, field: OperationField, other_rep: str, other: OperationField) -> bool:
        """Whether some subgraph would refuse both under one key (GraphQL: SameResponseShape)."""
        if "__typename" in (field.name, other.name):
            return field.name != other.name
        if not self.view.supergraph.varies:
            one, two = self.view.field(rep, field.name).type, self.view.field(other_rep, other.name).type
            if one == two or (field.client and other.client):
                return False
        mine, theirs = self.view.owners(rep, field.name), self.view.owners(other_rep, other.name)
        leaf = not field.cases and field.named not in self.view.types
        for subgraph in mine.keys() & theirs.keys():
            one, two = mine[subgraph].type, theirs[subgraph].type
            if not leaf:
                one, two = one.replace(named_type(one), ""), two.replace(named_type(two), "")
            if one != two:
                return True
        for case in field.cases:
            for second in other.cases:
                for below in case.fields:
                    for beside in second.fields:
                        if below.response_key == beside.response_key and self._clash(
                            min(case.types), below, min(second.types), beside
                        ):
                            return True
        return False
