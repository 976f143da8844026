"""The ways of linking, from the arguments of `@linking` to values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.schema.definition import (
    AwsSigV4Linking,
    ClientCredentialsLinking,
    LinkingMethod,
    OAuth2Linking,
    PlatformTokenLinking,
    Search,
    TakeoutFile,
    TakeoutLinking,
    TokenLinking,
)

Values = Mapping[str, Any]


def search_of(values: Values | None) -> Search | None:
    """Return what `search` of an identity request says."""
    if values is None:
        return None
    return Search(size=values["size"], most=values["most"], records=values["records"])


def linking_method(kind: str, values: Values) -> LinkingMethod:
    """Return the way that `@linking(<kind>: <values>)` is."""
    match kind:
        case "oauth2":
            return OAuth2Linking(
                authorization_endpoint=values["authorizationEndpoint"],
                token_endpoint=values["tokenEndpoint"],
                revocation_endpoint=values.get("revocationEndpoint"),
                scopes=tuple(values["scopes"]),
                pkce=values["pkce"],
                client_authentication=values["clientAuthentication"],
                parameters=tuple((pair["name"], pair["value"]) for pair in values["parameters"]),
            )
        case "clientCredentials":
            return ClientCredentialsLinking(
                token_endpoint=values["tokenEndpoint"],
                scopes=tuple(values["scopes"]),
                client_authentication=values["clientAuthentication"],
                reference=values["reference"],
            )
        case "platformToken":
            return PlatformTokenLinking(reference=values["reference"])
        case "awsSigV4":
            return AwsSigV4Linking(region=values["region"], service=values["service"], reference=values["reference"])
        case "takeout":
            return TakeoutLinking(
                instructions=values["instructions"],
                files=tuple(
                    TakeoutFile(
                        name=each["name"],
                        pattern=each["pattern"],
                        is_csv=each["format"] == "CSV",
                        required=each["required"],
                    )
                    for each in values["files"]
                ),
            )
        case _:
            return TokenLinking(label=values["label"])
