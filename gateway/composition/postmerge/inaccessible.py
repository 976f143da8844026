"""`@inaccessible`: what is left for clients must still be a whole schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, StringValueNode, ValueNode

from gateway.composition.errors import CompositionError
from gateway.composition.merge.inputs import is_required
from gateway.composition.merge.merge import Merged
from gateway.composition.schema.model import (
    BUILT_IN_SCALARS,
    Applied,
    Field,
    InputValue,
    Kind,
    TypeDef,
    is_applied,
)
from gateway.composition.schema.typeref import TypeRef, base_name

from .at import error

_EXECUTABLE = frozenset(
    {"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD"}
    | {"INLINE_FRAGMENT", "VARIABLE_DEFINITION"}
)


def check_inaccessible(merged: Merged) -> Iterator[CompositionError]:
    """Every way in which hiding the inaccessible elements breaks the API schema."""
    if "inaccessible" in merged.spec_names:
        yield from _Check(merged).all()


class _Hideable(Protocol):
    @property
    def directives(self) -> tuple[Applied, ...]: ...


def _hidden(directives: tuple[Applied, ...]) -> bool:
    return is_applied(directives, "inaccessible")


@dataclass(slots=True)
class _Check:
    merged: Merged

    @property
    def types(self) -> Mapping[str, TypeDef]:
        return self.merged.schema.types

    def all(self) -> Iterator[CompositionError]:
        types = self.types
        for definition in types.values():
            if _hidden(definition.directives):
                yield from self._hidden_type(definition)
            else:
                yield from self._visible_type(definition)
        for directive in self.merged.schema.directives.values():
            for argument in directive.args.values():
                if _hidden(argument.directives) and not _EXECUTABLE.issuperset(directive.locations):
                    message = (
                        f'Directive argument "@{directive.name}({argument.name}:)" is @inaccessible, but the '
                        "directive may be applied in the schema, which is not part of the API"
                    )
                    yield error(self.merged, "DISALLOWED_INACCESSIBLE", message, "")

    def _error(self, code: str, message: str, coordinate: str) -> CompositionError:
        return error(self.merged, code, message, coordinate)

    def _hidden_type(self, definition: TypeDef) -> Iterator[CompositionError]:
        name = definition.name
        if name in BUILT_IN_SCALARS or ("__" in name and name.split("__", 1)[0] in ("join", "link")):
            yield self._error("DISALLOWED_INACCESSIBLE", f'Type "{name}" cannot be @inaccessible.', name)
        if name == self.merged.schema.roots.get("query"):
            yield self._error(
                "QUERY_ROOT_TYPE_INACCESSIBLE",
                f'Type "{name}" is @inaccessible but is the root query type, which must be in the API schema.',
                name,
            )

    def _visible_type(self, definition: TypeDef) -> Iterator[CompositionError]:
        match definition.kind:
            case Kind.OBJECT | Kind.INTERFACE:
                yield from self._children(definition, "fields", definition.fields)
                for field in definition.fields.values():
                    if _hidden(field.directives):
                        yield from self._hidden_field(definition, field)
                    else:
                        yield from self._visible_field(definition, field)
            case Kind.INPUT:
                yield from self._children(definition, "fields", definition.inputs)
                for value in definition.inputs.values():
                    yield from self._input_field(definition, value)
            case Kind.ENUM:
                yield from self._children(definition, "values", definition.values)
            case Kind.UNION:
                types = self.types
                members = {m: types[m] for m in definition.members if m in types}
                yield from self._children(definition, "members", members)
            case Kind.SCALAR:
                pass

    def _children(
        self, definition: TypeDef, label: str, children: Mapping[str, _Hideable]
    ) -> Iterator[CompositionError]:
        if children and all(_hidden(c.directives) for c in children.values()):
            yield self._error(
                "ONLY_INACCESSIBLE_CHILDREN",
                f'Type "{definition.name}" is in the API schema but all of its {label} are @inaccessible.',
                definition.name,
            )

    def _reference(self, ref: TypeRef, coordinate: str) -> Iterator[CompositionError]:
        target = self.merged.schema.types.get(base_name(ref))
        if target is not None and _hidden(target.directives):
            yield self._error(
                "REFERENCED_INACCESSIBLE",
                f'Type "{target.name}" is @inaccessible but is referenced by "{coordinate}", which is in the API '
                "schema.",
                coordinate,
            )

    def _interface_fields(self, definition: TypeDef, name: str) -> Iterator[tuple[TypeDef, Field]]:
        """The visible fields of visible interfaces that a field implements."""
        for interface_name in definition.interfaces:
            interface = self.merged.schema.types.get(interface_name)
            if interface is None or _hidden(interface.directives):
                continue
            field = interface.fields.get(name)
            if field is not None and not _hidden(field.directives):
                yield interface, field

    def _hidden_field(self, definition: TypeDef, field: Field) -> Iterator[CompositionError]:
        for interface, _ in self._interface_fields(definition, field.name):
            yield self._error(
                "IMPLEMENTED_BY_INACCESSIBLE",
                f'Field "{definition.name}.{field.name}" is @inaccessible but implements the interface field '
                f'"{interface.name}.{field.name}", which is in the API schema.',
                f"{definition.name}.{field.name}",
            )

    def _visible_field(self, definition: TypeDef, field: Field) -> Iterator[CompositionError]:
        coordinate = f"{definition.name}.{field.name}"
        yield from self._reference(field.type, coordinate)
        for argument in field.args.values():
            own = f"{coordinate}({argument.name}:)"
            if not _hidden(argument.directives):
                yield from self._reference(argument.type, own)
                yield from self._default(argument, own)
                continue
            if is_required(argument):
                message = f'Argument "{own}" is @inaccessible but is a required argument of its field.'
                yield self._error("REQUIRED_INACCESSIBLE", message, own)
            for interface, above in self._interface_fields(definition, field.name):
                inherited = above.args.get(argument.name)
                if inherited is not None and not _hidden(inherited.directives):
                    yield self._error(
                        "IMPLEMENTED_BY_INACCESSIBLE",
                        f'Argument "{own}" is @inaccessible but implements the interface argument '
                        f'"{interface.name}.{field.name}({argument.name}:)", which is in the API schema.',
                        own,
                    )

    def _input_field(self, definition: TypeDef, value: InputValue) -> Iterator[CompositionError]:
        coordinate = f"{definition.name}.{value.name}"
        if not _hidden(value.directives):
            yield from self._reference(value.type, coordinate)
            yield from self._default(value, coordinate)
        elif is_required(value):
            message = f'Input field "{coordinate}" is @inaccessible but is a required input field of its type.'
            yield self._error("REQUIRED_INACCESSIBLE", message, coordinate)

    def _default(self, value: InputValue, coordinate: str) -> Iterator[CompositionError]:
        if value.default is None:
            return
        for element in self._uses(value.default, base_name(value.type)):
            yield self._error(
                "DEFAULT_VALUE_USES_INACCESSIBLE",
                f'{element} is @inaccessible but is used in the default value of "{coordinate}", which is in the '
                "API schema.",
                coordinate,
            )

    def _uses(self, node: ValueNode, type_name: str) -> Iterator[str]:
        """The hidden enum values and input fields that a literal uses."""
        definition = self.merged.schema.types.get(type_name)
        if definition is None:
            return
        match node:
            case ListValueNode():
                for item in node.values:
                    yield from self._uses(item, type_name)
            case EnumValueNode() | StringValueNode() if definition.kind is Kind.ENUM:
                used = definition.values.get(node.value)
                if used is not None and _hidden(used.directives):
                    yield f'Enum value "{type_name}.{node.value}"'
            case ObjectValueNode():
                for entry in node.fields:
                    field = definition.inputs.get(entry.name.value)
                    if field is None:
                        continue
                    if _hidden(field.directives):
                        yield f'Input field "{type_name}.{field.name}"'
                    yield from self._uses(entry.value, base_name(field.type))
