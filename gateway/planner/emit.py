"""Draft → plan: turns groups into `Fetch`es, folding what concrete types share back into their interface."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.planner.draft import Group, Input, Node, Selected
from gateway.planner.nodes import (
    Condition,
    EntitySelection,
    Fetch,
    FieldSelection,
    FragmentSelection,
    InputField,
    RepresentationShape,
    Selection,
    Target,
)
from gateway.planner.operation import ALWAYS, Dnf, Operation, sorted_conjunction
from gateway.planner.schedule import Batch
from gateway.planner.view import View
from gateway.planner.ways import named_type

_Conjunction = frozenset[Condition]
_NONE: _Conjunction = frozenset()


def emit(view: View, operation: Operation, batches: Sequence[Batch]) -> tuple[Fetch, ...]:
    """Turn `batches` into fetches, numbered in order."""
    ids = {group: number for number, batch in enumerate(batches) for group in batch.groups}
    emitter = _Emitter(view, operation)
    return tuple(emitter.fetch(number, batch, ids) for number, batch in enumerate(batches))


class _Emitter:
    """Emits the fetches of one plan."""

    def __init__(self, view: View, operation: Operation) -> None:
        self.view = view
        self.operation = operation
        self.declared = dict(operation.variables)

    def fetch(self, number: int, batch: Batch, ids: dict[Group, int]) -> Fetch:
        groups = batch.groups
        common = frozenset.intersection(*(_single(group.when) for group in groups))
        selections: tuple[Selection, ...] = ()
        entities: tuple[EntitySelection, ...] = ()
        if groups[0].shapes:
            entities = self._entities(groups, common)
            selections = tuple(s for entity in entities for s in entity.selections)
        else:
            (node,) = groups[0].roots.values()
            selections = self._node(node, common)
        disclosure: set[str] = set()
        variables: set[str] = set()
        _survey(selections, disclosure, variables)
        for entity in entities:
            variables.update(condition.variable for condition in entity.conditions)
            for target in entity.targets:
                for shape in target.representations:
                    _survey_inputs(shape.fields, disclosure)
        after = sorted({ids[dep] for group in groups for dep in group.deps} - {number})
        root = groups[0].spot.parent is None and not entities
        return Fetch(
            id=number,
            subgraph=batch.subgraph,
            kind=self.operation.kind if root else "query",
            after=tuple(after),
            selections=() if entities else selections,
            entities=entities,
            path=() if entities else groups[0].spot.path,
            variables=tuple(item for item in self.operation.variables if item[0] in variables),
            conditions=sorted_conjunction(common),
            disclosure=frozenset(disclosure),
        )

    def _entities(self, groups: Iterable[Group], common: _Conjunction) -> tuple[EntitySelection, ...]:
        """Make one `_entities` field of every distinct selection; equal ones share it."""
        fields: dict[tuple[tuple[Selection, ...], tuple[Condition, ...]], list[Target]] = {}
        for group in groups:
            held = _single(group.when)
            selections = self._roots(group, held)
            target = Target(path=group.spot.path, representations=self._shapes(group))
            memo = (selections, sorted_conjunction(held - common))
            fields.setdefault(memo, []).append(target)
        single = len(fields) == 1
        entities = []
        for index, ((selections, conditions), targets) in enumerate(fields.items()):
            variable = "representations" if single else f"representations{index}"
            while variable in self.declared:
                variable = "_" + variable
            entities.append(
                EntitySelection(
                    variable=variable,
                    key="_entities" if single else f"_e{index}",
                    targets=tuple(targets),
                    selections=selections,
                    conditions=conditions,
                )
            )
        return tuple(entities)

    def _roots(self, group: Group, conditions: _Conjunction) -> tuple[Selection, ...]:
        fragments: list[Selection] = []
        for typename, node in sorted(group.roots.items()):
            selections = self._node(node, conditions)
            if self.view.types[typename].kind == "object":
                names = sorted({n for s in group.shapes if s.typename == typename for n in s.types})
                fragments.extend(
                    FragmentSelection(type_condition=name, selections=self._as(selections, name)) for name in names
                )
            else:
                fragments.append(FragmentSelection(type_condition=typename, selections=selections))
        return tuple(fragments)

    def _shapes(self, group: Group) -> tuple[RepresentationShape, ...]:
        shapes: list[RepresentationShape] = []
        for shape in sorted(group.shapes, key=lambda s: (s.typename, sorted(s.types))):
            fields = tuple(self._input(item) for item in shape.inputs)
            if self.view.types[shape.typename].kind == "object" and len(shape.types) > 1:
                shapes.extend(
                    RepresentationShape(
                        types=frozenset({name}),
                        typename=name,
                        fields=tuple(replace(field, parent=name) for field in fields),
                    )
                    for name in sorted(shape.types)
                )
            else:
                shapes.append(RepresentationShape(types=shape.types, typename=shape.typename, fields=fields))
        return tuple(shapes)

    def _input(self, item: Input) -> InputField:
        children: dict[tuple[object, ...], InputField] = {}
        for child in item.children:
            made = self._input(child)
            memo: tuple[object, ...] = (made.name, made.key, made.selections)
            same = children.get(memo)
            if same is not None and same.types is not None and made.types is not None:
                made = replace(same, types=same.types | made.types)
            children[memo] = made
        spot = item.cell.spot if item.cell else None
        if spot is not None:
            met = frozenset(name for case in spot.cases if case.accesses or spot.opaque for name in case.types)
            for memo, made in children.items():
                if made.types is not None and met <= made.types:
                    children[memo] = replace(made, types=None)
        return InputField(
            parent=item.parent,
            name=item.name,
            key=item.key,
            scopes=item.scopes,
            nullable=item.nullable,
            identifying=item.identifying,
            types=item.types,
            selections=tuple(children.values()),
        )

    def _node(self, node: Node, held: _Conjunction) -> tuple[Selection, ...]:
        """Emit a selection set; the conditions in `held` hold wherever it is evaluated."""
        selections: list[Selection] = []
        if node.typename:
            selections.append(_typename(node.static))
        if node.opaque or self.view.types[node.static].kind == "object":
            for selected in node.fields.values():
                selections.extend(self._field(selected, min(selected.parents), held))
        else:
            selections.extend(self._abstract(node, held))
        return tuple(selections) or (_typename(node.static),)

    def _field(self, selected: Selected, parent: str, held: _Conjunction) -> list[FieldSelection]:
        return [
            FieldSelection(
                parent=parent,
                name=selected.name,
                key=selected.key,
                arguments=selected.arguments,
                variables=selected.variables,
                scopes=selected.scopes,
                conditions=sorted_conjunction(conjunction - held),
                selections=self._node(selected.child, held | conjunction) if selected.child else (),
                client=selected.client,
            )
            for conjunction in sorted(selected.when or ALWAYS, key=sorted_conjunction_key)
        ]

    def _abstract(self, node: Node, held: _Conjunction) -> list[Selection]:
        runtime = self.view.supergraph.runtime(node.static, node.group.subgraph)
        shared: dict[tuple[FieldSelection, str | None], set[str]] = {}
        for selected in node.fields.values():
            assert selected.types is not None
            static = selected.child.static if selected.child else None
            for field in self._field(selected, "", held):
                shared.setdefault((field, static), set()).update(selected.types & runtime)
        whole: list[Selection] = []
        single: dict[str, list[FieldSelection]] = {}
        for (field, static), types in shared.items():
            if types == runtime and self._has(node, field.name, static):
                whole.append(replace(field, parent=node.static))
            else:
                for name in types:
                    single.setdefault(name, []).append(replace(field, parent=name))
        fragments = [
            FragmentSelection(type_condition=name, selections=tuple(fields)) for name, fields in sorted(single.items())
        ]
        return [*whole, *fragments]

    def _has(self, node: Node, name: str, static: str | None) -> bool:
        """Whether the field can be selected on the abstract type itself, with values of the type `static`."""
        own = self.view.owners(node.static, name).get(node.group.subgraph)
        return own is not None and (static is None or named_type(own.type) == static)

    def _as(self, selections: tuple[Selection, ...], name: str) -> tuple[Selection, ...]:
        return tuple(
            replace(s, parent=name) if isinstance(s, FieldSelection) and s.parent != name else s for s in selections
        )


def sorted_conjunction_key(conjunction: _Conjunction) -> str:
    """Return a sort key for conjunctions."""
    return repr(sorted_conjunction(conjunction))


def _typename(parent: str) -> FieldSelection:
    return FieldSelection(parent=parent, name="__typename", key="__typename", client=False)


def _single(when: Dnf) -> _Conjunction:
    """Return what certainly holds whenever `when` does."""
    return frozenset.intersection(*when) if when else _NONE


def _survey(selections: Iterable[Selection], disclosure: set[str], variables: set[str]) -> None:
    for selection in selections:
        variables.update(condition.variable for condition in selection.conditions)
        if isinstance(selection, FieldSelection):
            variables.update(selection.variables)
            for scopes in selection.scopes:
                disclosure.update(scopes)
        _survey(selection.selections, disclosure, variables)


def _survey_inputs(fields: Iterable[InputField], disclosure: set[str]) -> None:
    for field in fields:
        for scopes in field.scopes:
            disclosure.update(scopes)
        _survey_inputs(field.selections, disclosure)
