"""An account to run the checks with: a sandbox persona that signs in by OAuth, or whom Gigway's credential reads."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from connectors.accounts.tokens import AccountTokens
from connectors.environment import Environment
from connectors.linking.credentials import CredentialDesk
from connectors.linking.identity import Identifier
from connectors.linking.proving import OWN_TOKENS
from connectors.runtime.linked import LinkedCredential
from connectors.schema import Connector
from connectors.schema.definition import EmailProof
from connectors.transport import Permit, Upstream, UpstreamMalformedError, UpstreamUnauthorizedError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePlatform:
    """The platform that is checked, as the credential desk looks it up."""

    live: Connector
    way: Upstream

    def connector(self, name: str) -> Connector | None:
        """Return the connector."""
        return self.live if name == self.live.name else None

    def upstream(self, name: str) -> Upstream:
        """Return the way to the platform."""
        return self.way


@dataclass(slots=True)
class OneAccount:
    """`Credentials` of the one account that is checked; remembers whether it was rejected."""

    desk: CredentialDesk
    tokens: AccountTokens = field(repr=False)
    rejected: bool = False

    async def acquire(
        self, account_id: str, platform: str, *, permit: Permit, deadline: float | None
    ) -> LinkedCredential:
        """Return the account's credential."""
        if account_id != ACCOUNT_ID:
            raise UpstreamUnauthorizedError("This account is not linked.")
        return LinkedCredential(
            credential=await self.desk.credential(platform, ACCOUNT_ID, self.tokens),
            facts=self.tokens.facts,
            version=1,
            renew=(lambda: self.desk.renew(platform)) if self.desk.reads_as_gigway(platform) else None,
        )

    async def reject(self, account_id: str, version: int) -> None:
        """Remember the rejection."""
        self.rejected = True


def desk_of(connector: Connector, environment: Environment, upstream: Upstream) -> CredentialDesk:
    """Return what makes the credentials of one platform's requests."""
    return CredentialDesk(OnePlatform(live=connector, way=upstream), environment, clock=lambda: datetime.now(UTC))


async def sign_in(
    connector: Connector, environment: Environment, upstream: Upstream, persona: str, *, now: datetime
) -> AccountTokens:
    """Return a persona's tokens with the facts of its account. Raises `SignInError`, `UpstreamError`.

    Where Gigway's own credential reads, the persona is looked up without the proof that a worker has to give.
    """
    if connector.definition.linking.reads_as_gigway:
        given = {"claim": await _claim(connector, environment, persona)}
        return await with_facts(connector, environment, upstream, OWN_TOKENS, now=now, given=given)
    client = desk_of(connector, environment, upstream).client(connector.name)
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
    connector: Connector,
    environment: Environment,
    upstream: Upstream,
    tokens: AccountTokens,
    *,
    now: datetime,
    given: Mapping[str, Any] | None = None,
) -> AccountTokens:
    """Return the tokens with what the identity requests tell of their account. Raises `UpstreamError`."""
    name = connector.name
    credential = await desk_of(connector, environment, upstream).credential(name, ACCOUNT_ID, tokens)
    identifier = Identifier(connector.definition, upstream, origin=environment.origin(name), clock=lambda: now)
    permit = WorkerAct()
    try:
        _, facts = await identifier.identify(
            credential, permit=permit, config=environment.config.get(name, {}), given=given
        )
    finally:
        permit.end()
    return replace(tokens, facts=facts)


async def _claim(connector: Connector, environment: Environment, persona: str) -> str:
    """What the persona would type in: their address, or the id by which the sandbox's platform knows them."""
    if isinstance(connector.definition.linking.proof, EmailProof) or not environment.is_simulated(connector.name):
        return persona
    address = f"{environment.sandbox_url}/control/state"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        personas = (await response.json())["platforms"][connector.name]["personas"]
    ids: Mapping[str, str] = next((each["ids"] for each in personas if each["login"] == persona), {})
    if not ids:
        raise SignInError(f"{persona} has no id here")
    return str(next(iter(ids.values())))


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
