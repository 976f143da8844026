"""What is asked of a remote subgraph: fields of one account, each under an alias, as one GraphQL document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, get_named_type

from connectors.runtime.field_tree import Tree
from connectors.runtime.missing import ANYTHING, Supply
from connectors.schema.mapping_rules import is_completed

Json = Any

_DEEPEST = 8


@dataclass(slots=True)
class Wanted:
    """A field of the account with its arguments; `tree` is what is wanted below it, None for a leaf."""

    name: str
    arguments: Mapping[str, Json]
    tree: Tree | None


def document_of(
    account: GraphQLObjectType, wanted: Mapping[str, Wanted], omits: frozenset[str]
) -> tuple[str, dict[str, Json]]:
    """Return a document that asks for `wanted` by alias, and its variables but the representations."""
    declared, variables, fields = ["$representations: [_Any!]!"], {}, []
    for alias, each in wanted.items():
        field = account.fields[each.name]
        passed = []
        for name, value in each.arguments.items():
            if value is not None:
                declared.append(f"${alias}_{name}: {field.args[name].type}")
                variables[f"{alias}_{name}"] = value
                passed.append(f"{name}: ${alias}_{name}")
        arguments = f"({', '.join(passed)})" if passed else ""
        fields.append(f"{alias}: {each.name}{arguments}{selection_of(field.type, each.tree, omits)}")
    text = (
        f"query GigwayAccount({', '.join(declared)}) {{ _entities(representations: $representations) "
        f"{{ __typename ... on {account.name} {{ id {' '.join(fields)} }} }} }}"
    )
    return text, variables


def selection_of(kind: GraphQLOutputType, tree: Tree | None, omits: frozenset[str], depth: int = 0) -> str:
    """Return the selection set below a field; empty for a leaf."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return ""
    parts: list[str] = []
    for name in asked_fields(named, tree, omits):
        below = tree.get(name) if tree is not None else None
        field = named.fields[name]
        if isinstance(get_named_type(field.type), GraphQLObjectType) and below is None and depth >= _DEEPEST:
            continue
        parts.append(name + selection_of(field.type, below, omits, depth + 1))
    return f" {{ {' '.join(parts or ['__typename'])} }}"


def asked_fields(kind: GraphQLObjectType, tree: Tree | None, omits: frozenset[str]) -> Sequence[str]:
    """Return the fields of `kind` that the platform is asked for, where `tree` is wanted of it: not those that the
    runtime fills in, and not `omits`.
    """
    names = [name for name in (kind.fields if tree is None else tree) if name in kind.fields]
    return [name for name in names if not is_completed(kind.name, name) and f"{kind.name}.{name}" not in omits]


def supply_of_type(kind: GraphQLOutputType, omits: frozenset[str], depth: int = 0) -> Supply:
    """Return what the subgraph can give below a field of this type: all but what it says that it does not have."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType) or depth >= _DEEPEST:
        return ANYTHING
    fields = named.fields
    return Supply(
        fields={name: supply_of_type(fields[name].type, omits, depth + 1) for name in asked_fields(named, None, omits)}
    )
