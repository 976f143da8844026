"""The page of platforms, a table and a section for each, made from the catalogue.

python -m connectors.catalogue.matrix > docs/platforms.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from connectors.catalogue import built_in
from connectors.catalogue.sections import platform_section
from connectors.directory import categories_of
from connectors.schema import Connector
from connectors.schema.definition import (
    AwsSigV4Linking,
    ClientCredentialsLinking,
    Definition,
    EmailProof,
    Linking,
    OAuth2Linking,
    PlatformTokenLinking,
    TakeoutLinking,
    TokenLinking,
)
from connectors.schema.vocabulary import CATEGORY_OF_FIELD

__all__ = ["platform_matrix"]

_HEAD = """# Platforms

Made from `connectors/catalogue` by `python -m connectors.catalogue.matrix`; a test fails when it is stale.

`DOCUMENTED`: the platform documents the interface.
`OBSERVED`: seen in third-party material.
`TAKEOUT`: the worker's own export.
`HYPOTHETICAL`: an assumption; nothing public supports the shape, and there is nothing to call today.

Kinds of work are mapped to ESCO.
Where a platform has a list of them, to occupations, which are named below.
Where it tells of work in words of its own (titles, categories, skills), these lead to ESCO skills (`docs/skills.md`).

| Platform | Name | Fidelity | Linking | Upstream | Paging | Categories | Own fields |
|---|---|---|---|---|---|---|---|
"""


def platform_matrix(connectors: Iterable[Connector]) -> str:
    """Return the page, by the platforms' names for people."""
    rows = sorted(connectors, key=lambda connector: connector.definition.platform.display_name.casefold())
    table = "".join(f"| {' | '.join(_cells(connector))} |\n" for connector in rows)
    return "\n".join([_HEAD + table, *map(platform_section, rows)])


def _cells(connector: Connector) -> list[str]:
    definition = connector.definition
    platform = definition.platform
    return [
        platform.display_name,
        f"`{platform.name}`",
        platform.fidelity,
        _linking(definition),
        _upstream(definition),
        _paging(definition),
        ", ".join(categories_of(connector)),
        _own_fields(definition) or "–",
    ]


def _linking(definition: Definition) -> str:
    match definition.linking.method:
        case OAuth2Linking(pkce=pkce, scopes=scopes):
            asked = (
                f", scopes {' '.join(f'`{scope}`' for scope in scopes)}" if scopes else ", scopes set at the platform"
            )
            return ("OAuth 2 with PKCE" if pkce else "OAuth 2") + asked
        case ClientCredentialsLinking():
            return "client credentials of Gigway, " + _proof(definition.linking)
        case PlatformTokenLinking():
            return "a token of the platform for Gigway, " + _proof(definition.linking)
        case AwsSigV4Linking():
            return "requests signed by Gigway (AWS SigV4), " + _proof(definition.linking)
        case TokenLinking():
            return "token"
        case TakeoutLinking(files=files):
            return "upload: " + ", ".join(f"`{file.pattern}`" for file in files)


def _proof(linking: Linking) -> str:
    by = "a code by mail" if isinstance(linking.proof, EmailProof) else "a code by message there"
    agreed = f", {linking.holder[:1].lower()}{linking.holder[1:]} agrees too" if linking.holder is not None else ""
    return f"the worker proves theirs by {by}{agreed}"


def _upstream(definition: Definition) -> str:
    kinds = {"federation subgraph"} if definition.remote is not None else set()
    for connect in definition.connects:
        endpoint = connect.endpoint
        if endpoint.file is not None:
            kinds.add("files")
        elif endpoint.document is not None:
            kinds.add("GraphQL")
        else:
            kinds.add(f"REST, {endpoint.format.kind}")
    return ", ".join(sorted(kinds))


def _paging(definition: Definition) -> str:
    found = []
    for connect in definition.connects:
        if connect.paging is not None:
            words = connect.paging.style.replace("_", " ").lower()
            window = f" in windows of {connect.paging.window.days} days" if connect.paging.window else ""
            found.append(f"{words} ({connect.paging.size}){window}")
    return "; ".join(dict.fromkeys(found)) or "none"


def _own_fields(definition: Definition) -> str:
    own = definition.fetched_fields - definition.lists - CATEGORY_OF_FIELD.keys() - {"payments", "terms"}
    return ", ".join(f"`{field}`" for field in sorted(own))


if __name__ == "__main__":
    sys.stdout.write(platform_matrix(built_in()))
