"""A remote subgraph's own SDL, held against what it would be asked for."""

from __future__ import annotations

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    get_named_type,
    parse,
)

from connectors.runtime.remote.document import asked_fields
from connectors.schema.definition import Definition
from connectors.transport import UpstreamMalformedError


def missing_fields(sdl: str, definition: Definition, account: GraphQLObjectType) -> list[str]:
    """Return the coordinates that a query may ask for and that `sdl` does not have, in order of appearance.

    Raises `UpstreamMalformedError` for an SDL that does not parse.
    """
    remote = definition.remote
    assert remote is not None
    try:
        document = parse(sdl, no_location=True)
    except GraphQLError:
        raise UpstreamMalformedError("The SDL that the platform's subgraph gives does not parse.") from None
    served: dict[str, set[str]] = {}
    for node in document.definitions:
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeDefinitionNode):
            served.setdefault(node.name.value, set()).update(field.name.value for field in node.fields or ())
    missing: list[str] = []
    waiting, seen = [account], {account.name}
    while waiting:
        kind = waiting.pop(0)
        names = sorted(remote.fields | {"id"}) if kind is account else asked_fields(kind, None, remote.omits)
        for name in names:
            if name not in served.get(kind.name, ()):
                missing.append(f"{kind.name}.{name}")
                continue
            below = get_named_type(kind.fields[name].type)
            if isinstance(below, GraphQLObjectType) and below.name not in seen:
                seen.add(below.name)
                waiting.append(below)
    return missing
