"""From an access token to a session: who asks, for what purpose, with which static scopes.

Bearer tokens (RFC 6750) and sender-constrained ones (DPoP, RFC 9449) are told apart by the scheme.

No `Authorization` header makes an anonymous session, which sees what is public.
A header that proves nothing is refused as RFC 6750 says; it never falls back to anonymous.
"""

from __future__ import annotations

from consent.oauth.access import AccessTokens, TokenRefused
from consent.oauth.dpop import Presented
from gateway.server.http_request import Credentials, Refused
from gateway.server.session import RequestSession

_CODES = {"invalid_token": "INVALID_TOKEN", "invalid_request": "INVALID_REQUEST"}


class Authenticator:
    """Makes a session for each request to `resource`. Nothing is remembered between requests."""

    def __init__(self, tokens: AccessTokens, resource: str) -> None:
        self._tokens = tokens
        self._resource = resource

    async def __call__(self, credentials: Credentials, request_id: str) -> RequestSession | Refused:
        """Return the session for a request's credentials, or the refusal to answer with."""
        if credentials.authorization is None:
            return RequestSession(request_id=request_id)
        presented = Presented(proofs=credentials.proofs, method=credentials.method, url=self._resource)
        token = await self._tokens.authenticate(credentials.authorization, presented)
        if isinstance(token, TokenRefused):
            return _refused(token)
        return RequestSession(
            request_id=request_id,
            kind=token.kind,
            actor_id=token.actor_id,
            client_id=token.client_id,
            purpose=token.purpose,
            grant_id=token.grant_id,
            scopes=token.scopes,
            token_ref=token.token_ref,
            platform=token.platform,
            role=token.role,
            max_cost=token.max_cost,
            cost_per_minute=token.cost_per_minute,
        )


def _refused(token: TokenRefused) -> Refused:
    headers = [(b"www-authenticate", token.challenge.encode())]
    if token.dpop_nonce is not None:
        headers.append((b"dpop-nonce", token.dpop_nonce.encode()))
    return Refused(
        status=token.status,
        code=_CODES.get(token.error, "UNAUTHENTICATED"),
        message=token.description,
        headers=tuple(headers),
    )
