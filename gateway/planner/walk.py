"""One attempt at a plan: walks the operation from the root and places every field in a group.

Where several subgraphs could resolve a field, the walk takes the cheapest by `ways`' estimates, unless
`decisions` tells it otherwise, and notes the choice, so that `search` can try the others.
A field that nothing can resolve from where the walk stands is a `DeadEnd`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.planner.draft import (
    Access,
    Case,
    Cell,
    Group,
    Input,
    Node,
    Selected,
    Shape,
    Spot,
    child_path,
    merge_inputs,
)
from gateway.planner.errors import PlanError
from gateway.planner.fieldset import FieldSet
from gateway.planner.operation import ALWAYS, Dnf, Operation, OperationCase, OperationField, both, either
from gateway.planner.supergraph import Ownership
from gateway.planner.view import View
from gateway.planner.ways import IMPOSSIBLE, Estimator, Splits, Way, find_cell, named_type

Active = frozenset[tuple[int, str, str]]
"""What is being resolved further up: (spot, field, subgraph) for a field's requirements, and
(spot, "", subgraph) for the key by which a subgraph is entered. Neither can serve itself."""

Decision = tuple[object, ...]


class DeadEnd(Exception):  # noqa: N818  (a signal within the package, not an error for callers)
    """The walk cannot go on: `field` of `parent` is out of reach."""

    def __init__(self, parent: str, field: str) -> None:
        super().__init__(f"{parent}.{field}")
        self.parent = parent
        self.field = field


@dataclass(frozen=True, slots=True)
class _Option:
    """One way to bring a field."""

    cost: float
    tie: tuple[object, ...]
    own: Ownership
    access: Access | None = None
    way: Way | None = None
    subgraph: str = ""
    via: str | None = None


class Walk:
    """One attempt. After `run`, `groups` is the draft; `choices` lists the decisions that were open."""

    def __init__(
        self, view: View, operation: Operation, decisions: Mapping[Decision, int], fuel: int, splits: Splits
    ) -> None:
        self.view = view
        self.types = view.types
        self.operation = operation
        self.decisions = decisions
        self.fuel = fuel
        self.choices: list[tuple[Decision, int, int]] = []
        self.groups: list[Group] = []
        self.estimator = Estimator(view, splits)
        self.root = self._new_spot(operation.root_type, None, None, ())
        self.fresh = 0
        self.conditional = False
        self.part = 0
        self.later: list[tuple[int, Spot, OperationCase, Dnf]] = []
        self.deferred: dict[tuple[int, Spot], tuple[OperationCase, ...]] = {}

    def run(self) -> None:
        """Place every field of the operation."""
        case = self.root.cases[0]
        fields = [f for f in self.operation.fields if not f.name.startswith("__")]
        if self.operation.kind != "mutation":
            for field in fields:
                self._claim_cell(case, field)
            whole = OperationCase(types=case.types, fields=tuple(fields))
            self._note_deferred(self.root, (whole,), frozenset())
            self._resolve_fields(case, self._postpone(self.root, whole, ALWAYS), ALWAYS, frozenset())
            self._resolve_later()
            return
        for field in fields:
            self._claim_cell(case, field)
        last: Group | None = None
        for field in fields:
            # A field of the subgraph that ran last may join its request: nothing stands between the two.
            case.accesses = [a for a in case.accesses if a.group is last]
            before = set(self.groups)
            self._resolve_fields(case, [field], ALWAYS, frozenset())
            added = [g for g in self.groups if g not in before and not g.shapes and g.spot is self.root]
            if added:
                last = added[0]
                last.deps |= before
        self._resolve_later()

    def _postpone(self, spot: Spot, wanted: OperationCase, when: Dnf) -> Sequence[OperationField]:
        """Return the fields of `wanted` that belong to the part at hand, and note the others for later."""
        if not self.operation.deferrals:
            return wanted.fields
        now = [field for field in wanted.fields if not field.client or field.part <= self.part]
        for part in sorted({field.part for field in wanted.fields if field.client and field.part > self.part}):
            fields = tuple(field for field in wanted.fields if field.client and field.part == part)
            self.later.append((part, spot, OperationCase(types=wanted.types, fields=fields), when))
        return now

    def _note_deferred(self, spot: Spot, cases: Sequence[OperationCase], inside: frozenset[int]) -> None:
        """Note the parts that begin at `spot`: those of its fields that the field leading there is not in."""
        if self.operation.deferrals:
            parts = {part for case in cases for field in case.fields if field.client for part in field.parts}
            for part in sorted(parts - inside - {0}):
                self.deferred[part, spot] = tuple(cases)

    def _resolve_later(self) -> None:
        while self.later:
            self.later.sort(key=lambda item: item[0])
            self.part, spot, wanted, when = self.later.pop(0)
            self._resolve_cases(spot, [wanted], when, frozenset())

    def _usable(self, case: Case, field: OperationField) -> list[Access]:
        """Return the accesses that may bring `field`: a deferred field must not hold up another part's fetch."""
        found = list(case.all_accesses())
        if self.operation.deferrals:
            parts = {self.part} if field.client else {0, self.part}
            return [access for access in found if access.group.part in parts]
        return found

    # Cells and cases

    def _new_spot(self, static: str, parent: Case | None, cell: Cell | None, path: tuple[object, ...]) -> Spot:
        spot = Spot(static, parent, cell, path)  # type: ignore[arg-type]
        info = self.types[static]
        if len(info.possible) == 1:
            (name,) = info.possible
            spot.cases.append(Case(spot, info.possible, name))
            return spot
        spot.cases.extend(Case(spot, types, rep) for types, rep in self.view.families.whole(static))
        return spot

    def _cases(self, spot: Spot, wanted: OperationCase) -> list[Case]:
        """Return the cases that hold exactly the types of `wanted` that some fetch can meet, split as needed."""
        found: list[Case] = []
        for case in list(spot.cases):
            overlap = case.types if case.types <= wanted.types else case.types & wanted.types
            if not overlap or not (case.accesses or spot.opaque):
                continue
            if overlap is not case.types:
                case = spot.split(case, overlap, min(overlap))
            found.append(case)
            if len(overlap) == 1:
                continue
            parts = self.estimator.split(spot.static, overlap, wanted.fields)
            found.extend(spot.split(case, types, rep) for types, rep in parts[1:])
        return found

    def _claim_cell(self, case: Case, field: OperationField) -> Cell:
        """Return the cell of `field`, with a data key that no other selection at this spot uses differently."""
        if field.client:
            for cell in case.all_cells():
                same = cell.name == field.name and cell.arguments == field.arguments
                if same and cell.field.removed == field.removed:
                    if cell.response_key == field.response_key:
                        return cell
                    if cell.response_key is None and cell.key == field.response_key:
                        cell.response_key = field.response_key
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
        case.cells.append(cell)
        return cell

    def _fresh_key(self) -> str:
        key = f"_g{self.fresh}"
        self.fresh += 1
        return key

    def _is_taken(self, case: Case, key: str, field: OperationField) -> bool:
        if key.startswith("_g") and field.client:
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
        leaf = not field.cases and field.named not in self.types
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

    # Resolving

    def _resolve_cases(self, spot: Spot, cases: Sequence[OperationCase], when: Dnf, active: Active) -> None:
        if spot.opaque is not None and self._stays_opaque(spot, cases):
            self._resolve_fields(spot.opaque, self._postpone(spot, cases[0], when), when, active)
            return
        if spot.opaque is not None and not any(case.concrete() for case in spot.cases):
            self._discover(spot.opaque, when, active)
        work: list[tuple[Case, OperationCase]] = []
        for wanted in cases:
            for case in self._cases(spot, wanted):
                for field in wanted.fields:
                    if field.name != "__typename":
                        self._claim_cell(case, field)
                work.append((case, wanted))
        for wanted in cases:
            now = self._postpone(spot, wanted, when)
            for case in [case for case, belonging in work if belonging is wanted]:
                self._resolve_fields(case, now, when, active)

    def _stays_opaque(self, spot: Spot, cases: Sequence[OperationCase]) -> bool:
        """Whether everything can be had from interface objects, without knowing the concrete types."""
        opaque = spot.opaque
        assert opaque is not None
        if (
            len(cases) != 1
            or any(case.concrete() for case in spot.cases)
            or cases[0].types < opaque.types - {opaque.rep}
        ):
            return False
        for field in cases[0].fields:
            if field.name == "__typename":
                return False
            if not any(self.estimator.is_local(access, opaque, field.name) for access in opaque.accesses):
                ways = (
                    self.estimator.way(opaque, subgraph, via, uniform=True, visited=frozenset())
                    for subgraph, via, own in self.view.candidates(opaque.rep, field.name)
                    if via is not None and not own.external and not own.requires
                )
                if not any(ways):
                    return False
        return True

    def _resolve_fields(self, case: Case, fields: Sequence[OperationField], when: Dnf, active: Active) -> None:
        pending: list[tuple[int, int, OperationField]] = []
        for order, field in enumerate(fields):
            if field.removed:
                self._claim_cell(case, field)
                continue
            if field.name == "__typename":
                self._need_typename(case, both(when, field.conditions), active)
                continue
            cell = self._claim_cell(case, field)
            if cell.sources or any(self.estimator.is_local(access, case, field.name) for access in case.all_accesses()):
                self._resolve_field(case, field, when, active)
            else:
                pending.append((len(self.view.candidates(case.rep, field.name)), order, field))
        pending.sort(key=lambda item: item[:2])
        for index, (_, _, field) in enumerate(pending):
            rest = [item[2].name for item in pending[index + 1 :]]
            self._resolve_field(case, field, when, active, rest)

    def _resolve_field(
        self, case: Case, field: OperationField, when: Dnf, active: Active, rest: Sequence[str] = ()
    ) -> Cell:
        self.fuel -= 1
        if self.fuel < 0:
            raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation is too complex to plan")
        cell = self._claim_cell(case, field)
        when = both(when, field.conditions)
        if cell.sources:
            self._widen(cell, when)
        else:
            option = self._choose(case, field, active, rest)
            if option is None:
                raise DeadEnd(case.rep, field.name)
            access = option.access or self._go(case, field, option, when, active)
            self._select(access, case, cell, option.own, when)
        if field.cases:
            assert cell.spot is not None
            self._note_deferred(cell.spot, field.cases, field.parts)
            self._resolve_cases(cell.spot, field.cases, when, active)
        return cell

    def _choose(self, case: Case, field: OperationField, active: Active, rest: Sequence[str]) -> _Option | None:
        options = self._options(case, field, active, rest, self._usable(case, field))
        if not options and self.part:
            # It cannot be fetched apart: deferring is the server's right, not its duty.
            options = self._options(case, field, active, rest, list(case.all_accesses()))
        if not options:
            return None
        options.sort(key=lambda option: (option.cost, option.tie))
        if len(options) == 1 or options[0].cost == 0.0:
            return options[0]
        decision = (case.spot.path, case.rep, field.name, field.arguments, field.client)
        index = self.decisions.get(decision, 0)
        self.choices.append((decision, index, len(options)))
        return options[index] if index < len(options) else options[0]

    def _options(
        self, case: Case, field: OperationField, active: Active, rest: Sequence[str], usable: Sequence[Access]
    ) -> list[_Option]:
        estimator = self.estimator
        options: list[_Option] = []
        local: set[tuple[str, str | None]] = set()
        for access in usable:
            own = estimator.is_local(access, case, field.name)
            if own is None:
                continue
            rep = access.opaque or case.rep
            local.add((access.subgraph, access.opaque))
            given = self.view.provided(access.provided, rep, field.name)
            below = own.provides + (given.selections if given else ())
            cost = estimator.below(field.cases, estimator.named(own, rep, field), access.subgraph, below)
            options.append(_Option(cost=cost, tie=(0, access.group.number, access.subgraph), own=own, access=access))
            if cost == 0.0:
                return [options[-1]]
        entering = frozenset((place, graph) for place, name, graph in active if not name)
        spread = field.uniform and self.view.is_abstract(case.spot.static)
        for subgraph, via, own in self.view.candidates(case.rep, field.name):
            if own.external or (subgraph, via) in local or (id(case.spot), field.name, subgraph) in active:
                continue
            reenters = self.view.reenters(via or case.rep, field.name, subgraph)
            entity = bool(own.requires or own.contexts or reenters)
            way = estimator.way(case, subgraph, via, uniform=spread or entity, visited=entering)
            if way is None:
                continue
            cost = way.cost
            if own.requires:
                cost += estimator.supply(case, own.requires, entering)
            cost += estimator.below(field.cases, estimator.named(own, case.rep, field), subgraph, own.provides)
            if cost < IMPOSSIBLE:
                covers = sum(subgraph in self.view.owners(case.rep, name) for name in rest)
                options.append(
                    _Option(cost=cost, tie=(1, -covers, subgraph), own=own, way=way, subgraph=subgraph, via=via)
                )
        return options

    # Getting somewhere

    def _go(self, case: Case, field: OperationField, option: _Option, when: Dnf, active: Active) -> Access:
        way = option.way
        assert way is not None
        if way.kind == "root":
            return self._enter_root(case, option.subgraph)
        if way.kind == "parent":
            return self._through_parent(case, option.subgraph, when, active)
        if option.own.requires:
            active |= {(id(case.spot), field.name, option.subgraph)}
        return self._enter(case, option.subgraph, way, option.own.requires, when, active)

    def _enter_root(self, case: Case, subgraph: str) -> Access:
        group = self._new_group(subgraph, case.spot)
        if case.spot.cell is not None:
            group.deps.add(case.spot.cell.group)
        node = group.roots[case.rep] = Node(group, case.rep)
        access = Access(group, node)
        case.accesses.append(access)
        return access

    def _through_parent(self, case: Case, subgraph: str, when: Dnf, active: Active) -> Access:
        """Stand at `case` in `subgraph` by fetching the field that leads to it there as well."""
        parent, cell = case.spot.parent, case.spot.cell
        assert parent is not None
        assert cell is not None
        above = next(
            (a for a in parent.accesses if a.subgraph == subgraph and self.estimator.is_local(a, parent, cell.name)),
            None,
        )
        if above is None:
            entering = frozenset((place, graph) for place, name, graph in active if not name)
            way = self.estimator.way(parent, subgraph, None, uniform=False, visited=entering)
            if way is None:
                raise DeadEnd(parent.rep, cell.name)
            own = self.view.owners(parent.rep, cell.name)[subgraph]
            option = _Option(cost=way.cost, tie=(), own=own, way=way, subgraph=subgraph)
            above = self._go(parent, cell.field, option, when, active)
        self._select(above, parent, cell, self.view.owners(parent.rep, cell.name)[subgraph], when)
        for access in case.accesses:
            if access.subgraph == subgraph and access.opaque is None:
                return access
        raise DeadEnd(parent.rep, cell.name)

    def _need_typename(self, case: Case, when: Dnf, active: Active) -> None:
        """Have the concrete types of the objects of `case` in the tree."""
        if case.spot is self.root:
            return
        access = case.concrete()
        if access is None:
            self._discover(case, when, active)
        else:
            access.node.typename = True
            self._widen_node(access.node, when)

    def _discover(self, case: Case, when: Dnf, active: Active) -> None:
        """Learn the concrete types of objects that came from an interface object."""
        opaque = case.spot.opaque
        found = self.estimator.discovery(case)
        if opaque is None or found is None:
            raise DeadEnd(case.rep, "__typename")
        subgraph, key = found
        way = Way(kind="key", cost=1.0, source=opaque, typename=opaque.rep, key=key)
        access = self._enter(opaque, subgraph, way, (), when, active)
        self._widen_node(access.node, when)

    def _enter(self, case: Case, subgraph: str, way: Way, requires: FieldSet, when: Dnf, active: Active) -> Access:
        """Fetch the objects of `case` as entities from `subgraph`, sending its key and what is required."""
        source, key, spot = way.source, way.key, case.spot
        assert source is not None
        assert key is not None
        if source is not spot.opaque and spot.opaque is not None and source.concrete() is None:
            self._discover(source, when, active)
        deps: set[Group] = set()
        entering = active | {(id(spot), "", subgraph)}
        inputs = self._inputs(source, key.fields, subgraph, way.typename, deps, when, entering, identifying=True)
        merge_inputs(
            inputs, self._inputs(case, requires, subgraph, way.typename, deps, when, active, identifying=False)
        )
        known = source.concrete() if source is not spot.opaque else None
        if known is not None and (self.view.is_abstract(spot.static) or spot.opaque is not None):
            deps.add(known.group)
        if spot.cell is not None and not deps:
            deps.add(spot.cell.group)
        types = source.types
        group = self._entity_group(spot, subgraph, way.typename, types, inputs, deps, requires, when)
        if not group.shapes:
            group.members = self._members(source, subgraph)
        shape = next((s for s in group.shapes if s.types == types and s.typename == way.typename), None)
        if shape is None:
            group.shapes.append(Shape(types, way.typename, inputs))
        else:
            merge_inputs(shape.inputs, inputs)
        group.deps |= deps
        return self._stand_at_entities(source, group, way.typename)

    def _members(self, case: Case, subgraph: str) -> dict[str, str]:
        """Return the own subgraphs of the types of `case` when `subgraph` is that of the type that stands for them."""
        if len(case.types) == 1:
            return {}
        own = self.view.families.own_subgraphs(case.spot.static)
        mine = own.get(case.rep, ())
        if subgraph not in mine:
            return {}
        index = mine.index(subgraph)
        return {name: own[name][index] for name in sorted(case.types)}

    def _entity_group(
        self,
        spot: Spot,
        subgraph: str,
        typename: str,
        types: frozenset[str],
        inputs: list[Input],
        deps: set[Group],
        requires: FieldSet,
        when: Dnf,
    ) -> Group:
        for group in spot.groups:
            if group.subgraph != subgraph or not group.shapes or group.part != self.part:
                continue
            if requires and group.when and group.when != when:
                continue
            if any(dep.descends_from(group) for dep in deps):
                continue
            # As an interface object, every object represented gets every field: other types need another group.
            blind = subgraph in self.types[typename].objects_in
            shapes = [s for s in group.shapes if blind or s.types & types]
            if any(s.typename != typename or s.types != types for s in shapes):
                continue
            if all(mine.agrees(theirs) for s in shapes for mine in s.inputs for theirs in inputs):
                return group
        return self._new_group(subgraph, spot)

    def _stand_at_entities(self, source: Case, group: Group, typename: str) -> Access:
        spot = source.spot
        node = group.roots.get(typename)
        info = self.types[typename]
        if node is None:
            opaque = group.subgraph in info.objects_in
            node = group.roots[typename] = Node(group, typename, opaque=opaque)
        elif any(access.node is node for access in source.accesses):
            return next(access for access in source.accesses if access.node is node)
        access = Access(group, node, opaque=typename if node.opaque else None, entity=True)
        if info.kind == "object" or node.opaque:
            source.accesses.append(access)
            return access
        node.typename = True
        runtime = self.view.supergraph.runtime(typename, group.subgraph)
        for case in spot.cases:
            if case.types & runtime and not any(a.node is node for a in case.accesses):
                case.accesses.append(access)
        return access

    def _inputs(
        self,
        case: Case,
        fields: FieldSet,
        subgraph: str,
        typename: str,
        deps: set[Group],
        when: Dnf,
        active: Active,
        *,
        identifying: bool,
    ) -> list[Input]:
        """Have `fields` of the objects of `case` in the tree, and say where they are read from."""
        wanted = self.view.required(fields, case.rep)
        inputs: list[Input] = []
        for field in wanted:
            if field.name == "__typename":
                continue
            self._resolve_field(case, field, when, active)
        for field in wanted:
            if field.name != "__typename":
                merge_inputs(inputs, [self._input(case, field, subgraph, typename, deps, identifying)])
        return inputs

    def _input(
        self,
        case: Case,
        field: OperationField,
        subgraph: str,
        typename: str,
        deps: set[Group],
        identifying: bool,
        types: frozenset[str] | None = None,
    ) -> Input:
        cell = find_cell(case, field.name, field.arguments)
        assert cell is not None
        deps.add(cell.group)
        parent = typename if field.name in self.types[typename].fields else case.rep
        info = self.types[parent].fields[field.name]
        own = info.owners.get(subgraph)
        made = Input(
            name=field.name,
            key=cell.key,
            parent=parent,
            cell=cell,
            types=types,
            scopes=self.view.field(case.rep, field.name).scopes,
            nullable=not (own.type if own else info.type).endswith("!"),
        )
        made.identifying = identifying
        if field.cases and cell.spot is not None:
            self._inputs_below(made, cell.spot, field.cases, subgraph, deps, identifying)
        return made

    def _inputs_below(
        self,
        made: Input,
        spot: Spot,
        cases: Sequence[OperationCase],
        subgraph: str,
        deps: set[Group],
        identifying: bool,
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
                            deps.add(known.group)
                        continue
                    child = self._input(
                        case, field, subgraph, case.rep, deps, identifying, case.types if abstract else None
                    )
                    merge_inputs(made.children, [child])

    # Writing into the draft

    def _new_group(self, subgraph: str, spot: Spot) -> Group:
        group = Group(len(self.groups), subgraph, spot, self.part)
        self.groups.append(group)
        spot.groups.append(group)
        return group

    def _select(self, access: Access, case: Case, cell: Cell, own: Ownership, when: Dnf) -> None:
        node, field = access.node, cell.field
        static = self.types[node.static]
        types = None if node.opaque or static.kind == "object" else case.types
        selected = node.fields.get((types, cell.key))
        if selected is None:
            rep = access.opaque or case.rep
            selected = Selected(
                name=field.name,
                key=cell.key,
                arguments=field.arguments,
                variables=field.variables,
                parents=frozenset({rep}) if types is None else types,
                types=types,
                scopes=self.types[rep].fields[field.name].scopes,
                client=field.client,
                up=node,
            )
            node.fields[types, cell.key] = selected
        cell.sources.append((access, selected))
        if field.variables or when is not ALWAYS:
            self.conditional = self.conditional or when is not ALWAYS
        self._widen_selected(selected, when)
        if field.named in self.types and selected.child is None:
            self._open(access, case, cell, selected, own)

    def _open(self, access: Access, case: Case, cell: Cell, selected: Selected, own: Ownership) -> None:
        """Stand at the objects that a composite field leads to."""
        rep = access.opaque or case.rep
        info = self.types[rep].fields[cell.name]
        if cell.spot is None:
            path = child_path(case, cell, info.depth, abstract=self.view.is_abstract(case.spot.static))
            cell.spot = self._new_spot(info.named, case, cell, path)
        static = named_type(own.type)
        opaque = access.subgraph in self.types[static].objects_in
        node = selected.child = Node(access.group, static, opaque=opaque, up=selected)
        given = self.view.provided(access.provided, rep, cell.name)
        self._attach(cell.spot, node, own.provides + (given.selections if given else ()))

    def _attach(self, spot: Spot, node: Node, provided: FieldSet) -> None:
        subgraph = node.group.subgraph
        if node.opaque:
            if spot.opaque is None:
                possible = self.types[node.static].possible
                spot.opaque = Case(spot, possible | {node.static}, node.static)
            spot.opaque.accesses.append(Access(node.group, node, provided=provided, opaque=node.static))
            return
        if self.view.is_abstract(spot.static):
            node.typename = True
        runtime = self.view.supergraph.runtime(node.static, subgraph)
        for case in list(spot.cases):
            overlap = case.types & runtime
            if not overlap:
                continue
            if overlap != case.types:
                case = spot.split(case, overlap, min(overlap))
            case.accesses.append(Access(node.group, node, provided=provided))

    def _widen(self, cell: Cell, when: Dnf) -> None:
        """Make sure that `cell` is fetched whenever `when` holds."""
        if self.conditional:
            for _, selected in cell.sources[:1]:
                self._widen_selected(selected, when)

    def _widen_selected(self, selected: Selected, when: Dnf) -> None:
        wider = either(selected.when, when) if selected.when else when
        if wider == selected.when:
            return
        selected.when = wider
        self._widen_node(selected.up, when)

    def _widen_node(self, node: Node, when: Dnf) -> None:
        if node.up is not None:
            self._widen_selected(node.up, when)
            return
        group = node.group
        wider = either(group.when, when) if group.when else when
        if wider == group.when:
            return
        group.when = wider
        if self.conditional:
            for shape in group.shapes:
                for item in shape.inputs:
                    self._widen_input(item, when)

    def _widen_input(self, item: Input, when: Dnf) -> None:
        if item.cell is not None:
            self._widen(item.cell, when)
        for child in item.children:
            self._widen_input(child, when)
