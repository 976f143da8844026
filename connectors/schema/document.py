"""A connector's file as a syntax tree, with the canonical types injected and the account type completed.

A file declares one account type, `type <Prefix>Account implements PlatformAccount @key(fields: "id")`, with the
connector's own fields. The canonical fields may be left out; they are added with their scopes. Where they are
written, they must be what they would have been.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    Node,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    ValuesOfCorrectTypeRule,
    build_ast_schema,
    parse,
    parse_const_value,
    print_ast,
    validate,
)
from graphql.language import ConstArgumentNode, ConstDirectiveNode, NameNode
from graphql.validation.validate import validate_sdl

from connectors.schema.apollo_parts import with_hint
from connectors.schema.link_rules import link_problems
from connectors.schema.problem import SdlProblem, find_directive, placed, problem_at
from connectors.schema.vocabulary import ACCOUNT_INTERFACE, CATEGORY_OF_FIELD, account_interface, spec


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorDocument:
    """A parsed file.

    `own` are the file's own definitions, `schema_directives` those on its schema extension, `account` its account
    type with all canonical fields, `schema` everything (specs included) as a schema to look types up in.
    """

    own: tuple[DefinitionNode, ...]
    schema_directives: tuple[DirectiveNode, ...]
    account: ObjectTypeDefinitionNode
    written: ObjectTypeDefinitionNode
    schema: GraphQLSchema

    def place(self, name: str, argument: str | None = None, value: str | None = None) -> Node:
        """Return where the directive `name` stands, that whose `argument` is `value`; else the account type."""
        directives = (*self.schema_directives, *(self.account.directives or ()))
        return find_directive(directives, name, argument, value) or self.written


def read_document(sdl: str) -> ConnectorDocument | list[SdlProblem]:
    """Parse `sdl` and complete it, or return why that cannot be done."""
    try:
        document = parse(sdl)
    except GraphQLSyntaxError as error:
        at = error.locations[0] if error.locations else None
        return [
            SdlProblem(
                line=at.line if at else 0, column=at.column if at else 0, code="INVALID_GRAPHQL", message=error.message
            )
        ]
    own = tuple(node for node in document.definitions if not isinstance(node, SchemaExtensionNode))
    schema_nodes = [
        node for node in document.definitions if isinstance(node, SchemaExtensionNode | SchemaDefinitionNode)
    ]
    schema_directives = tuple(directive for node in schema_nodes for directive in node.directives or ())
    if links := list(link_problems(schema_directives)):
        return links
    accounts = [node for node in own if isinstance(node, ObjectTypeDefinitionNode) and _is_account(node)]
    if len(accounts) != 1:
        what = "none" if not accounts else "more than one"
        return [
            problem_at(
                accounts[1] if accounts else document.definitions[0],
                "ACCOUNT_TYPE_COUNT",
                f"A connector has one type that implements {ACCOUNT_INTERFACE}; this has {what}.",
            )
        ]
    written = accounts[0]
    account = complete_account(written)
    definitions = tuple(account if node is written else node for node in own)
    merged = DocumentNode(
        definitions=tuple(
            node for name in ("federation", "connect", "gigway", "canonical") for node in spec(name).definitions
        )
        + definitions
    )
    problems = list(placed(_sdl_problems(DocumentNode(definitions=(*merged.definitions, *schema_nodes))), written))
    if problems:
        return problems
    schema = build_ast_schema(merged, assume_valid=True, assume_valid_sdl=True)
    problems = [
        problem_at(error.nodes[0] if error.nodes else written, "DIRECTIVE_INVALID", with_hint(error.message))
        for error in validate(schema, DocumentNode(definitions=document.definitions), [ValuesOfCorrectTypeRule])
    ]
    if problems:
        return problems
    return ConnectorDocument(
        own=definitions,
        schema_directives=schema_directives,
        account=account,
        written=written,
        schema=schema,
    )


def complete_account(written: ObjectTypeDefinitionNode) -> ObjectTypeDefinitionNode:
    """Return the account type with the canonical fields that it leaves out, in canonical order before its own."""
    present = {field.name.value: field for field in written.fields or ()}
    canonical = [
        present.pop(field.name.value, canonical_account_field(field)) for field in account_interface().fields or ()
    ]
    return ObjectTypeDefinitionNode(
        description=written.description,
        name=written.name,
        interfaces=written.interfaces,
        directives=written.directives,
        fields=(*canonical, *present.values()),
        loc=written.loc,
    )


def canonical_account_field(field: FieldDefinitionNode) -> FieldDefinitionNode:
    """Return the interface's field as an account type must have it: with exactly its category's scope."""
    category = CATEGORY_OF_FIELD.get(field.name.value)
    if category is None:
        return field
    scopes = ConstDirectiveNode(
        name=NameNode(value="requiresScopes"),
        arguments=(ConstArgumentNode(name=NameNode(value="scopes"), value=parse_const_value(f'[["gig:{category}"]]')),),
    )
    return FieldDefinitionNode(
        description=field.description,
        name=field.name,
        arguments=field.arguments,
        type=field.type,
        directives=(*(field.directives or ()), scopes),
    )


def same_text(left: FieldDefinitionNode, right: FieldDefinitionNode) -> bool:
    """Whether two field definitions say the same, descriptions and order of directives aside."""
    return _essence(left) == _essence(right)


def _essence(field: FieldDefinitionNode) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    return (
        field.name.value,
        tuple(sorted(print_ast(argument) for argument in field.arguments or ())),
        print_ast(field.type),
        tuple(sorted(print_ast(directive) for directive in field.directives or ())),
    )


def _is_account(node: ObjectTypeDefinitionNode) -> bool:
    return any(interface.name.value == ACCOUNT_INTERFACE for interface in node.interfaces or ())


def _sdl_problems(merged: DocumentNode) -> list[SdlProblem]:
    problems = []
    for error in validate_sdl(merged):
        nodes = [node for node in error.nodes or () if node.loc and not node.loc.source.name.startswith("spec/")]
        code = "CANONICAL_TYPE_CHANGED" if "There can be only one" in error.message else "INVALID_GRAPHQL"
        problems.append(problem_at(nodes[-1] if nodes else None, code, with_hint(error.message)))
    return problems
