"""From an access token to a session: who asks, for what purpose, with which static scopes.

No `Authorization` header makes an anonymous session, which sees what is public.
A header that proves nothing is refused as RFC 6750 says; it never falls back to anonymous.
"""

from __future__ import annotations

from consent.oauth.access import AccessTokens, TokenRefused
from gateway.server.http_request import Refused
from gateway.server.session import RequestSession

_CODES = {"invalid_token": "INVALID_TOKEN", "invalid_request": "INVALID_REQUEST"}


class Authenticator:
    """Makes a session for each request. Nothing is remembered between requests."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    async def __call__(self, authorization: str | None, request_id: str) -> RequestSession | Refused:
        """Return the session for an `Authorization` header, or the refusal to answer with."""
        if authorization is None:
            return RequestSession(request_id=request_id)
        token = await self._tokens.authenticate(authorization)
        if isinstance(token, TokenRefused):
            return Refused(
                status=token.status,
                code=_CODES.get(token.error, "UNAUTHENTICATED"),
                message=token.description,
                headers=((b"www-authenticate", token.challenge.encode()),),
            )
        return RequestSession(
            request_id=request_id,
            kind="actor",
            actor_id=token.actor_id,
            client_id=token.client_id,
            purpose=token.purpose,
            grant_id=token.grant_id,
            scopes=token.scopes,
            token_ref=token.token_ref,
        )
