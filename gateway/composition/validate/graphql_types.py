"""GraphQL's own rules for types, over a subgraph's schema or the merged one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gateway.composition.schema.literals import print_value
from gateway.composition.schema.model import (
    BUILT_IN_SCALARS,
    INPUT_KINDS,
    At,
    Field,
    InputValue,
    Kind,
    Schema,
    TypeDef,
)
from gateway.composition.schema.typeref import ListOf, Named, NonNull, TypeRef, base_name

from .values import fits

Complain: TypeAlias = Callable[[str, At | None], None]
"""Takes a message and where it belongs."""


def check_types(complain: Complain, schema: Schema, known: frozenset[str]) -> None:
    """Check every type; `known` are names that exist although the schema does not define them."""
    _Checker(complain, schema, known | frozenset(BUILT_IN_SCALARS)).check()


class _Checker:
    def __init__(self, complain: Complain, schema: Schema, known: frozenset[str]) -> None:
        self.complain = complain
        self.schema = schema
        self.types: Mapping[str, TypeDef] = schema.types
        self.known = known

    def check(self) -> None:
        for operation, name in self.schema.roots.items():
            root = self.types.get(name)
            if root is None:
                self.complain(f'Cannot set schema {operation} root to unknown type "{name}"', None)
            elif root.kind is not Kind.OBJECT:
                self.complain(f"Default {operation} root type {name} must be an Object type", root.at)
        for definition in self.types.values():
            self._type(definition)
        for directive in self.schema.directives.values():
            for argument in directive.args.values():
                self._input(f"argument @{directive.name}({argument.name}:)", argument)

    def _type(self, definition: TypeDef) -> None:
        self._name(definition.name, definition.at)
        match definition.kind:
            case Kind.OBJECT | Kind.INTERFACE:
                if not definition.fields and self.schema.root_of(definition.name) is None:
                    self.complain(f"Type {definition.name} must define one or more fields.", definition.at)
                for field in definition.fields.values():
                    self._field(definition, field)
                for interface in definition.interfaces:
                    self._implements(definition, interface)
            case Kind.INPUT:
                if not definition.inputs:
                    self.complain(f"Input Object type {definition.name} must define one or more fields.", definition.at)
                for value in definition.inputs.values():
                    self._name(value.name, value.at)
                    self._input(f"input field {definition.name}.{value.name}", value)
                self._check_circle(definition)
            case Kind.UNION:
                self._union(definition)
            case Kind.ENUM:
                if not definition.values:
                    self.complain(f"Enum type {definition.name} must define one or more values.", definition.at)
                for item in definition.values.values():
                    self._name(item.name, item.at)
            case Kind.SCALAR:
                pass

    def _name(self, name: str, at: At | None) -> None:
        if name.startswith("__"):
            self.complain(f'Name "{name}" must not begin with "__", which is reserved by GraphQL introspection.', at)

    def _kind(self, ref: TypeRef, at: At | None) -> Kind | None:
        """The kind at the core of a reference; complains about names that nothing defines."""
        name = base_name(ref)
        if name in BUILT_IN_SCALARS:
            return Kind.SCALAR
        definition = self.types.get(name)
        if definition is None:
            if name not in self.known:
                self.complain(f"Unknown type {name}", at)
            return None
        return definition.kind

    def _field(self, owner: TypeDef, field: Field) -> None:
        self._name(field.name, field.at)
        coordinate = f"{owner.name}.{field.name}"
        if self._kind(field.type, field.at) is Kind.INPUT:
            self.complain(f"The type of {coordinate} must be Output Type but got: {field.type}.", field.at)
        for argument in field.args.values():
            self._name(argument.name, argument.at)
            self._input(f"argument {coordinate}({argument.name}:)", argument)

    def _input(self, label: str, value: InputValue) -> None:
        kind = self._kind(value.type, value.at)
        if kind is not None and kind not in INPUT_KINDS:
            self.complain(f"The type of {label} must be Input Type but got: {value.type}.", value.at)
        elif value.default is not None and not fits(value.default, value.type, self.types):
            got = print_value(value.default)
            message = f"Invalid default value (got: {got}) provided for {label} of type {value.type}."
            self.complain(message, value.at)

    def _union(self, definition: TypeDef) -> None:
        if not definition.members:
            self.complain(f"Union type {definition.name} must define one or more member types.", definition.at)
        for name in definition.members:
            member = self.types.get(name)
            if member is None and name not in BUILT_IN_SCALARS:
                if name not in self.known:
                    self.complain(f"Unknown type {name}", definition.at)
            elif member is None or member.kind is not Kind.OBJECT:
                self.complain(
                    f"Union type {definition.name} can only include Object types, it cannot include {name}.",
                    definition.at,
                )

    def _check_circle(self, definition: TypeDef) -> None:
        """An input object that needs a value of itself can never be given."""
        seen: set[str] = set()
        todo = [definition.name]
        while todo:
            current = self.types.get(todo.pop())
            if current is None or current.kind is not Kind.INPUT:
                continue
            for value in current.inputs.values():
                if not isinstance(value.type, NonNull) or not isinstance(value.type.of, Named):
                    continue
                name = value.type.of.name
                if name == definition.name:
                    self.complain(
                        f'Cannot reference Input Object "{name}" within itself through a series of non-null '
                        f'fields: "{value.name}".',
                        value.at,
                    )
                    return
                if name not in seen:
                    seen.add(name)
                    todo.append(name)

    def _implements(self, definition: TypeDef, name: str) -> None:
        interface = self.types.get(name)
        if interface is None:
            self.complain(f"Unknown type {name}", definition.at)
            return
        if interface.kind is not Kind.INTERFACE:
            label = {Kind.OBJECT: "ObjectType", Kind.UNION: "UnionType"}.get(interface.kind, interface.kind.value)
            self.complain(f"Cannot implement non-interface type {name} (of type {label})", definition.at)
            return
        if name == definition.name:
            self.complain(f"Type {name} cannot implement itself.", definition.at)
            return
        for inherited in interface.interfaces:
            if inherited not in definition.interfaces and inherited != definition.name:
                self.complain(
                    f"Type {definition.name} must implement {inherited} because it is implemented by {name}.",
                    definition.at,
                )
        for expected in interface.fields.values():
            self._implemented(definition, interface, expected)

    def _implemented(self, definition: TypeDef, interface: TypeDef, expected: Field) -> None:
        label, own = f"{interface.name}.{expected.name}", f"{definition.name}.{expected.name}"
        field = definition.fields.get(expected.name)
        if field is None:
            message = f"Interface field {label} expected but {definition.name} does not provide it."
            self.complain(message, definition.at)
            return
        if not self.is_subtype(expected.type, field.type):
            self.complain(
                f"Interface field {label} expects type {expected.type} but {own} of type {field.type} is not a "
                "proper subtype.",
                field.at,
            )
        for argument in expected.args.values():
            given = field.args.get(argument.name)
            if given is None:
                self.complain(
                    f"Interface field argument {label}({argument.name}:) expected but {own} does not provide it.",
                    field.at,
                )
            elif given.type != argument.type:
                self.complain(
                    f"Interface field argument {label}({argument.name}:) expects type {argument.type} but "
                    f"{own}({argument.name}:) is type {given.type}.",
                    given.at,
                )
        for argument in field.args.values():
            required = isinstance(argument.type, NonNull) and argument.default is None
            contextual = any(d.spec == "fromContext" for d in argument.directives)
            if argument.name not in expected.args and required and not contextual:
                self.complain(
                    f"Field {own} includes required argument {argument.name} that is missing from the Interface "
                    f"field {label}.",
                    argument.at,
                )

    def is_subtype(self, of: TypeRef, candidate: TypeRef) -> bool:
        """Whether the candidate may stand where the other type is expected."""
        if of == candidate:
            return True
        if isinstance(candidate, NonNull):
            return self.is_subtype(of.of if isinstance(of, NonNull) else of, candidate.of)
        if isinstance(of, ListOf) and isinstance(candidate, ListOf):
            return self.is_subtype(of.of, candidate.of)
        if isinstance(of, Named) and isinstance(candidate, Named):
            above, below = self.types.get(of.name), self.types.get(candidate.name)
            return (below is not None and of.name in below.interfaces) or (
                above is not None and candidate.name in above.members
            )
        return False
