"""Draft → plan: turns groups into `Fetch`es, folding what concrete types share back into their interface."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.planner.draft import Group, Input, Node, Selected, Shape
from gateway.planner.nodes import (
    Condition,
    ContextInput,
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
from gateway.planner.schedule import Batch, Part
from gateway.planner.view import View
from gateway.planner.ways import named_type

_Conjunction = frozenset[Condition]
_NONE: _Conjunction = frozenset()


def emit(view: View, operation: Operation, batches: Sequence[Batch]) -> tuple[Fetch, ...]:
    """Turn `batches` into fetches, numbered in order."""
    emitter = _Emitter(view, operation, batches)
    return tuple(emitter.fetch(number, batch) for number, batch in enumerate(batches))


@dataclass(frozen=True, slots=True)
class _Template:
    """What an entity group emits, whoever of its family it is emitted for.

    `roots` are the selections by typename, `shapes` the representations, `held` what holds whenever it runs.
    `declared`, `conditions` and `disclosure` are those of its fetch, if nothing else is in it.
    """

    roots: tuple[tuple[str, tuple[Selection, ...]], ...]
    shapes: tuple[tuple[Shape, tuple[InputField, ...]], ...]
    contexts: tuple[ContextInput, ...]
    held: _Conjunction
    disclosure: frozenset[str]
    variables: frozenset[str]
    declared: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]


class _Emitter:
    """Emits the fetches of one plan."""

    def __init__(self, view: View, operation: Operation, batches: Sequence[Batch]) -> None:
        self.view = view
        self.operation = operation
        self.declared = dict(operation.variables)
        self.numbers: dict[Group, dict[str | None, int]] = {}
        for number, batch in enumerate(batches):
            for part in batch.parts:
                self.numbers.setdefault(part.group, {})[part.member] = number
        self._templates: dict[Group, _Template] = {}

    def fetch(self, number: int, batch: Batch) -> Fetch:
        first = batch.parts[0].group
        if not first.shapes:
            return self._root(number, batch, first)
        if len(batch.parts) == 1:
            return self._alone(number, batch, self._template(first))
        templates = [self._template(part.group) for part in batch.parts]
        common = frozenset.intersection(*(template.held for template in templates))
        entities = self._entities(batch.parts, common)
        disclosure = templates[0].disclosure.union(*(template.disclosure for template in templates[1:]))
        variables = {condition.variable for entity in entities for condition in entity.conditions}
        variables.update(*(template.variables for template in templates))
        return Fetch(
            id=number,
            subgraph=batch.subgraph,
            after=self._after(number, batch),
            entities=entities,
            variables=self._variables(variables) + _context_variables(templates),
            conditions=sorted_conjunction(common),
            disclosure=disclosure,
        )

    def _alone(self, number: int, batch: Batch, template: _Template) -> Fetch:
        """Emit a fetch for one group or one member of a family; of these there may be a thousand."""
        (part,) = batch.parts
        target = Target(
            path=part.group.spot.path,
            representations=self._representations(template, part.member),
            contexts=template.contexts,
        )
        variable = "representations"
        while variable in self.declared:
            variable = "_" + variable
        entities = EntitySelection(
            variable=variable,
            key="_entities",
            targets=(target,),
            selections=self._selections(template, part.member),
        )
        return Fetch(
            id=number,
            subgraph=batch.subgraph,
            after=self._after(number, batch),
            entities=(entities,),
            variables=template.declared,
            conditions=template.conditions,
            disclosure=template.disclosure,
        )

    def _root(self, number: int, batch: Batch, group: Group) -> Fetch:
        held = _single(group.when)
        (node,) = group.roots.values()
        selections = self._node(node, held)
        disclosure: set[str] = set()
        variables: set[str] = set()
        _survey(selections, disclosure, variables)
        return Fetch(
            id=number,
            subgraph=batch.subgraph,
            kind=self.operation.kind if group.spot.parent is None else "query",
            after=self._after(number, batch),
            selections=selections,
            path=group.spot.path,
            variables=self._variables(variables),
            conditions=sorted_conjunction(held),
            disclosure=frozenset(disclosure),
        )

    def _variables(self, used: Collection[str]) -> tuple[tuple[str, str], ...]:
        return tuple(item for item in self.operation.variables if item[0] in used) if used else ()

    def _after(self, number: int, batch: Batch) -> tuple[int, ...]:
        """Return the fetches whose results the parts of `batch` read."""
        after: set[int] = set()
        for part in batch.parts:
            for dep in part.group.deps:
                numbers = self.numbers[dep]
                # A member of a family waits for itself, not for the family.
                if part.member is not None and part.member in numbers:
                    after.add(numbers[part.member])
                else:
                    after.update(numbers.values())
        after.discard(number)
        return tuple(sorted(after))

    def _entities(self, parts: Sequence[Part], common: _Conjunction) -> tuple[EntitySelection, ...]:
        """Make one `_entities` field of every distinct selection; equal ones share it."""
        found: list[tuple[tuple[Selection, ...], tuple[Condition, ...], list[Target]]] = []
        known: dict[tuple[tuple[Selection, ...], tuple[Condition, ...]], list[Target]] = {}
        for part in parts:
            template = self._templates[part.group]
            selections = self._selections(template, part.member)
            target = Target(
                path=part.group.spot.path,
                representations=self._representations(template, part.member),
                contexts=template.contexts,
            )
            conditions = sorted_conjunction(template.held - common)
            memo = (selections, conditions)
            if memo in known:
                _add_target(known[memo], target)
                continue
            known[memo] = targets = [target]
            found.append((selections, conditions, targets))
        single = len(found) == 1
        entities: list[EntitySelection] = []
        for index, (selections, conditions, targets) in enumerate(found):
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

    def _template(self, group: Group) -> _Template:
        found = self._templates.get(group)
        if found is None:
            held = _single(group.when)
            roots = tuple((name, self._node(node, held)) for name, node in sorted(group.roots.items()))
            shapes = tuple(
                (shape, tuple(self._input(item) for item in shape.inputs))
                for shape in sorted(group.shapes, key=lambda s: (s.typename, sorted(s.types)))
            )
            disclosure: set[str] = set()
            variables: set[str] = set()
            for _, selections in roots:
                _survey(selections, disclosure, variables)
            for _, inputs in shapes:
                _survey_inputs(inputs, disclosure)
            contexts = tuple(
                ContextInput(
                    variable=context.variable,
                    type=context.type,
                    steps=context.steps,
                    field=self._input(context.input),
                )
                for context in group.contexts.values()
            )
            _survey_inputs([context.field for context in contexts], disclosure)
            found = self._templates[group] = _Template(
                roots,
                shapes,
                contexts,
                held,
                frozenset(disclosure),
                frozenset(variables),
                self._variables(variables) + tuple((context.variable, context.type) for context in contexts),
                sorted_conjunction(held),
            )
        return found

    def _selections(self, template: _Template, member: str | None) -> tuple[Selection, ...]:
        fragments: list[Selection] = []
        for typename, selections in template.roots:
            if member is not None:
                names = [member]
            elif self.view.types[typename].kind == "object":
                names = sorted({n for shape, _ in template.shapes if shape.typename == typename for n in shape.types})
            else:
                fragments.append(FragmentSelection(type_condition=typename, selections=selections))
                continue
            fragments.extend(FragmentSelection(type_condition=name, selections=_on(selections, name)) for name in names)
        return tuple(fragments)

    def _representations(self, template: _Template, member: str | None) -> tuple[RepresentationShape, ...]:
        shapes: list[RepresentationShape] = []
        for shape, inputs in template.shapes:
            if self.view.types[shape.typename].kind == "object":
                names = sorted(shape.types) if member is None else [member]
                shapes.extend(
                    RepresentationShape(types=frozenset({name}), typename=name, fields=_of(inputs, name))
                    for name in names
                )
            else:
                shapes.append(RepresentationShape(types=shape.types, typename=shape.typename, fields=inputs))
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
        if all(selection.conditions for selection in selections):
            # Something has to say that the object is there when nothing else is asked of it.
            # An interface object's name must not stand in for the concrete type.
            selections.insert(0, _typename(node.static, "_g" if node.opaque else "__typename"))
        return tuple(selections)

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


def _context_variables(templates: Iterable[_Template]) -> tuple[tuple[str, str], ...]:
    found = {context.variable: context.type for template in templates for context in template.contexts}
    return tuple(found.items())


def _add_target(targets: list[Target], target: Target) -> None:
    """Add `target`; types that are represented at one place become one target."""
    for index, other in enumerate(targets):
        if other.path == target.path and other.contexts == target.contexts:
            joined: dict[tuple[str, tuple[InputField, ...]], RepresentationShape] = {}
            for shape in other.representations + target.representations:
                memo = (shape.typename, shape.fields)
                same = joined.get(memo)
                joined[memo] = replace(shape, types=same.types | shape.types) if same else shape
            targets[index] = replace(other, representations=tuple(joined.values()))
            return
    targets.append(target)


def _on(selections: tuple[Selection, ...], name: str) -> tuple[Selection, ...]:
    """Return `selections` as made on the concrete type `name`."""
    return tuple(
        FieldSelection(
            parent=name,
            name=selection.name,
            key=selection.key,
            arguments=selection.arguments,
            variables=selection.variables,
            scopes=selection.scopes,
            conditions=selection.conditions,
            selections=selection.selections,
            client=selection.client,
        )
        if isinstance(selection, FieldSelection) and selection.parent != name
        else selection
        for selection in selections
    )


def _of(inputs: tuple[InputField, ...], name: str) -> tuple[InputField, ...]:
    """Return `inputs` as read from objects of the concrete type `name`."""
    return tuple(
        InputField(
            parent=name,
            name=item.name,
            key=item.key,
            scopes=item.scopes,
            nullable=item.nullable,
            identifying=item.identifying,
            types=item.types,
            selections=item.selections,
        )
        for item in inputs
    )


def sorted_conjunction_key(conjunction: _Conjunction) -> str:
    """Return a sort key for conjunctions."""
    return repr(sorted_conjunction(conjunction))


def _typename(parent: str, key: str = "__typename") -> FieldSelection:
    return FieldSelection(parent=parent, name="__typename", key=key, client=False)


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
