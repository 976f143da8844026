"""What it would cost to get somewhere: estimates that `walk` decides by, in fetches.

A *way* leads to a case in a subgraph: by a key (from the objects, or from an interface that stands for them),
or through the parent's field once more. Nothing here changes the draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.planner.draft import Access, Case, Cell, Spot
from gateway.planner.effort import Effort
from gateway.planner.fieldset import FieldSet, FieldSetField
from gateway.planner.operation import OperationCase, OperationField
from gateway.planner.supergraph import Key, Ownership
from gateway.planner.view import View

IMPOSSIBLE = 1_000_000.0
"""The cost of what cannot be done."""

MAX_HOPS = 16
"""How many keys in a row the estimates look ahead."""

UNLIKELY = 100.0
"""The estimate for what no subgraph resolves by itself, though an enclosing `@provides` may."""

Splits = dict[tuple[str, frozenset[str], tuple[int, ...]], list[tuple[frozenset[str], str]]]
"""Splits of types by fields, remembered for all attempts at one operation."""

_Visited = frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to stand at a case in a subgraph, and at what cost.

    `key`: an entity fetch from `source` as `typename`. `parent`: the parent's field, fetched there as well.
    `root`: a new root fetch.
    """

    kind: Literal["root", "key", "parent"]
    cost: float
    source: Case | None = None
    typename: str = ""
    key: Key | None = None


class Estimator:
    """Estimates for one attempt."""

    def __init__(self, view: View, splits: Splits, effort: Effort) -> None:
        self.view = view
        self._effort = effort
        self._splits = splits
        self._reached: dict[tuple[int, _Visited], dict[tuple[str, str | None], float]] = {}
        self._below: dict[tuple[str, str, int, int], float] = {}
        self._kept: list[object] = []

    def is_local(self, access: Access, case: Case, name: str, below: Sequence[OperationCase] = ()) -> Ownership | None:
        """Return the ownership by which `access` resolves the field as it stands, with `below` on it, or None."""
        rep = access.opaque or case.rep
        own = self.view.owners(rep, name).get(access.subgraph)
        if own is None or own.requires or own.contexts:
            return None
        if own.external and self.view.provided(access.provided, rep, name) is None:
            return None
        if not access.entity and self.view.reenters(rep, name, access.subgraph, below):
            return None
        if access.opaque and access not in case.accesses and self.view.field(rep, name).scopes:
            # Asked of some types only, it would be disclosed for all of them.
            return None
        return own

    def below(self, cases: Sequence[OperationCase], static: str, subgraph: str, provided: FieldSet) -> float:
        """Estimate the fetches needed below a field whose value `subgraph` calls `static`."""
        if not cases:
            return 0.0
        memo = (static, subgraph, id(provided), id(cases))
        found = self._below.get(memo)
        if found is not None:
            return found
        self._kept += (provided, cases)
        self._below[memo] = 1.0
        info = self.view.types[static]
        total = 0.0
        if subgraph in info.objects_in:
            spread = len(cases) > 1 or any(field.name not in info.fields for field in cases[0].fields)
            total = 1.0 if spread else self._fields(cases[0].fields, static, subgraph, provided)
        else:
            runtime = self.view.supergraph.runtime(static, subgraph)
            wanted: set[str] = set()
            for case in cases:
                for rep in self._representatives(case, static, runtime):
                    total += self._fields(case.fields, rep, subgraph, provided, wanted)
        self._below[memo] = total
        return total

    def _representatives(self, case: OperationCase, static: str, runtime: frozenset[str]) -> list[str]:
        present = case.types & runtime
        if len(present) < 2:
            return list(present)
        return [rep for _, rep in self.split(static, present, case.fields)]

    def split(
        self, static: str, types: frozenset[str], fields: Sequence[OperationField]
    ) -> list[tuple[frozenset[str], str]]:
        """Split `types` into those on which `fields` are resolved alike."""
        memo = (static, types, tuple([id(field) for field in fields]))
        found = self._splits.get(memo)
        if found is None:
            found = self._splits[memo] = self.view.families.split(static, types, fields)
        return found

    def _fields(
        self,
        fields: Sequence[OperationField],
        rep: str,
        subgraph: str,
        provided: FieldSet,
        wanted: set[str] | None = None,
    ) -> float:
        chosen: set[str] = set() if wanted is None else wanted
        total = 0.0
        missing: list[list[str]] = []
        for field in fields:
            if field.removed or field.name.startswith("__"):
                continue
            own = self.view.owners(rep, field.name).get(subgraph)
            given = self.view.provided(provided, rep, field.name)
            plain = own is not None and not own.requires and not own.contexts
            if own is not None and plain and (not own.external or given is not None):
                if field.cases:
                    below = own.provides + (given.selections if given else ())
                    total += self.below(field.cases, self.named(own, rep, field), subgraph, below)
                if self.view.reenters(rep, field.name, subgraph, field.cases):
                    missing.append([subgraph + " again"])
                continue
            options = []
            for other, _, theirs in self.view.candidates(rep, field.name):
                if not theirs.external:
                    options.append(other if other != subgraph else other + " again")
                    for item in theirs.requires:
                        supplier = self.view.owners(rep, item.name)
                        if subgraph not in supplier or supplier[subgraph].external:
                            missing.append([s for s, o in supplier.items() if not o.external])
            if not options:
                total += UNLIKELY
            missing.append(options)
        for options in sorted(missing, key=len):
            if options and not chosen.intersection(options):
                chosen.add(options[0])
                total += 1.0
        # Of equals, the one that leaves less to fetch elsewhere.
        return total + len(missing) * 0.0005

    def named(self, own: Ownership, rep: str, field: OperationField) -> str:
        """Return the innermost type that the owner gives to the field."""
        return named_type(own.type) if own.type != field.type else field.named

    def way(self, case: Case, subgraph: str, via: str | None, *, uniform: bool, visited: _Visited) -> Way | None:
        """Return the cheapest way to stand at `case` in `subgraph`, as the interface object `via` if given."""
        self._effort.estimate()
        mark = (id(case.spot), subgraph)
        if mark in visited:
            return None
        best: Way | None = None
        for way in self._ways(case, subgraph, via, uniform, visited):
            if way.cost < IMPOSSIBLE and (best is None or way.cost < best.cost):
                best = way
        return best

    def _ways(self, case: Case, subgraph: str, via: str | None, uniform: bool, visited: _Visited) -> list[Way]:
        spot = case.spot
        if self.view.is_root(case.rep) and via is None:
            return [Way(kind="root", cost=1.0)]
        ways: list[Way] = []
        shared = any(group.subgraph == subgraph for group in spot.groups)
        for source, typename, extra in self._entrances(case, subgraph, via, visited):
            for key in self.view.keys(typename, subgraph):
                cost = self.supply(source, key.fields, visited)
                cost += extra + (0.1 if shared else 1.0)
                ways.append(Way(kind="key", cost=cost, source=source, typename=typename, key=key))
        if spot.parent is not None and spot.cell is not None and via is None and not uniform:
            own = self.view.owners(spot.parent.rep, spot.cell.name).get(subgraph)
            if own is not None and not own.requires and not own.external and self._returns(own, case, subgraph):
                above = self.reach(spot.parent, subgraph, visited)
                ways.append(Way(kind="parent", cost=above + 0.01))
        return ways

    def _returns(self, own: Ownership, case: Case, subgraph: str) -> bool:
        named = named_type(own.type)
        info = self.view.types[named]
        return subgraph not in info.objects_in and bool(case.types & info.runtime.get(subgraph, frozenset()))

    def _entrances(
        self, case: Case, subgraph: str, via: str | None, visited: _Visited
    ) -> list[tuple[Case, str, float]]:
        """List the types as which an entity fetch may represent the objects: (source, typename, extra cost)."""
        opaque = case.spot.opaque
        if via is not None:
            if case is not opaque and case.concrete() is None and opaque is not None:
                return [(opaque, via, 0.0)] if opaque.rep == via else []
            return [(case, via, 0.0)]
        if opaque is None or case is opaque or case.concrete() is not None:
            return [(case, case.rep, 0.0)]
        info = self.view.types[opaque.rep]
        if subgraph in info.subgraphs and subgraph not in info.objects_in:
            return [(opaque, opaque.rep, 0.0)]
        return [(case, case.rep, 1.0)] if self.discovery(case, visited) is not None else []

    def discovery(self, case: Case, visited: _Visited = frozenset()) -> tuple[str, Key] | None:
        """Return the subgraph and key by which the concrete types of an interface object's objects are learnt."""
        opaque = case.spot.opaque
        if opaque is None:
            return None
        info = self.view.types[opaque.rep]
        best: tuple[float, str, Key] | None = None
        for subgraph in sorted(info.subgraphs - info.objects_in):
            mark = (id(opaque.spot), subgraph)
            if mark in visited:
                continue
            for key in self.view.keys(opaque.rep, subgraph):
                cost = self.supply(opaque, key.fields, visited)
                if cost < IMPOSSIBLE and (best is None or cost < best[0]):
                    best = (cost, subgraph, key)
        return (best[1], best[2]) if best else None

    def reach(self, case: Case, subgraph: str, visited: _Visited) -> float:
        """Estimate the cost of standing at `case` in `subgraph`, nothing if some fetch does already."""
        if any(access.subgraph == subgraph and access.opaque is None for access in case.accesses):
            return 0.0
        return self._reach_all(case, visited).get((subgraph, None), IMPOSSIBLE)

    def changed(self) -> None:
        """Forget what was worked out for the draft as it stood."""
        self._reached.clear()

    def _reach_all(self, case: Case, visited: _Visited) -> dict[tuple[str, str | None], float]:
        """Estimate the cost of standing at `case` in every subgraph: a fixpoint over the keys, round by round."""
        memo = (id(case), visited)
        known = self._reached.get(memo)
        if known is not None:
            return known
        known = self._reached[memo] = {(a.subgraph, a.opaque): 0.0 for a in case.all_accesses()}
        goals: list[tuple[str, str | None]] = [(subgraph, None) for subgraph in sorted(self.view.homes(case.rep))]
        for interface in self.view.interface_objects(case.rep):
            goals += [(subgraph, interface.name) for subgraph in sorted(interface.objects_in)]
        for _ in range(MAX_HOPS):
            better = False
            for goal in goals:
                if known.get(goal) == 0.0:
                    continue
                way = self.way(case, goal[0], goal[1], uniform=False, visited=visited)
                if way is not None and way.cost < known.get(goal, IMPOSSIBLE):
                    known[goal] = way.cost
                    better = True
            if not better:
                break
        return known

    def supply(self, case: Case, fields: FieldSet, visited: _Visited) -> float:
        """Estimate the cost of having `fields` of the objects of `case` in the tree."""
        total = 0.0
        gained: set[str] = set()
        for item in fields:
            if item.name == "__typename" or not self.view.applies(item, case.rep):
                continue
            total += self._supply_field(case, item, visited, gained)
            if total >= IMPOSSIBLE:
                return IMPOSSIBLE
        return total

    def _supply_field(self, case: Case, item: FieldSetField, visited: _Visited, gained: set[str]) -> float:
        cell = find_cell(case, item.name, item.arguments)
        if cell is not None and cell.sources:
            return self._supply_below(cell, item.selections, visited)
        best = IMPOSSIBLE
        for access in case.all_accesses():
            own = self.is_local(access, case, item.name)
            if own is not None:
                cost = self._inside(own, item, access.subgraph)
                best = min(best, cost)
        if best == 0.0:
            return best
        chosen = ""
        for subgraph, via, own in self.view.candidates(case.rep, item.name):
            if own.external or own.requires:
                continue
            reached = 0.0 if subgraph in gained else self._reach_all(case, visited).get((subgraph, via), IMPOSSIBLE)
            cost = reached + self._inside(own, item, subgraph)
            if cost < best:
                best, chosen = cost, subgraph
        for subgraph, _via, own in self.view.candidates(case.rep, item.name):
            mark = (id(case.spot), f"{subgraph}.{item.name}")
            if own.requires and best >= IMPOSSIBLE and mark not in visited:
                inner = self.supply(case, own.requires, visited | {mark})
                best = min(best, inner + 1.0)
        gained.add(chosen)
        return best

    def _supply_below(self, cell: Cell, fields: FieldSet, visited: _Visited) -> float:
        if not fields or cell.spot is None:
            return 0.0
        return max((self.supply(case, fields, visited) for case in reachable(cell.spot)), default=0.0)

    def _inside(self, own: Ownership, item: FieldSetField, subgraph: str) -> float:
        if not item.selections:
            return 0.0
        static = named_type(own.type)
        info = self.view.types[static]
        runtime = info.runtime.get(subgraph, frozenset())
        missing = 0.0
        for name in sorted(runtime)[:8]:
            for child in item.selections:
                if child.name == "__typename" or not self.view.applies(child, name):
                    continue
                inner = self.view.owners(name, child.name).get(subgraph)
                if inner is None or inner.external or inner.requires:
                    missing = max(missing, 1.0)
                elif child.selections:
                    missing = max(missing, self._inside(inner, child, subgraph))
        return missing


def find_cell(case: Case, name: str, arguments: str) -> Cell | None:
    """Return the cell that holds the field with these arguments, whatever its key."""
    return next((cell for cell in case.cells_of(name, arguments) if not cell.field.removed), None)


def reachable(spot: Spot) -> list[Case]:
    """Return the cases at which some fetch stands."""
    return [case for case in spot.cases if case.accesses or spot.opaque is not None]


def named_type(printed: str) -> str:
    """Return the innermost name of a printed type."""
    return printed.strip("[]!")
