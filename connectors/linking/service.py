"""The steps of linking and unlinking, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from connectors.accounts.store import AccountStore, AccountView, ForeignAccountError
from connectors.accounts.tokens import AccountTokens
from connectors.environment import Environment
from connectors.linking.attempts import AttemptStore
from connectors.linking.identity import Identifier
from connectors.linking.oauth_client import LinkRefusedError, PlatformOAuthClient
from connectors.schema import Connector
from connectors.schema.definition import ClientCredentialsLinking, OAuth2Linking, TakeoutLinking, TokenLinking
from connectors.takeout import TakeoutError, TakeoutStore, unpack
from connectors.transport import Credential, Permit, Upstream, UpstreamError
from connectors.transport.permit import WorkerAct

ProblemCode = Literal[
    "PLATFORM_UNKNOWN",
    "NOT_REGISTERED",
    "ATTEMPT_UNKNOWN",
    "REFUSED_BY_WORKER",
    "REFUSED_BY_PLATFORM",
    "PLATFORM_FAILED",
    "LINKED_TO_ANOTHER_WORKER",
    "VALUE_MISSING",
    "UPLOAD_REFUSED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProblem:
    """Why linking went no further: a code, and what the worker reads."""

    code: ProblemCode
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Send the worker's browser to the platform."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The account is linked; `return_to` is where the worker came from."""

    account: AccountView
    return_to: str | None


class Platforms(Protocol):
    """The live connectors."""

    def connector(self, name: str) -> Connector | None:
        """Return a live connector."""
        ...

    def upstream(self, name: str) -> Upstream:
        """Return the way to a live connector's platform."""
        ...


class Drained(Protocol):
    """How the wait for readers of a closed account went."""

    @property
    def status(self) -> Literal["confirmed", "stopping"]:
        """`stopping`: a process that reads the account is neither done nor proven dead."""
        ...


Drain = Callable[[str], Awaitable[Drained]]
"""Waits until nothing reads an account any more, after it was closed."""


class LinkingService:
    """Links and unlinks accounts; `drain` waits, after unlinking, until nothing reads the account any more."""

    def __init__(
        self,
        platforms: Platforms,
        environment: Environment,
        accounts: AccountStore,
        attempts: AttemptStore,
        *,
        takeouts: TakeoutStore,
        clock: Callable[[], datetime],
        drain: Drain,
    ) -> None:
        self._platforms = platforms
        self._environment = environment
        self._accounts = accounts
        self._attempts = attempts
        self._takeouts = takeouts
        self._clock = clock
        self._drain = drain

    def connector(self, platform: str) -> Connector | None:
        """Return the live connector of a platform."""
        return self._platforms.connector(platform)

    async def begin(
        self, platform: str, *, worker_id: str, redirect_uri: str, return_to: str | None
    ) -> Redirect | LinkProblem:
        """Start linking by OAuth: remember the attempt, and say where to send the worker."""
        client = self._client(platform)
        if isinstance(client, LinkProblem):
            return client
        request = client.begin(redirect_uri)
        await asyncio.to_thread(
            self._attempts.keep,
            request.state,
            worker_id=worker_id,
            platform=platform,
            verifier=request.verifier,
            return_to=return_to,
        )
        return Redirect(url=request.url)

    async def finish(
        self, platform: str, query: Mapping[str, str], *, worker_id: str, redirect_uri: str
    ) -> Linked | LinkProblem:
        """Handle the platform's answer: redeem the code, find out whose account it is, store it."""
        client = self._client(platform)
        if isinstance(client, LinkProblem):
            return client
        attempt = await asyncio.to_thread(
            self._attempts.redeem, query.get("state", ""), worker_id=worker_id, platform=platform
        )
        if attempt is None:
            return LinkProblem(
                code="ATTEMPT_UNKNOWN", message="This link was not begun here, or too long ago. Please start again."
            )
        if "code" not in query:
            denied = query.get("error") == "access_denied"
            return LinkProblem(
                code="REFUSED_BY_WORKER" if denied else "REFUSED_BY_PLATFORM",
                message="You did not allow it, so nothing was linked." if denied else "The platform refused.",
            )
        return await self._store(
            platform,
            lambda permit: client.redeem(
                query["code"], verifier=attempt.verifier, redirect_uri=redirect_uri, permit=permit
            ),
            worker_id=worker_id,
            given={},
            return_to=attempt.return_to,
        )

    async def finish_with_value(
        self, platform: str, value: str, *, worker_id: str, return_to: str | None
    ) -> Linked | LinkProblem:
        """Link with what the worker typed in: a token, or a reference for platforms read with our own token."""
        connector = self._platforms.connector(platform)
        if connector is None:
            return _unknown()
        if not value:
            return LinkProblem(code="VALUE_MISSING", message="Please fill in the field.")
        method = connector.definition.linking.method
        if isinstance(method, TokenLinking):

            async def typed(permit: Permit) -> Mapping[str, Any]:
                return {"access_token": value}

            return await self._store(platform, typed, worker_id=worker_id, given={}, return_to=return_to)
        client = self._client(platform)
        if isinstance(client, LinkProblem):
            return client
        return await self._store(
            platform,
            lambda permit: client.own_token(permit=permit),
            worker_id=worker_id,
            given={"claim": value},
            return_to=return_to,
        )

    async def finish_with_upload(
        self, platform: str, upload: bytes, file_name: str, *, worker_id: str, return_to: str | None
    ) -> Linked | LinkProblem:
        """Link by the worker's own export; a later one replaces it."""
        connector = self._platforms.connector(platform)
        method = connector.definition.linking.method if connector is not None else None
        if not isinstance(method, TakeoutLinking):
            return _unknown()
        if not upload:
            return LinkProblem(code="VALUE_MISSING", message="Please choose the file.")

        def store() -> AccountView:
            unpacked = unpack(upload, file_name, method.files)
            return self._accounts.link(
                worker_id=worker_id,
                platform=platform,
                reference=f"worker:{worker_id}",
                tokens=AccountTokens(access_token="none"),
                also=lambda connection, account_id: self._takeouts.keep(connection, account_id, unpacked),
            )

        try:
            account = await asyncio.to_thread(store)
        except TakeoutError as error:
            return LinkProblem(code="UPLOAD_REFUSED", message=error.message)
        return Linked(account=account, return_to=return_to)

    async def unlink(self, account_id: str, *, worker_id: str) -> Drained | None:
        """Unlink an account of this worker: close it, delete its credential, wait for its readers.

        Its token is revoked at the platform if the platform can be reached. None when there is no such account.
        """
        known = await asyncio.to_thread(self._accounts.by_ids, [account_id])
        tokens = await asyncio.to_thread(self._accounts.unlink, account_id, worker_id=worker_id)
        if not known or tokens is None:
            return None
        drained = await self._drain(account_id)
        client = self._client(known[0].platform)
        if not isinstance(client, LinkProblem):
            act = WorkerAct()
            with suppress(UpstreamError, LinkRefusedError):
                await client.revoke(tokens.refresh_token or tokens.access_token, permit=act)
            act.end()
        return drained

    async def refresh(self, platform: str, refresh_token: str, *, permit: Permit) -> Mapping[str, Any]:
        """Return the token response for a refresh token; see `connectors.accounts.keeper.Refresher`."""
        client = self._client(platform)
        if isinstance(client, LinkProblem):
            raise UpstreamError(client.message)
        return await client.refresh(refresh_token, permit=permit)

    def placement(self, platform: str) -> tuple[str, str]:
        """Return where a platform wants the credential; see `connectors.accounts.keeper.Placement`."""
        connector = self._platforms.connector(platform)
        if connector is None:
            raise UpstreamError("This platform is not live.")
        return connector.definition.linking.header, connector.definition.linking.prefix

    async def _store(
        self,
        platform: str,
        fetch: Callable[[Permit], Awaitable[Mapping[str, Any]]],
        *,
        worker_id: str,
        given: Mapping[str, Any],
        return_to: str | None,
    ) -> Linked | LinkProblem:
        act = WorkerAct()
        try:
            response = await fetch(act)
            tokens = AccountTokens.from_response(response, now=self._clock())
            reference, facts = await self._identify(platform, tokens, act, given)
            tokens = AccountTokens(
                access_token=tokens.access_token,
                refresh_token=tokens.refresh_token,
                expires_at=tokens.expires_at,
                facts=facts,
            )
            account = await asyncio.to_thread(
                self._accounts.link, worker_id=worker_id, platform=platform, reference=reference, tokens=tokens
            )
        except LinkRefusedError:
            return LinkProblem(code="REFUSED_BY_PLATFORM", message="The platform refused. Please start again.")
        except ForeignAccountError:
            return LinkProblem(
                code="LINKED_TO_ANOTHER_WORKER", message="Somebody else has linked this account already."
            )
        except (UpstreamError, ValueError):
            return LinkProblem(
                code="PLATFORM_FAILED", message="The platform did not answer as expected. Please try again later."
            )
        finally:
            act.end()
        return Linked(account=account, return_to=return_to)

    async def _identify(
        self, platform: str, tokens: AccountTokens, permit: Permit, given: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]]:
        connector = self._platforms.connector(platform)
        assert connector is not None
        linking = connector.definition.linking
        identifier = Identifier(
            connector.definition,
            self._platforms.upstream(platform),
            origin=self._environment.origin(platform),
            clock=self._clock,
        )
        credential = Credential(
            account_id=f"linking:{platform}", header=linking.header, value=linking.prefix + tokens.access_token
        )
        return await identifier.identify(
            credential, permit=permit, config=self._environment.config.get(platform, {}), given=given
        )

    def _client(self, platform: str) -> PlatformOAuthClient | LinkProblem:
        connector = self._platforms.connector(platform)
        if connector is None:
            return _unknown()
        method = connector.definition.linking.method
        registration = self._environment.registration(platform)
        if not isinstance(method, OAuth2Linking | ClientCredentialsLinking) or registration is None:
            return LinkProblem(
                code="NOT_REGISTERED", message="This Gigway is not registered at the platform, so it cannot link."
            )
        return PlatformOAuthClient(
            platform, method, registration, self._environment, self._platforms.upstream(platform)
        )


def _unknown() -> LinkProblem:
    return LinkProblem(code="PLATFORM_UNKNOWN", message="There is no such platform here.")
