"""The spec files as syntax trees, and the names in them that the code speaks of."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    InterfaceTypeDefinitionNode,
    Source,
    TypeDefinitionNode,
    parse,
)

ACCOUNT_INTERFACE: Final = "PlatformAccount"

FEDERATION_URL: Final = "https://specs.apollo.dev/federation/v2.9"
GIGWAY_URL: Final = "https://specs.gigway.example/gigway/v1.0"
CONNECTOR_URL: Final = "https://specs.gigway.example/connector/v1.0"
CANONICAL_URL: Final = "https://specs.gigway.example/canonical/v1.0"
CONNECT_URL: Final = "https://specs.apollo.dev/connect/v0.3"

CATEGORY_OF_FIELD: Final = {
    "profile": "profile",
    "engagements": "engagements",
    "ratings": "ratings",
    "earnings": "earnings",
    "credentials": "credentials",
    "experience": "experience",
    "evidence": "skills",
    "paidWork": "earnings",
}
"""The category of each canonical account field."""

HIDDEN_FIELDS: Final = frozenset({"evidence", "paidWork"})
"""Those that are in no client's schema."""

CATEGORIES: Final = frozenset(CATEGORY_OF_FIELD.values()) | {"reviews", "location"}
"""The categories that a field of a connector may stand under."""


@cache
def spec(name: str) -> DocumentNode:
    """Return the spec file `name` (`canonical`, `connect`, `federation`, `gigway`), parsed."""
    text = files("connectors").joinpath("spec", f"{name}.graphql").read_text(encoding="utf-8")
    return parse(Source(text, f"spec/{name}.graphql"))


RUNTIME_DIRECTIVES: Final = frozenset(
    node.name.value
    for name in ("connect", "gigway")
    for node in spec(name).definitions
    if isinstance(node, DirectiveDefinitionNode)
)
"""Directives that the runtime reads and that no composed subgraph carries."""


@cache
def canonical_types() -> dict[str, TypeDefinitionNode]:
    """Return the canonical types by name."""
    return {node.name.value: node for node in spec("canonical").definitions if isinstance(node, TypeDefinitionNode)}


@cache
def account_interface() -> InterfaceTypeDefinitionNode:
    """Return the canonical interface of accounts."""
    node = canonical_types()[ACCOUNT_INTERFACE]
    assert isinstance(node, InterfaceTypeDefinitionNode)
    return node


@cache
def reserved_types() -> frozenset[str]:
    """Return every type name that belongs to a spec."""
    return frozenset(
        node.name.value
        for name in ("canonical", "connect", "federation", "gigway")
        for node in spec(name).definitions
        if isinstance(node, TypeDefinitionNode)
    )


@cache
def reserved_directives() -> frozenset[str]:
    """Return every directive name that belongs to a spec."""
    return frozenset(
        node.name.value
        for name in ("canonical", "connect", "federation", "gigway")
        for node in spec(name).definitions
        if isinstance(node, DirectiveDefinitionNode)
    )
