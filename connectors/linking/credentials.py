"""Which credential reads an account: the worker's own, or this Gigway's for all of them.

worker's   oauth2, token                           the account's tokens, in a header or a body
Gigway's   clientCredentials                       one token per process, renewed before it expires
           platformToken, awsSigV4                 the registration itself
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from connectors.accounts.tokens import AccountTokens
from connectors.environment import ClientRegistration, Environment
from connectors.linking.oauth_client import LinkRefusedError, PlatformOAuthClient
from connectors.schema import Connector
from connectors.schema.definition import (
    AwsSigV4Linking,
    ClientCredentialsLinking,
    Linking,
    OAuth2Linking,
    PlatformTokenLinking,
)
from connectors.transport import AccountCredential, BodyCredential, Credential, Upstream, UpstreamUnavailableError
from connectors.transport.aws_signature import AwsCredential, AwsKey
from connectors.transport.permit import WorkerAct

_LEEWAY = timedelta(seconds=30)


class Platforms(Protocol):
    """The live connectors."""

    def connector(self, name: str) -> Connector | None:
        """Return a live connector."""
        ...

    def upstream(self, name: str) -> Upstream:
        """Return the way to a live connector's platform."""
        ...


class CredentialDesk:
    """Makes the credentials of requests. Satisfies what the account keeper asks for."""

    def __init__(self, platforms: Platforms, environment: Environment, *, clock: Callable[[], datetime]) -> None:
        self._platforms = platforms
        self._environment = environment
        self._clock = clock
        self._own: dict[str, AccountTokens] = {}
        self._renewing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def reads_as_gigway(self, platform: str) -> bool:
        """Whether one credential of this Gigway reads all accounts of a platform."""
        return self._linking(platform).reads_as_gigway

    async def credential(self, platform: str, account_id: str, tokens: AccountTokens) -> AccountCredential:
        """Return what proves requests for an account. Raises `UpstreamError`, also when Gigway is not registered."""
        linking = self._linking(platform)
        if not linking.reads_as_gigway:
            return _placed(linking, account_id, tokens.access_token)
        registration = self.registration(platform)
        if registration is None:
            raise UpstreamUnavailableError("This Gigway is not registered at the platform.")
        match linking.method:
            case ClientCredentialsLinking():
                return _placed(linking, account_id, await self._own_token(platform))
            case PlatformTokenLinking():
                return _placed(linking, account_id, registration.client_secret or "")
            case AwsSigV4Linking(region=region, service=service):
                key = AwsKey(
                    access_key_id=registration.client_id,
                    secret_access_key=registration.client_secret or "",
                    region=region,
                    service=service,
                )
                return AwsCredential(account_id=account_id, key=key, clock=self._clock)
            case _:
                raise AssertionError(linking.method)

    def renew(self, platform: str) -> None:
        """The platform refused Gigway's own token: ask for a new one next time."""
        self._own.pop(platform, None)

    def registration(self, platform: str) -> ClientRegistration | None:
        """Return as whom Gigway may read; None when it is not registered, or when the holder has not agreed."""
        found = self._environment.registration(platform)
        if found is None or (self._linking(platform).holder is not None and not found.agreed_by):
            return None
        return found

    def client(self, platform: str) -> PlatformOAuthClient | None:
        """Return Gigway as a client of a platform's authorization server; None when it is not registered there."""
        method, registration = self._linking(platform).method, self.registration(platform)
        if not isinstance(method, OAuth2Linking | ClientCredentialsLinking) or registration is None:
            return None
        return PlatformOAuthClient(
            platform, method, registration, self._environment, self._platforms.upstream(platform)
        )

    async def _own_token(self, platform: str) -> str:
        async with self._renewing[platform]:
            tokens = self._own.get(platform)
            if tokens is None or (tokens.expires_at is not None and tokens.expires_at - _LEEWAY <= self._clock()):
                tokens = self._own[platform] = await self._ask(platform)
        return tokens.access_token

    async def _ask(self, platform: str) -> AccountTokens:
        client = self.client(platform)
        assert client is not None
        act = WorkerAct()  # it reads nothing of any worker's
        try:
            return AccountTokens.from_response(await client.own_token(permit=act), now=self._clock())
        except (LinkRefusedError, ValueError):
            raise UpstreamUnavailableError("The platform gives this Gigway no token.") from None
        finally:
            act.end()

    def _linking(self, platform: str) -> Linking:
        connector = self._platforms.connector(platform)
        if connector is None:
            raise UpstreamUnavailableError("This platform is not live.")
        return connector.definition.linking


def _placed(linking: Linking, account_id: str, value: str) -> AccountCredential:
    if linking.body is not None:
        return BodyCredential(account_id=account_id, member=linking.body, value=value)
    return Credential(account_id=account_id, header=linking.header, value=linking.prefix + value)
