"""Bounds on operations, checked between parsing and validation: a hostile document costs what it weighs, no more.

Fragments are measured once each and then multiplied, so that nested spreads cannot make the measuring itself explode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.language import Node

from gateway.engine.options import Limits
from gateway.engine.validation import too_much_to_validate
from gateway.errors import GraphQLErrorDict, graphql_error

_INTROSPECTION = frozenset(("__schema", "__type"))
_KINDS = {OperationDefinitionNode: "operation", FragmentDefinitionNode: "fragment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The size of a selection set with all its fragments spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0


_EMPTY = Weight()


def location_of(node: Node) -> tuple[tuple[int, int], ...]:
    """Return line and column where a node starts."""
    token = node.loc.start_token if node.loc else None
    return ((token.line, token.column),) if token else ()


def check_limits(document: DocumentNode, limits: Limits) -> list[GraphQLErrorDict]:
    """Return an error for every bound that an operation of the document, or a fragment that none uses, exceeds."""
    try:
        return _excesses(document, limits)
    except RecursionError:
        return [too_much_to_validate()]


def _excesses(document: DocumentNode, limits: Limits) -> list[GraphQLErrorDict]:
    scale = _Scale(document)
    errors: list[GraphQLErrorDict] = []
    definitions: list[OperationDefinitionNode | FragmentDefinitionNode] = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    definitions += [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    for definition in definitions:
        if isinstance(definition, FragmentDefinitionNode) and scale.has_weighed(definition.name.value):
            continue
        weight = scale.weigh(definition.selection_set)
        directives = weight.directives + len(definition.directives or ())
        roots = 0
        if isinstance(definition, OperationDefinitionNode):
            roots = sum(1 for _ in scale.root_fields(definition.selection_set, limits.root_fields + 1))
        for value, limit, code, what in (
            (weight.depth, limits.depth, "DEPTH_LIMIT_EXCEEDED", "levels deep"),
            (weight.fields, limits.fields, "FIELD_LIMIT_EXCEEDED", "fields"),
            (weight.aliases, limits.aliases, "ALIAS_LIMIT_EXCEEDED", "aliases"),
            (directives, limits.directives, "DIRECTIVE_LIMIT_EXCEEDED", "directives"),
            (roots, limits.root_fields, "ROOT_FIELD_LIMIT_EXCEEDED", "root fields"),
        ):
            if value > limit:
                errors.append(
                    graphql_error(
                        f"The {_KINDS[type(definition)]} exceeds the limit of {limit} {what}.",
                        code,
                        locations=location_of(definition),
                    )
                )
    return errors


class _Scale:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._weights: dict[str, Weight] = {}

    def weigh(self, selections: SelectionSetNode | None) -> Weight:
        depth = fields = aliases = directives = 0
        for selection in selections.selections if selections else ():
            directives += len(selection.directives or ())
            match selection:
                case FieldNode(name=name, alias=alias, selection_set=inner):
                    weight = self.weigh(inner)
                    fields += 1
                    aliases += alias is not None
                    depth = max(depth, 1 + (0 if name.value in _INTROSPECTION else weight.depth))
                case InlineFragmentNode(selection_set=inner):
                    weight = self.weigh(inner)
                    depth = max(depth, weight.depth)
                case FragmentSpreadNode(name=name):
                    weight = self._fragment(name.value)
                    depth = max(depth, weight.depth)
                case _:
                    weight = _EMPTY
            fields += weight.fields
            aliases += weight.aliases
            directives += weight.directives
        return Weight(depth=depth, fields=fields, aliases=aliases, directives=directives)

    def has_weighed(self, name: str) -> bool:
        """Tell whether a fragment is part of what has been weighed."""
        return name in self._weights

    def _fragment(self, name: str) -> Weight:
        known = self._weights.get(name)
        if known is None:
            # A fragment that spreads itself weighs nothing inside itself; validation refuses it afterwards.
            self._weights[name] = _EMPTY
            definition = self._fragments.get(name)
            known = self._weights[name] = self.weigh(definition.selection_set) if definition else _EMPTY
        return known

    def root_fields(self, selections: SelectionSetNode, bound: int) -> Iterator[FieldNode]:
        """Yield the fields of the root, at most `bound` of them, without following a fragment twice."""
        pending = [selections]
        seen: set[str] = set()
        count = 0
        while pending:
            for selection in pending.pop().selections:
                match selection:
                    case FieldNode():
                        count += 1
                        if count > bound:
                            return
                        yield selection
                    case InlineFragmentNode(selection_set=inner):
                        pending.append(inner)
                    case FragmentSpreadNode(name=name) if name.value not in seen:
                        seen.add(name.value)
                        definition = self._fragments.get(name.value)
                        if definition:
                            pending.append(definition.selection_set)
