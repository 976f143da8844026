"""From a parsed SDL document to a `Schema`.

Definitions and extensions of one type are folded into one `TypeDef`. Anything that makes the
document no schema at all (a name defined twice, an unparsable text) comes back as a `Flaw`; what
the schema then says wrongly is for the validation stage to find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    Node,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
)

from .model import (
    ROOTS,
    Applied,
    At,
    DirectiveDef,
    EnumValue,
    Field,
    InputValue,
    Kind,
    Schema,
    TypeDef,
)
from .typeref import type_ref

_KINDS = {
    "scalar_type": Kind.SCALAR,
    "object_type": Kind.OBJECT,
    "interface_type": Kind.INTERFACE,
    "union_type": Kind.UNION,
    "enum_type": Kind.ENUM,
    "input_object_type": Kind.INPUT,
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that keeps the document from being a schema, as GraphQL tools word it."""

    message: str
    at: At | None


@dataclass(frozen=True, slots=True)
class Built:
    """The schema and the flaws found while folding it."""

    schema: Schema
    flaws: tuple[Flaw, ...]


def position(node: Node) -> At | None:
    """Where a parsed node starts."""
    loc = node.loc
    return None if loc is None else At(loc.start_token.line, loc.start_token.column)


def applied(nodes: Iterable[DirectiveNode] | None, specs: Mapping[str, str], block: int = 0) -> tuple[Applied, ...]:
    """The directive applications of a node; `specs` gives the specified name for a local one."""
    return tuple(
        Applied(
            name=d.name.value,
            args={a.name.value: a.value for a in d.arguments or ()},
            spec=specs.get(d.name.value, ""),
            block=block,
            at=position(d),
        )
        for d in nodes or ()
    )


def input_value(node: InputValueDefinitionNode, specs: Mapping[str, str]) -> InputValue:
    """An argument or input field from its node."""
    return InputValue(
        name=node.name.value,
        type=type_ref(node.type),
        default=node.default_value,
        directives=applied(node.directives, specs),
        description=node.description.value if node.description else None,
        at=position(node),
    )


def directive_def(node: DirectiveDefinitionNode, specs: Mapping[str, str]) -> DirectiveDef:
    """A directive definition from its node."""
    return DirectiveDef(
        name=node.name.value,
        args={a.name.value: input_value(a, specs) for a in node.arguments or ()},
        locations=tuple(location.value for location in node.locations),
        repeatable=node.repeatable,
        description=node.description.value if node.description else None,
        at=position(node),
    )


def build_schema(document: DocumentNode, specs: Mapping[str, str]) -> Built:
    """Fold a document into a schema, with the flaws met on the way.

    `specs` maps local directive names to the names in their specifications.
    """
    return _Builder(specs).build(document)


_T = TypeVar("_T", Field, InputValue, EnumValue)


class _Builder:
    def __init__(self, specs: Mapping[str, str]) -> None:
        self.specs = specs
        self.types: dict[str, TypeDef] = {}
        self.directives: dict[str, DirectiveDef] = {}
        self.roots: dict[str, str] = {}
        self.applied: list[Applied] = []
        self.flaws: list[Flaw] = []
        self.blocks: dict[str, int] = {}
        self.description: str | None = None
        self.has_schema = False

    def build(self, document: DocumentNode) -> Built:
        definitions = sorted(document.definitions, key=lambda n: isinstance(n, TypeExtensionNode))
        schema_blocks = 0
        for node in definitions:
            match node:
                case SchemaDefinitionNode() | SchemaExtensionNode():
                    self._schema(node, schema_blocks)
                    schema_blocks += 1
                case DirectiveDefinitionNode():
                    definition = directive_def(node, self.specs)
                    if definition.name in self.directives:
                        self._flaw(f'There can be only one directive named "@{definition.name}".', node)
                    self._unique_args(f"@{definition.name}", node.arguments)
                    self.directives[definition.name] = definition
                case TypeDefinitionNode() | TypeExtensionNode():
                    self._type(node)
                case _:
                    self._flaw(f"The {_node_label(node)} definition is not executable in a schema.", node)
        if not self.has_schema:
            for operation in ROOTS:
                name = operation.capitalize()
                if operation not in self.roots and name in self.types:
                    self.roots[operation] = name
        schema = Schema(
            types=self.types,
            directives=self.directives,
            roots=self.roots,
            applied=tuple(self.applied),
            description=self.description,
        )
        return Built(schema, tuple(self.flaws))

    def _flaw(self, message: str, node: Node) -> None:
        self.flaws.append(Flaw(message, position(node)))

    def _schema(self, node: SchemaDefinitionNode | SchemaExtensionNode, block: int) -> None:
        if isinstance(node, SchemaDefinitionNode):
            if self.has_schema:
                self._flaw("Must provide only one schema definition.", node)
            self.has_schema = True
            self.description = node.description.value if node.description else None
        self.applied.extend(applied(node.directives, self.specs, block))
        for operation in node.operation_types or ():
            key = operation.operation.value
            if key in self.roots:
                self._flaw(f"There can be only one {key} type in schema.", operation)
            self.roots[key] = operation.type.name.value

    def _type(self, node: TypeDefinitionNode | TypeExtensionNode) -> None:
        name = node.name.value
        extension = isinstance(node, TypeExtensionNode)
        kind = _KINDS[node.kind.removesuffix("_definition").removesuffix("_extension")]
        previous = self.types.get(name)
        if previous is not None and not extension:
            self._flaw(f'There can be only one type named "{name}".', node)
            return
        if previous is not None and previous.kind is not kind:
            self._flaw(f'Cannot extend non-{_label(kind)} type "{name}".', node)
            return
        block = 0
        if extension:
            block = self.blocks[name] = self.blocks.get(name, 0) + 1
        target = previous or TypeDef(
            name=name,
            kind=kind,
            description=None if extension else _description(node),
            defined=not extension,
            at=position(node),
        )
        self.types[name] = replace(
            target,
            extended=target.extended or extension,
            directives=target.directives + applied(node.directives, self.specs, block),
            interfaces=self._interfaces(target, node),
            fields=self._fields(target, node, block),
            inputs=self._inputs(target, node),
            members=self._members(target, node),
            values=self._values(target, node),
        )

    def _interfaces(self, target: TypeDef, node: Node) -> tuple[str, ...]:
        names = [n.name.value for n in getattr(node, "interfaces", None) or ()]
        for name in names:
            if name in target.interfaces or names.count(name) > 1:
                self._flaw(f"Type {target.name} can only implement {name} once.", node)
        return target.interfaces + tuple(n for n in dict.fromkeys(names) if n not in target.interfaces)

    def _fields(self, target: TypeDef, node: Node, block: int) -> dict[str, Field]:
        if target.kind not in (Kind.OBJECT, Kind.INTERFACE):
            return {}
        nodes: Sequence[FieldDefinitionNode] = getattr(node, "fields", None) or ()
        fields = dict(target.fields)
        for item in nodes:
            self._unique_args(f"{target.name}.{item.name.value}", item.arguments)
            self._add(
                fields,
                item,
                target,
                lambda n: Field(
                    name=n.name.value,
                    type=type_ref(n.type),
                    args={a.name.value: input_value(a, self.specs) for a in n.arguments or ()},
                    directives=applied(n.directives, self.specs),
                    description=n.description.value if n.description else None,
                    block=block,
                    at=position(n),
                ),
            )
        return fields

    def _inputs(self, target: TypeDef, node: Node) -> dict[str, InputValue]:
        if target.kind is not Kind.INPUT:
            return {}
        inputs = dict(target.inputs)
        for item in getattr(node, "fields", None) or ():
            self._add(inputs, item, target, lambda n: input_value(n, self.specs))
        return inputs

    def _values(self, target: TypeDef, node: Node) -> dict[str, EnumValue]:
        if target.kind is not Kind.ENUM:
            return {}
        values = dict(target.values)
        nodes: Sequence[EnumValueDefinitionNode] = getattr(node, "values", None) or ()
        for item in nodes:
            if item.name.value in values:
                self._flaw(f'Enum value "{target.name}.{item.name.value}" can only be defined once.', item)
                continue
            values[item.name.value] = EnumValue(
                name=item.name.value,
                directives=applied(item.directives, self.specs),
                description=item.description.value if item.description else None,
                at=position(item),
            )
        return values

    def _members(self, target: TypeDef, node: Node) -> tuple[str, ...]:
        if target.kind is not Kind.UNION:
            return ()
        names = [n.name.value for n in getattr(node, "types", None) or ()]
        for name in dict.fromkeys(names):
            if name in target.members or names.count(name) > 1:
                self._flaw(f"Union type {target.name} can only include type {name} once.", node)
        return target.members + tuple(n for n in dict.fromkeys(names) if n not in target.members)

    def _add(
        self,
        into: dict[str, _T],
        node: FieldDefinitionNode | InputValueDefinitionNode,
        target: TypeDef,
        make: Callable[..., _T],
    ) -> None:
        name = node.name.value
        if name in into:
            self._flaw(f'Field "{target.name}.{name}" can only be defined once.', node)
            return
        into[name] = make(node)

    def _unique_args(self, coordinate: str, nodes: Iterable[InputValueDefinitionNode] | None) -> None:
        seen: set[str] = set()
        for node in nodes or ():
            if node.name.value in seen:
                message = f'Argument "{coordinate}({node.name.value}:)" can only be defined once.'
                self._flaw(message, node)
            seen.add(node.name.value)


def _label(kind: Kind) -> str:
    return "input object" if kind is Kind.INPUT else kind.value.lower()


def _node_label(node: Node) -> str:
    return node.kind.removesuffix("_definition").replace("_", " ")


def _description(node: Node) -> str | None:
    description = getattr(node, "description", None)
    return description.value if description else None
