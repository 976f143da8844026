"""What a platform is asked for: a GraphQL document without the fields, and a query without the optional parts, that
this call does not need.

    fields of the call ─► what each mapping must make ─► the paths that it reads ─┬► the document with those only
      (`needs`)                                                                   └► the `@expand`s that bring those

What a connector writes is the most that is ever asked for. Where it is not certain that a field goes unused (fragments
by name, values used whole), it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from connectors.mapping import Selection
from connectors.mapping.shape import PRESENCE
from connectors.runtime.field_tree import Tree, frozen
from connectors.schema.definition import Connect, Expansion, Source
from connectors.schema.variables import parse_mapping

_MOST_DOCUMENTS = 500
_IS_THERE = SelectionSetNode(selections=(FieldNode(name=NameNode(value=PRESENCE)),))


@dataclass(slots=True)
class GraphQLDocuments:
    """The documents of one GraphQL endpoint, one per set of needs."""

    text: str
    selection: Selection
    always: frozenset[tuple[str, ...]]
    _pruned: dict[Any, str] = field(default_factory=dict)

    def needed(self, tree: Tree) -> str:
        """Return the document with what a mapping pruned to `tree` reads, and what paging and envelope read."""
        key = frozen(tree)
        if key not in self._pruned:
            if len(self._pruned) >= _MOST_DOCUMENTS:
                self._pruned.clear()
            self._pruned[key] = prune_document(self.text, self.selection.pruned(tree).input_paths() | self.always)
        return self._pruned[key]


def documents_of(connect: Connect, source: Source, selection: Selection) -> GraphQLDocuments | None:
    """Return the documents of a connect; None when it is no GraphQL endpoint."""
    if connect.endpoint.document is None:
        return None
    return GraphQLDocuments(text=connect.endpoint.document, selection=selection, always=_always(connect, source))


def expansions_of(connect: Connect, source: Source, selection: Selection) -> Expansions | None:
    """Return the optional parts of a connect's answers; None when it has none."""
    if not connect.expansions:
        return None
    return Expansions(expansions=connect.expansions, selection=selection, always=_always(connect, source))


def _always(connect: Connect, source: Source) -> frozenset[tuple[str, ...]]:
    """Return the paths of an answer that envelope and paging read, whatever is asked for."""
    paging = connect.paging
    texts = [source.is_error, source.is_unauthorized, source.is_forbidden, source.is_throttled, source.is_unavailable,
             source.retry_after, source.is_absent, source.is_success, connect.endpoint.is_success]  # fmt: skip
    if paging is not None:
        texts += [paging.total, paging.pages, paging.records, paging.next]
    return frozenset().union(*(parse_mapping(text).input_paths() for text in texts if text is not None))


@dataclass(slots=True)
class Expansions:
    """The query parameters of one endpoint that bring more, one answer per set of needs."""

    expansions: tuple[Expansion, ...]
    selection: Selection
    always: frozenset[tuple[str, ...]]
    _asked: dict[Any, dict[str, str]] = field(default_factory=dict)

    def needed(self, tree: Tree) -> Mapping[str, str]:
        """Return the parameters that bring what a mapping pruned to `tree` reads, and what paging and envelope read."""
        key = frozen(tree)
        if key not in self._asked:
            if len(self._asked) >= _MOST_DOCUMENTS:
                self._asked.clear()
            reads = self.selection.pruned(tree).input_paths() | self.always
            found: dict[str, list[str]] = {}
            for each in self.expansions:
                if any(_meet(("$", *path), read) for path in each.brings for read in reads):
                    found.setdefault(each.parameter, []).append(each.value)
            self._asked[key] = {name: ",".join(dict.fromkeys(values)) for name, values in found.items()}
        return self._asked[key]


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a path leads to another, or through it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def prune_document(text: str, paths: Iterable[tuple[str, ...]]) -> str:
    """Return a document with the fields on these paths of its answer (`("$", "data", "viewer", "login")`)."""
    wanted: Tree = {}
    for path in sorted(paths, key=len, reverse=True):
        if path in (("$",), ("$", "data")):
            return text
        if path[:2] == ("$", "data"):
            _add(wanted, path[2:])
    document = parse(text, no_location=True)
    if _has_spreads(document):
        return text
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1:
        return text
    pruned = _selected(operations[0].selection_set, wanted)
    if pruned is None:
        return text
    operation = operations[0]
    used = _variables(pruned) | {name for each in operation.directives or () for name in _variables(each)}
    kept = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        directives=operation.directives,
        selection_set=pruned,
        variable_definitions=tuple(
            each for each in operation.variable_definitions or () if each.variable.name.value in used
        ),
    )
    return print_ast(DocumentNode(definitions=(kept,)))


def _add(tree: Tree, path: tuple[str, ...]) -> None:
    """Add a path; a path that ends keeps everything below it."""
    if len(path) == 1:
        tree[path[0]] = None
        return
    inner = tree.setdefault(path[0], {})
    if inner is not None:
        _add(inner, path[1:])


def _selected(selections: SelectionSetNode, wanted: Tree) -> SelectionSetNode | None:
    kept: list[SelectionNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            key = node.alias.value if node.alias is not None else node.name.value
            if node.name.value == "__typename":
                kept.append(node)
            elif key in wanted:
                inner = wanted[key]
                if node.selection_set is None or inner is None:
                    kept.append(node)
                else:
                    # An object of which nothing is read matters all the same: it is there, or it is null.
                    kept.append(_with(node, _selected(node.selection_set, inner) or _IS_THERE))
        elif isinstance(node, InlineFragmentNode):
            within = _selected(node.selection_set, wanted)
            if within is not None:
                kept.append(
                    InlineFragmentNode(
                        type_condition=node.type_condition, directives=node.directives, selection_set=within
                    )
                )
    return SelectionSetNode(selections=tuple(kept)) if kept else None


def _with(node: FieldNode, selections: SelectionSetNode) -> FieldNode:
    return FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=node.arguments,
        directives=node.directives,
        selection_set=selections,
    )


def _has_spreads(document: DocumentNode) -> bool:
    return any(isinstance(node, FragmentSpreadNode) for node in _nodes(document))


def _variables(root: Node) -> set[str]:
    return {node.name.value for node in _nodes(root) if isinstance(node, VariableNode)}


def _nodes(root: Node) -> list[Node]:
    found: list[Node] = []

    class _All(Visitor):
        def enter(self, node: Node, *_: Any) -> None:
            found.append(node)

    visit(root, _All())
    return found
