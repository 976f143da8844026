"""What clients can discover: the authorization server (RFC 8414) and the protected resource (RFC 9728)."""

from __future__ import annotations

from typing import Any

from consent.oauth.clients import AUTH_METHODS, GRANT_TYPES
from consent.oauth.details import DETAILS_TYPE, MANAGEMENT_SCOPES, scopes_of
from consent.oauth.settings import OAuthSettings
from consent.oauth.signed_jwt import ALGORITHMS
from consent.vocabulary import CATEGORIES


def server_metadata(settings: OAuthSettings) -> dict[str, Any]:
    """Return the authorization server's metadata: exactly what is implemented."""
    return {
        "issuer": settings.issuer,
        "authorization_endpoint": settings.url("/oauth/authorize"),
        "token_endpoint": settings.url("/oauth/token"),
        "registration_endpoint": settings.url("/oauth/register"),
        "revocation_endpoint": settings.url("/oauth/revoke"),
        "introspection_endpoint": settings.url("/oauth/introspect"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
        **{
            f"{endpoint}_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS)
            for endpoint in ("token", "revocation", "introspection")
        },
        "pushed_authorization_request_endpoint": settings.url("/oauth/par"),
        "require_pushed_authorization_requests": False,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "grant_management_endpoint": settings.url("/oauth/grants"),
        "grant_management_actions_supported": ["create", "query", "replace", "revoke"],
        "grant_management_action_required": False,
        "authorization_details_types_supported": [DETAILS_TYPE],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": [*_scopes(), *sorted(MANAGEMENT_SCOPES)],
    }


def resource_metadata(settings: OAuthSettings) -> dict[str, Any]:
    """Return the metadata of the GraphQL endpoint as a protected resource."""
    return {
        "resource": settings.resource,
        "resource_name": "Gigway",
        "authorization_servers": [settings.issuer],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": _scopes(),
        "authorization_details_types_supported": [DETAILS_TYPE],
    }


def _scopes() -> list[str]:
    return scopes_of(term.id for term in CATEGORIES.values() if not term.forbidden)
