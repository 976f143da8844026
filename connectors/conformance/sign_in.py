"""An account to run the checks with: a sandbox persona that signs in by OAuth."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import aiohttp

from connectors.accounts.tokens import AccountTokens
from connectors.environment import Environment
from connectors.linking.identity import Identifier
from connectors.linking.oauth_client import PlatformOAuthClient
from connectors.runtime.linked import LinkedCredential
from connectors.schema import Connector
from connectors.schema.definition import OAuth2Linking
from connectors.transport import Credential, Permit, Upstream, UpstreamMalformedError, UpstreamUnauthorizedError
from connectors.transport.permit import WorkerAct

_REDIRECT = "http://127.0.0.1/conformance/callback"
ACCOUNT_ID = "acct_conformance"


class SignInError(Exception):
    """The persona could not sign in; the message says where it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAccount:
    """An account in the platform's own sandbox, as the platform's engineer gives it for a run."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class OneAccount:
    """`Credentials` of the one account that is checked; remembers whether it was rejected."""

    header: str
    prefix: str
    tokens: AccountTokens = field(repr=False)
    rejected: bool = False

    async def acquire(
        self, account_id: str, platform: str, *, permit: Permit, deadline: float | None
    ) -> LinkedCredential:
        """Return the account's credential."""
        if account_id != ACCOUNT_ID:
            raise UpstreamUnauthorizedError("This account is not linked.")
        return LinkedCredential(
            credential=Credential(
                account_id=account_id, header=self.header, value=self.prefix + self.tokens.access_token
            ),
            facts=self.tokens.facts,
            version=1,
        )

    async def reject(self, account_id: str, version: int) -> None:
        """Remember the rejection."""
        self.rejected = True


def oauth_client(connector: Connector, environment: Environment, upstream: Upstream) -> PlatformOAuthClient | None:
    """Return the platform's authorization server; None without OAuth 2, or without a registration there."""
    method, registration = connector.definition.linking.method, environment.registration(connector.name)
    if not isinstance(method, OAuth2Linking) or registration is None:
        return None
    return PlatformOAuthClient(connector.name, method, registration, environment, upstream)


async def sign_in(
    connector: Connector, environment: Environment, upstream: Upstream, persona: str, *, now: datetime
) -> AccountTokens:
    """Return a persona's tokens with the facts of its account. Raises `SignInError`, `UpstreamError`."""
    client = oauth_client(connector, environment, upstream)
    if client is None:
        raise SignInError("only OAuth 2 with a registration can be signed in to by itself")
    request = client.begin(_REDIRECT)
    answer = await _consent(request.url, persona)
    if answer.get("state") != request.state or "code" not in answer:
        raise SignInError(f"the platform answered {answer.get('error', 'without a code')}")
    permit = WorkerAct()
    try:
        token = await client.redeem(answer["code"], verifier=request.verifier, redirect_uri=_REDIRECT, permit=permit)
        tokens = AccountTokens.from_response(token, now=now)
    except ValueError:
        raise UpstreamMalformedError("The token response has no access token.") from None
    finally:
        permit.end()
    return await with_facts(connector, environment, upstream, tokens, now=now)


async def with_facts(
    connector: Connector, environment: Environment, upstream: Upstream, tokens: AccountTokens, *, now: datetime
) -> AccountTokens:
    """Return the tokens with what the identity requests tell of their account. Raises `UpstreamError`."""
    linking, name = connector.definition.linking, connector.name
    credential = Credential(account_id=ACCOUNT_ID, header=linking.header, value=linking.prefix + tokens.access_token)
    identifier = Identifier(connector.definition, upstream, origin=environment.origin(name), clock=lambda: now)
    permit = WorkerAct()
    try:
        _, facts = await identifier.identify(credential, permit=permit, config=environment.config.get(name, {}))
    finally:
        permit.end()
    return replace(tokens, facts=facts)


async def _consent(url: str, persona: str) -> Mapping[str, str]:
    """Say yes on the sandbox's authorization page; return what it sends back."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data={"persona": persona}, allow_redirects=False) as response,
    ):
        location = response.headers.get("location")
        if location is None:
            raise SignInError(f"the authorization page answered {response.status}")
        query: dict[str, Any] = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        return query
