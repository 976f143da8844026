"""Answers `__schema` and `__type` from the API schema; nothing is fetched for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Visitor,
    execute_sync,
    visit,
)

_ROOTS = frozenset(("__schema", "__type"))


class Introspection:
    """The introspective part of one operation as an operation of its own."""

    __slots__ = ("_document", "_schema", "_without_variables")

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema) -> None:
        self._schema = schema
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        own = replace(operation, selection_set=_only_introspection(operation.selection_set, fragments))
        self._document = DocumentNode(definitions=(own, *fragments.values()))
        self._without_variables: dict[str, Any] | None = None

    def answer(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values by response key. Raises `GraphQLError`."""
        if self._without_variables is not None:
            return self._without_variables
        result = execute_sync(self._schema, self._document, variable_values=dict(variables))
        if result.errors or result.data is None:
            raise GraphQLError("introspection failed")
        if not _uses_variables(self._document):
            self._without_variables = result.data
        return result.data


def _only_introspection(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> SelectionSetNode:
    kept: list[SelectionNode] = []
    for each in selections.selections:
        match each:
            case FieldNode(name=name) if name.value in _ROOTS:
                kept.append(each)
            case InlineFragmentNode():
                kept.append(replace(each, selection_set=_only_introspection(each.selection_set, fragments)))
            case FragmentSpreadNode(name=name):
                definition = fragments[name.value]
                kept.append(
                    InlineFragmentNode(
                        type_condition=definition.type_condition,
                        directives=each.directives,
                        selection_set=_only_introspection(definition.selection_set, fragments),
                    )
                )
            case _:
                pass
    return SelectionSetNode(selections=tuple(kept))


def _uses_variables(document: DocumentNode) -> bool:
    found = False

    class Finder(Visitor):
        """Notes whether any variable is used."""

        def enter_variable_definition(self, *_: object) -> None:
            """A declared variable counts as used."""
            nonlocal found
            found = True

    visit(document, Finder())
    return found
