"""One attempt at a plan: walks the operation from the root and places every field in a group.

Where several subgraphs could resolve a field, the walk takes the cheapest by `ways`' estimates, unless
`decisions` tells it otherwise, and notes the choice, so that `search` can try the others.
A field that nothing can resolve from where the walk stands is a `DeadEnd`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.planner.cells import Cells
from gateway.planner.contexts import selected_from, setter_of
from gateway.planner.draft import (
    Access,
    Case,
    Cell,
    Context,
    Group,
    Input,
    Node,
    Shape,
    Spot,
    merge_inputs,
)
from gateway.planner.drafting import Drafting
from gateway.planner.effort import Effort
from gateway.planner.fieldset import FieldSet
from gateway.planner.inputs import InputReader
from gateway.planner.operation import ALWAYS, Dnf, Operation, OperationCase, OperationField, both
from gateway.planner.supergraph import ContextArgument, Ownership
from gateway.planner.view import MANY, View
from gateway.planner.ways import IMPOSSIBLE, Estimator, Splits, Way

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
        self, view: View, operation: Operation, decisions: Mapping[Decision, int], effort: Effort, splits: Splits
    ) -> None:
        self.view = view
        self.operation = operation
        self.decisions = decisions
        self.effort = effort
        self.choices: list[tuple[Decision, int, int]] = []
        self.draft = Drafting(view)
        self.cells = Cells(view)
        self.estimator = Estimator(view, splits, effort)
        self.root = self.draft.new_spot(operation.root_type, None, None, ())
        self.variables: dict[tuple[int, str, str], str] = {}
        self.later: list[tuple[int, Spot, OperationCase, Dnf]] = []
        self.deferred: dict[tuple[int, Spot], tuple[OperationCase, ...]] = {}

    @property
    def groups(self) -> list[Group]:
        """The groups of the draft."""
        return self.draft.groups

    def run(self) -> None:
        """Place every field of the operation."""
        case = self.root.cases[0]
        fields = [f for f in self.operation.fields if not f.name.startswith("__")]
        if self.operation.kind != "mutation":
            for field in fields:
                self.cells.claim(case, field)
            whole = OperationCase(types=case.types, fields=tuple(fields))
            asked = OperationCase(types=case.types, fields=self.operation.fields)
            self._note_deferred(self.root, (asked,), frozenset())
            self._resolve_fields(case, self._postpone(self.root, whole, ALWAYS), ALWAYS, frozenset())
            self._resolve_later()
            return
        for field in fields:
            self.cells.claim(case, field)
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
        now = [field for field in wanted.fields if not field.client or field.part <= self.draft.part]
        for part in sorted({field.part for field in wanted.fields if field.client and field.part > self.draft.part}):
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
            self.draft.part, spot, wanted, when = self.later.pop(0)
            self._resolve_cases(spot, [wanted], when, frozenset())

    def _usable(self, case: Case, field: OperationField) -> list[Access]:
        """Return the accesses that may bring `field`: a deferred field must not hold up another part's fetch."""
        found = list(case.all_accesses())
        if self.operation.deferrals:
            parts = {self.draft.part} if field.client else {0, self.draft.part}
            return [access for access in found if access.group.part in parts]
        return found

    def _cases(self, spot: Spot, wanted: OperationCase) -> list[Case]:
        """Return the cases that hold exactly the types of `wanted` that some fetch can meet, split as needed."""
        found: list[Case] = []
        for case in list(spot.cases):
            overlap = case.types if case.types <= wanted.types else case.types & wanted.types
            if not overlap or not (case.accesses or spot.opaque or spot is self.root):
                continue
            if overlap is not case.types:
                case = spot.split(case, overlap, min(overlap))
            found.append(case)
            if len(overlap) == 1:
                continue
            parts = self.estimator.split(spot.static, overlap, wanted.fields)
            found.extend(spot.split(case, types, rep) for types, rep in parts[1:])
        return found

    def _resolve_cases(self, spot: Spot, cases: Sequence[OperationCase], when: Dnf, active: Active) -> None:
        if spot.opaque is not None and self._stays_opaque(spot, cases):
            self._resolve_fields(spot.opaque, self._postpone(spot, cases[0], when), when, active)
            return
        if not spot.cases and spot.opaque is None:
            self._check_uninhabited(spot, cases)
            return
        if spot.opaque is not None and not any(case.concrete() for case in spot.cases):
            self._discover(spot.opaque, when, active)
        work: list[tuple[Case, OperationCase]] = []
        for wanted in cases:
            for case in self._cases(spot, wanted):
                for field in wanted.fields:
                    if field.name != "__typename":
                        self.cells.claim(case, field)
                work.append((case, wanted))
        for wanted in cases:
            now = self._postpone(spot, wanted, when)
            for case in [case for case, belonging in work if belonging is wanted]:
                self._resolve_fields(case, now, when, active)

    def _check_uninhabited(self, spot: Spot, cases: Sequence[OperationCase]) -> None:
        """Refuse fields that nobody could resolve on an interface without types."""
        sources = spot.cell.sources if spot.cell else []
        for field in (field for case in cases for field in case.fields if not field.name.startswith("__")):
            owners = self.view.owners(spot.static, field.name)
            if not any(access.subgraph in owners for access, _ in sources):
                raise DeadEnd(spot.static, field.name)

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
                self.cells.claim(case, field)
                continue
            if field.name == "__typename":
                self._need_typename(case, both(when, field.conditions), active)
                continue
            cell = self.cells.claim(case, field)
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
        self.effort.place()
        cell = self.cells.claim(case, field)
        when = both(when, field.conditions)
        if cell.sources:
            self.draft.widen(cell, when)
        else:
            option = self._choose(case, field, active, rest)
            if option is None:
                raise DeadEnd(case.rep, field.name)
            access = option.access or self._go(case, field, option, when, active)
            self.draft.select(access, case, cell, option.own, when, self._context_arguments(case, option.own))
            self.estimator.changed()
        if field.cases:
            assert cell.spot is not None
            self._note_deferred(cell.spot, field.cases, field.parts)
            self._resolve_cases(cell.spot, field.cases, when, active)
        return cell

    def _choose(self, case: Case, field: OperationField, active: Active, rest: Sequence[str]) -> _Option | None:
        apart = self.draft.part > 0 and field.client and case.spot is not self.root
        options = self._options(case, field, active, rest, self._usable(case, field), apart=apart)
        if not options and self.draft.part:
            # It cannot be fetched apart: deferring is the server's right, not its duty.
            options = self._options(case, field, active, rest, list(case.all_accesses()), apart=False)
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
        self,
        case: Case,
        field: OperationField,
        active: Active,
        rest: Sequence[str],
        usable: Sequence[Access],
        *,
        apart: bool,
    ) -> list[_Option]:
        estimator = self.estimator
        options: list[_Option] = []
        local: set[tuple[str, str | None]] = set()
        for access in usable:
            own = estimator.is_local(access, case, field.name, field.cases)
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
        candidates = self.view.candidates(case.rep, field.name)
        if options and len(candidates) > MANY:
            return options
        for subgraph, via, own in candidates:
            if own.external or (subgraph, via) in local or (id(case.spot), field.name, subgraph) in active:
                continue
            reenters = self.view.reenters(via or case.rep, field.name, subgraph, field.cases)
            entity = bool(own.requires or own.contexts or reenters)
            way = estimator.way(case, subgraph, via, uniform=spread or entity or apart, visited=entering)
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

    def _go(self, case: Case, field: OperationField, option: _Option, when: Dnf, active: Active) -> Access:
        way = option.way
        assert way is not None
        if way.kind == "root":
            return self._enter_root(case, option.subgraph)
        if way.kind == "parent":
            return self._through_parent(case, option.subgraph, when, active)
        if option.own.requires:
            active |= {(id(case.spot), field.name, option.subgraph)}
        return self._enter(case, option.subgraph, way, option.own, when, active)

    def _enter_root(self, case: Case, subgraph: str) -> Access:
        group = self.draft.new_group(subgraph, case.spot)
        if case.spot.cell is not None:
            group.deps.add(case.spot.cell.group)
        node = group.roots[case.rep] = Node(group, case.rep)
        access = Access(group, node)
        case.accesses.append(access)
        self.estimator.changed()
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
        self.draft.select(above, parent, cell, self.view.owners(parent.rep, cell.name)[subgraph], when)
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
            self.draft.widen_node(access.node, when)

    def _discover(self, case: Case, when: Dnf, active: Active) -> None:
        """Learn the concrete types of objects that came from an interface object."""
        opaque = case.spot.opaque
        found = self.estimator.discovery(case)
        if opaque is None or found is None:
            raise DeadEnd(case.rep, "__typename")
        subgraph, key = found
        way = Way(kind="key", cost=1.0, source=opaque, typename=opaque.rep, key=key)
        access = self._enter(opaque, subgraph, way, None, when, active)
        self.draft.widen_node(access.node, when)

    def _enter(self, case: Case, subgraph: str, way: Way, own: Ownership | None, when: Dnf, active: Active) -> Access:
        """Fetch the objects of `case` as entities from `subgraph`, sending its key and what the field `own` needs."""
        requires = own.requires if own else ()
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
        contexts = self._contexts(case, subgraph, own, deps, when, active)
        known = source.concrete() if source is not spot.opaque else None
        if known is not None and (self.view.is_abstract(spot.static) or spot.opaque is not None):
            deps.add(known.group)
        if spot.cell is not None and not deps:
            deps.add(spot.cell.group)
        types = source.types
        group = self.draft.entity_group(spot, subgraph, way.typename, types, inputs, deps, contexts, requires, when)
        group.contexts.update(contexts)
        if not group.shapes:
            group.members = self.draft.members(source, subgraph)
        shape = next((s for s in group.shapes if s.types == types and s.typename == way.typename), None)
        if shape is None:
            group.shapes.append(Shape(types, way.typename, inputs))
        else:
            merge_inputs(shape.inputs, inputs)
        group.deps |= deps
        self.estimator.changed()
        return self.draft.stand_at_entities(source, group, way.typename)

    def _contexts(
        self, case: Case, subgraph: str, own: Ownership | None, deps: set[Group], when: Dnf, active: Active
    ) -> dict[str, Context]:
        """Have the values of the field's contextual arguments in the tree; by variable."""
        found: dict[str, Context] = {}
        for argument in own.contexts if own else ():
            setter = setter_of(self.view, case, argument.context)
            if setter is None:
                raise DeadEnd(case.rep, argument.name)
            fields = selected_from(argument)
            (read,) = self._inputs(setter, fields, subgraph, setter.rep, deps, when, active, identifying=False)
            variable = self._context_variable(case, argument)
            found[variable] = Context(variable, argument.type, len(setter.spot.path), read)
        return found

    def _context_arguments(self, case: Case, own: Ownership) -> dict[str, str]:
        return {argument.name: self._context_variable(case, argument) for argument in own.contexts}

    def _context_variable(self, case: Case, argument: ContextArgument) -> str:
        setter = setter_of(self.view, case, argument.context)
        declared = dict(self.operation.variables)
        memo = (id(setter), argument.selection, argument.type)
        if memo not in self.variables:
            name = f"context{len(self.variables)}"
            while name in declared:
                name = "_" + name
            self.variables[memo] = name
        return self.variables[memo]

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
        reader = InputReader(self.view, subgraph, deps, identifying=identifying)
        for field in wanted:
            if field.name != "__typename":
                merge_inputs(inputs, [reader.read(case, field, typename)])
        return inputs
