"""The variables that a connector's mappings and templates may use, and parsing with them."""

from __future__ import annotations

from connectors.mapping import Selection, parse_selection

REQUEST_VARIABLES = frozenset({"$page", "$account", "$each", "$config"})
"""What is known before a request is made. Not `$args`: what a reader asked for is in `$page`, and one request may
serve several fields."""

RESPONSE_VARIABLES = REQUEST_VARIABLES | {"$status", "$response"}
"""What is known when its response is there."""


def parse_mapping(text: str) -> Selection:
    """Parse a mapping of a response. Raises `MappingError`."""
    return parse_selection(text, variables=RESPONSE_VARIABLES)


def parse_request_mapping(text: str) -> Selection:
    """Parse a mapping that builds a body or a query, before there is a response. Raises `MappingError`."""
    return parse_selection(text, variables=REQUEST_VARIABLES, has_body=False)
