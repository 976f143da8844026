"""Writes into the draft: spots, groups, selections, and the conditions under which they are made."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.planner.draft import Access, Case, Cell, Group, Input, Node, Selected, Spot, child_path
from gateway.planner.fieldset import FieldSet
from gateway.planner.nodes import PathStep
from gateway.planner.operation import ALWAYS, Dnf, either
from gateway.planner.supergraph import Ownership
from gateway.planner.view import View
from gateway.planner.ways import named_type

NOTHING: Mapping[str, str] = {}


class Drafting:
    """The draft of one attempt. `part` is the part of the answer for which groups are being made."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.types = view.types
        self.groups: list[Group] = []
        self.part = 0
        self.conditional = False

    def new_spot(self, static: str, parent: Case | None, cell: Cell | None, path: tuple[PathStep, ...]) -> Spot:
        """Make the spot that `cell` of `parent` leads to."""
        spot = Spot(static, parent, cell, path)
        info = self.types[static]
        if len(info.possible) == 1:
            (name,) = info.possible
            spot.cases.append(Case(spot, info.possible, name))
            return spot
        spot.cases.extend(Case(spot, types, rep) for types, rep in self.view.families.whole(static))
        return spot

    def new_group(self, subgraph: str, spot: Spot) -> Group:
        """Make a group for the part at hand."""
        group = Group(len(self.groups), subgraph, spot, self.part)
        self.groups.append(group)
        spot.groups.append(group)
        return group

    def select(
        self, access: Access, case: Case, cell: Cell, own: Ownership, when: Dnf, extra: Mapping[str, str] = NOTHING
    ) -> None:
        """Have `access` select `cell`, and stand at the objects that it leads to.

        `extra` are arguments beside the field's own: name → variable.
        """
        node, field = access.node, cell.field
        static = self.types[node.static]
        types = None if node.opaque or static.kind == "object" else case.types
        selected = node.fields.get((types, cell.key))
        if selected is None:
            rep = access.opaque or case.rep
            selected = Selected(
                name=field.name,
                key=cell.key,
                arguments=_add_arguments(field.arguments, extra),
                variables=field.variables.union(extra.values()),
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
            cell.spot = self.new_spot(info.named, case, cell, path)
        static = named_type(own.type)
        opaque = access.subgraph in self.types[static].objects_in
        node = selected.child = Node(access.group, static, opaque=opaque, up=selected)
        given = self.view.provided(access.provided, rep, cell.name)
        self.attach(cell.spot, node, own.provides + (given.selections if given else ()))

    def attach(self, spot: Spot, node: Node, provided: FieldSet) -> None:
        """Stand at the objects of `spot` under `node`."""
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
        if self.types[spot.static].kind == "union" and spot.parent is not None and spot.cell is not None:
            runtime = self._agreed(runtime, spot.parent, spot.cell.name)
        for case in list(spot.cases):
            overlap = case.types & runtime
            if not overlap:
                continue
            if overlap != case.types:
                case = spot.split(case, overlap, min(overlap))
            case.accesses.append(Access(node.group, node, provided=provided))

    def _agreed(self, runtime: frozenset[str], parent: Case, name: str) -> frozenset[str]:
        """Return those of `runtime` that every subgraph could return from where the field may be fetched.

        Where a field is shared, subgraphs have to agree on its value, so that other members cannot be relied on.
        """
        owners = self.view.owners(parent.rep, name)
        for subgraph in self._alternatives(parent, name):
            runtime &= self.view.supergraph.runtime(named_type(owners[subgraph].type), subgraph)
        return runtime

    def _alternatives(self, case: Case, name: str) -> set[str]:
        """Return the subgraphs from which the field could be fetched on the objects of `case`."""
        owners = {subgraph for subgraph, own in self.view.owners(case.rep, name).items() if not own.external}
        if self.view.is_root(case.rep):
            return owners
        found = {subgraph for subgraph in owners if self.view.keys(case.rep, subgraph)}
        if found != owners and case.spot.parent is not None and case.spot.cell is not None:
            found |= owners & self._alternatives(case.spot.parent, case.spot.cell.name)
        return found

    def widen(self, cell: Cell, when: Dnf) -> None:
        """Make sure that `cell` is fetched whenever `when` holds."""
        if self.conditional:
            for _, selected in cell.sources[:1]:
                self._widen_selected(selected, when)

    def _widen_selected(self, selected: Selected, when: Dnf) -> None:
        wider = either(selected.when, when) if selected.when else when
        if wider == selected.when:
            return
        selected.when = wider
        self.widen_node(selected.up, when)

    def widen_node(self, node: Node, when: Dnf) -> None:
        """Make sure that `node` is reached whenever `when` holds."""
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
            self.widen(item.cell, when)
        for child in item.children:
            self._widen_input(child, when)

    def stand_at_entities(self, source: Case, group: Group, typename: str) -> Access:
        """Stand at the entities of `source` that `group` fetches as `typename`."""
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

    def entity_group(
        self,
        spot: Spot,
        subgraph: str,
        typename: str,
        types: frozenset[str],
        inputs: list[Input],
        deps: set[Group],
        contexts: Collection[str],
        requires: FieldSet,
        when: Dnf,
    ) -> Group:
        """Return the group that may fetch these entities: one made before, if nothing speaks against it."""
        for group in spot.groups:
            if group.subgraph != subgraph or not group.shapes or group.part != self.part:
                continue
            if requires and group.when and group.when != when:
                continue
            if any(dep.descends_from(group) for dep in deps) or set(contexts) != group.contexts.keys():
                continue
            # As an interface object, every object represented gets every field: other types need another group.
            blind = subgraph in self.types[typename].objects_in
            shapes = [s for s in group.shapes if blind or s.types & types]
            if any(s.typename != typename or s.types != types for s in shapes):
                continue
            if all(mine.agrees(theirs) for s in shapes for mine in s.inputs for theirs in inputs):
                return group
        return self.new_group(subgraph, spot)

    def members(self, case: Case, subgraph: str) -> dict[str, str]:
        """Return the own subgraphs of the types of `case` when `subgraph` is that of the type that stands for them."""
        if len(case.types) == 1:
            return {}
        own = self.view.families.own_subgraphs(case.spot.static)
        mine = own.get(case.rep, ())
        if subgraph not in mine:
            return {}
        index = mine.index(subgraph)
        return {name: own[name][index] for name in sorted(case.types)}


def _add_arguments(printed: str, extra: Mapping[str, str]) -> str:
    parts = [f"{name}: ${variable}" for name, variable in extra.items()]
    if not parts:
        return printed
    return f"({', '.join(([printed[1:-1]] if printed else []) + parts)})"
