"""A matching actor's client: tokens by client credentials and by code with PKCE, and GraphQL queries."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import orjson


class ActorError(Exception):
    """The authorization server or the gateway did not answer as a client may expect."""


class ActorClient:
    """One matching actor. Its secret is sent by HTTP Basic authentication only."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._secret = client_secret
        self.redirect_uri = redirect_uri
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the client."""
        await self._client.close()

    async def own_token(self, purpose: str, *, scope: str = "") -> str:
        """Return an access token of the actor's own, for one purpose (client credentials)."""
        details = orjson.dumps([{"type": "gig_data", "purpose": purpose}]).decode()
        form = {"grant_type": "client_credentials", "authorization_details": details}
        answer = await self._token({**form, "scope": scope} if scope else form)
        return str(answer["access_token"])

    def ask(self, details: dict[str, Any]) -> tuple[str, str, str]:
        """Return the address to send the worker to, the state, and the PKCE verifier to keep."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self.redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "authorization_details": orjson.dumps([details]).decode(),
        }
        return f"{self.issuer}/oauth/authorize?{urlencode(query)}", state, verifier

    async def redeem(self, callback: str, state: str, verifier: str) -> dict[str, Any]:
        """Return the token response for the address that the worker came back to."""
        answer = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
        if answer.get("state") != state or answer.get("iss") != self.issuer:
            raise ActorError("the answer has another state or issuer")
        if "code" not in answer:
            raise ActorError(f"no code: {answer.get('error')}")
        return await self._token(
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": self.redirect_uri,
                "code_verifier": verifier,
            }
        )

    async def query(self, token: str, query: str, variables: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
        """Send a query; returns the status, the answer, and the `WWW-Authenticate` header."""
        async with self._client.post(
            f"{self.issuer}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}", "Accept": "application/graphql-response+json"},
        ) as response:
            answer = orjson.loads(await response.read())
            return response.status, answer, response.headers.get("WWW-Authenticate", "")

    async def _token(self, form: dict[str, str]) -> dict[str, Any]:
        async with self._client.post(
            f"{self.issuer}/oauth/token",
            data=form,
            headers={"Authorization": aiohttp.encode_basic_auth(self._client_id, self._secret)},
        ) as response:
            answer: dict[str, Any] = orjson.loads(await response.read())
            if response.status != 200:
                raise ActorError(f"{response.status} {answer.get('error')}: {answer.get('error_description')}")
            return answer
