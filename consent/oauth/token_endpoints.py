"""Revocation (RFC 7009) and introspection (RFC 7662) on Authlib's endpoint classes.

Revoking an access token ends that token; revoking a refresh token ends all tokens of its family. The grant stays:
a client that loses its tokens has not lost the worker's consent, and only the worker or grant management ends that.
A client may introspect its own tokens alone; to any other, they are inactive.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from consent.oauth.clients import AUTH_METHODS, RegisteredClient
from consent.oauth.tokens import StoredToken, find_token, revoke_token


class RevokeToken(RevocationEndpoint):  # type: ignore[misc]  # Authlib is untyped
    """`/oauth/revoke`: 200 for one's own token and for one that never was; another client's is not touched."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def check_params(self, request: Any, client: Any) -> None:
        """Want a token. An unknown hint is ignored: it is only a hint (RFC 7009 §2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> StoredToken | None:
        """Return the token whatever its kind: the prefix tells, no hint is needed."""
        return find_token(self.server.connection, token_string, now=self.server.now)

    def revoke_token(self, token: StoredToken, request: Any) -> None:
        """End the token, or its whole family when it is a refresh token."""
        revoke_token(self.server.connection, token, now=self.server.now)


class IntrospectToken(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib is untyped
    """`/oauth/introspect`: what a live token says, with `authorization_details` (RFC 9396 §9.2)."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def check_params(self, request: Any, client: Any) -> None:
        """Want a token; ignore hints."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> StoredToken | None:
        """Return the token whatever its kind."""
        return find_token(self.server.connection, token_string, now=self.server.now)

    def check_permission(self, token: StoredToken, client: RegisteredClient, request: Any) -> bool:
        """Whether `client` may know: its own tokens only."""
        return token.check_client(client)

    def introspect_token(self, token: StoredToken) -> dict[str, Any]:
        """Describe a live token."""
        settings = self.server.settings
        described: dict[str, Any] = {
            "active": True,
            "client_id": token.client_id,
            "token_type": _type_of(token),
            "scope": token.get_scope(),
            "iss": settings.issuer,
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
            "authorization_details": list(token.authorization_details),
        }
        if token.dpop_jkt is not None:
            described["cnf"] = {"jkt": token.dpop_jkt}
        if token.grant_id is not None and token.worker_id is not None and token.actor_id is not None:
            described["grant_id"] = token.grant_id
            described["sub"] = settings.seal(token.worker_id, token.actor_id)
        return described


def _type_of(token: StoredToken) -> str:
    if token.kind == "refresh":
        return "refresh_token"
    return "Bearer" if token.dpop_jkt is None else "DPoP"
