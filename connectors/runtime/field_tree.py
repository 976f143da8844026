"""What a selection asks for, as a tree of field names, and what computed fields need beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

Tree = dict[str, "Tree | None"]
"""Field names with what is wanted below them; None for a leaf, or for everything below."""

_NEEDS: Final[Mapping[str, Tree]] = {
    "normalized": {"value": None, "scheme": {"min": None, "max": None, "higherIsBetter": None}},
    "meters": {"native": None, "nativeUnit": None},
    "occupation": {"work": None},
}
"""Canonical fields that the runtime computes, with the mapped fields that they are computed from."""


def wanted(
    selections: Iterable[SelectionSetNode | None],
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> Tree:
    """Return the fields that selection sets of one object ask for, `@skip` and `@include` applied."""
    tree: Tree = {}
    for selection_set in selections:
        if selection_set is not None:
            _collect(selection_set, fragments, variables, tree)
    return tree


def with_needs(tree: Tree) -> Tree:
    """Return the tree with what its computed fields need added."""
    grown: Tree = {name: None if inner is None else with_needs(inner) for name, inner in tree.items()}
    for name in tree:
        if name in _NEEDS:
            merge(grown, _NEEDS[name])
    return grown


def merge(into: Tree, other: Mapping[str, Tree | None]) -> None:
    """Add the fields of `other`; where either wants everything, everything is wanted."""
    for name, inner in other.items():
        if inner is None:
            into[name] = None
        elif (present := into.setdefault(name, {})) is not None:
            merge(present, inner)


def below(tree: Tree, *names: str) -> Tree:
    """Return what is wanted at a path of names; nothing where the path is not."""
    inner: Tree | None = tree
    for name in names:
        inner = inner.get(name) if inner is not None else None
    return inner or {}


def frozen(tree: Mapping[str, Tree | None] | None) -> Any:
    """Return a hashable value that equal trees share."""
    return None if tree is None else tuple(sorted((name, frozen(inner)) for name, inner in tree.items()))


def _collect(
    selection_set: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
    tree: Tree,
) -> None:
    for node in selection_set.selections:
        if not _is_included(node, variables):
            continue
        if isinstance(node, FieldNode):
            below: Tree | None = None
            if node.selection_set is not None:
                below = {}
                _collect(node.selection_set, fragments, variables, below)
            merge(tree, {node.name.value: below})
        elif isinstance(node, InlineFragmentNode):
            _collect(node.selection_set, fragments, variables, tree)
        elif isinstance(node, FragmentSpreadNode):
            _collect(fragments[node.name.value].selection_set, fragments, variables, tree)


def _is_included(node: SelectionNode, variables: Mapping[str, Any]) -> bool:
    for directive in node.directives or ():
        name = directive.name.value
        if name in ("skip", "include") and directive.arguments:
            value = directive.arguments[0].value
            holds = variables.get(value.name.value) if isinstance(value, VariableNode) else _literal(value)
            if bool(holds) is (name == "skip"):
                return False
    return True


def _literal(node: ValueNode) -> bool:
    return isinstance(node, BooleanValueNode) and node.value
