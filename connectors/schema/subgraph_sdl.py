"""Prints the federation subgraph that a connector is composed as: canonical types, its own types, no runtime."""

from __future__ import annotations

from graphql import DefinitionNode, DocumentNode, ObjectTypeDefinitionNode, print_ast

from connectors.schema.document import ConnectorDocument
from connectors.schema.vocabulary import FEDERATION_URL, GIGWAY_URL, RUNTIME_DIRECTIVES, spec

_HEAD = f"""extend schema
  @link(
    url: "{FEDERATION_URL}"
    import: ["@key", "@shareable", "@inaccessible", "@requiresScopes", "@tag", "@composeDirective"]
  )
  @link(url: "{GIGWAY_URL}", import: ["@pairwise"])
  @composeDirective(name: "@pairwise")

directive @pairwise on FIELD_DEFINITION | ARGUMENT_DEFINITION
"""


def subgraph_sdl(document: ConnectorDocument) -> str:
    """Return the subgraph's SDL. The same document always gives the same bytes."""
    definitions = (*spec("canonical").definitions, *(_stripped(node) for node in document.own))
    return _HEAD + "\n" + print_ast(DocumentNode(definitions=definitions)) + "\n"


def _stripped(node: DefinitionNode) -> DefinitionNode:
    if not isinstance(node, ObjectTypeDefinitionNode):
        return node
    return ObjectTypeDefinitionNode(
        description=node.description,
        name=node.name,
        interfaces=node.interfaces,
        directives=tuple(item for item in node.directives or () if item.name.value not in RUNTIME_DIRECTIVES),
        fields=node.fields,
        loc=node.loc,
    )
