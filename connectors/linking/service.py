"""The steps of linking and unlinking, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from connectors.accounts.store import AccountStore, AccountView, ForeignAccountError
from connectors.accounts.tokens import AccountTokens
from connectors.environment import Environment
from connectors.linking.attempts import AttemptStore
from connectors.linking.claims import ClaimStore
from connectors.linking.credentials import CredentialDesk, Platforms
from connectors.linking.identity import Identifier, NobodyError
from connectors.linking.oauth_client import LinkRefusedError, PlatformOAuthClient
from connectors.linking.proving import OWN_TOKENS, CodeDelivery, normal_claim
from connectors.pages import Translate, mark
from connectors.schema import Connector
from connectors.schema.definition import EmailProof, TakeoutLinking
from connectors.takeout import TakeoutError, TakeoutStore, unpack
from connectors.transport import Permit, UpstreamError
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
    "HOLDER_NOT_AGREED",
    "TOO_MANY_CODES",
    "WRONG_CODE",
    "CLAIM_UNKNOWN",
    "RECORD_UNKNOWN",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProblem:
    """Why linking went no further: a code, and what the worker reads, where `{name}` stands for one of `values`."""

    code: ProblemCode
    message: str
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, translate: Translate) -> str:
        """Return what the worker reads, in their language; a value that its catalogue knows is translated too."""
        return translate(self.message).format_map({name: translate(value) for name, value in self.values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Send the worker's browser to the platform."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The account is linked; `return_to` is where the worker came from."""

    account: AccountView
    return_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """A code is on its way to whom the claim names; `claim_id` is for the page that asks for it."""

    claim_id: str = field(repr=False)


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
        desk: CredentialDesk,
        claims: ClaimStore,
        delivery: CodeDelivery,
        takeouts: TakeoutStore,
        clock: Callable[[], datetime],
        drain: Drain,
    ) -> None:
        self._platforms = platforms
        self._environment = environment
        self._accounts = accounts
        self._attempts = attempts
        self._desk = desk
        self._claims = claims
        self._delivery = delivery
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
                code="ATTEMPT_UNKNOWN",
                message=mark("This link was not begun here, or too long ago. Please start again."),
            )
        if "code" not in query:
            denied = query.get("error") == "access_denied"
            return LinkProblem(
                code="REFUSED_BY_WORKER" if denied else "REFUSED_BY_PLATFORM",
                message=mark("You did not allow it, so nothing was linked.")
                if denied
                else mark("The platform refused."),
            )

        async def redeemed(permit: Permit) -> AccountTokens:
            response = await client.redeem(
                query["code"], verifier=attempt.verifier, redirect_uri=redirect_uri, permit=permit
            )
            return AccountTokens.from_response(response, now=self._clock())

        return await self._store(
            platform,
            redeemed,
            worker_id=worker_id,
            given={},
            return_to=attempt.return_to,
        )

    async def finish_with_token(
        self, platform: str, token: str, *, worker_id: str, return_to: str | None
    ) -> Linked | LinkProblem:
        """Link with a token that the worker brought."""
        if self._platforms.connector(platform) is None:
            return unknown_platform()
        if not token:
            return LinkProblem(code="VALUE_MISSING", message=mark("Please fill in the field."))

        async def typed(permit: Permit) -> AccountTokens:
            return AccountTokens(access_token=token)

        return await self._store(platform, typed, worker_id=worker_id, given={}, return_to=return_to)

    async def begin_with_claim(
        self, platform: str, value: str, *, worker_id: str, return_to: str | None, translate: Translate
    ) -> CodeSent | LinkProblem:
        """Send a one-time code to whom a worker says they are; what is answered does not tell whether they exist."""
        connector = self._platforms.connector(platform)
        if connector is None:
            return unknown_platform()
        claim = normal_claim(connector, value)
        if claim is None:
            is_mail = isinstance(connector.definition.linking.proof, EmailProof)
            return LinkProblem(
                code="VALUE_MISSING",
                message=mark("Please write your e-mail address.") if is_mail else mark("Please fill in the field."),
            )
        if (problem := self._unready(connector)) is not None:
            return problem
        opened = await asyncio.to_thread(
            self._claims.open, claim, worker_id=worker_id, platform=platform, return_to=return_to
        )
        if isinstance(opened, str):
            return LinkProblem(code="TOO_MANY_CODES", message=mark("Too many codes were sent. Please wait an hour."))
        act = WorkerAct()
        try:
            await self._delivery.deliver(connector, opened, permit=act, translate=translate)
        except UpstreamError:
            return _failed()
        finally:
            act.end()
        return CodeSent(claim_id=opened.id)

    async def finish_with_code(
        self, platform: str, claim_id: str, code: str, *, worker_id: str
    ) -> Linked | LinkProblem:
        """Link what was claimed, now that the code came back."""
        connector = self._platforms.connector(platform)
        if connector is None:
            return unknown_platform()
        proven = await asyncio.to_thread(self._claims.prove, claim_id, code, worker_id=worker_id, platform=platform)
        if proven == "WRONG_CODE":
            return LinkProblem(code="WRONG_CODE", message=mark("This is not the code that was sent."))
        if isinstance(proven, str):
            return LinkProblem(
                code="CLAIM_UNKNOWN", message=mark("The code is too old or was used up. Please start again.")
            )
        if (problem := self._unready(connector)) is not None:
            return problem

        async def own(permit: Permit) -> AccountTokens:
            return OWN_TOKENS

        return await self._store(
            platform, own, worker_id=worker_id, given={"claim": proven.claim}, return_to=proven.return_to
        )

    async def finish_with_upload(
        self, platform: str, upload: bytes, file_name: str, *, worker_id: str, return_to: str | None
    ) -> Linked | LinkProblem:
        """Link by the worker's own export; a later one replaces it."""
        connector = self._platforms.connector(platform)
        method = connector.definition.linking.method if connector is not None else None
        if not isinstance(method, TakeoutLinking):
            return unknown_platform()
        if not upload:
            return LinkProblem(code="VALUE_MISSING", message=mark("Please choose the file."))

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
            return LinkProblem(code="UPLOAD_REFUSED", message=error.message, values=error.values)
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
        if not isinstance(client, LinkProblem) and not self._desk.reads_as_gigway(known[0].platform):
            act = WorkerAct()
            with suppress(UpstreamError, LinkRefusedError):
                await client.revoke(tokens.refresh_token or tokens.access_token, permit=act)
            act.end()
        return drained

    async def refresh(self, platform: str, refresh_token: str, *, permit: Permit) -> Mapping[str, Any]:
        """Return the token response for a refresh token; see `connectors.accounts.keeper.Refresher`."""
        client = self._client(platform)
        if isinstance(client, LinkProblem):
            raise UpstreamError(client.text(str))
        return await client.refresh(refresh_token, permit=permit)

    async def _store(
        self,
        platform: str,
        fetch: Callable[[Permit], Awaitable[AccountTokens]],
        *,
        worker_id: str,
        given: Mapping[str, Any],
        return_to: str | None,
    ) -> Linked | LinkProblem:
        act = WorkerAct()
        try:
            tokens = await fetch(act)
            reference, facts = await self._identify(platform, tokens, act, given)
            tokens = replace(tokens, facts=facts)
            account = await asyncio.to_thread(
                self._accounts.link, worker_id=worker_id, platform=platform, reference=reference, tokens=tokens
            )
        except LinkRefusedError:
            return LinkProblem(code="REFUSED_BY_PLATFORM", message=mark("The platform refused. Please start again."))
        except ForeignAccountError:
            return LinkProblem(
                code="LINKED_TO_ANOTHER_WORKER", message=mark("Somebody else has linked this account already.")
            )
        except NobodyError:
            return LinkProblem(code="RECORD_UNKNOWN", message=mark("The platform has no record of yours under this."))
        except (UpstreamError, ValueError):
            return _failed()
        finally:
            act.end()
        return Linked(account=account, return_to=return_to)

    async def _identify(
        self, platform: str, tokens: AccountTokens, permit: Permit, given: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]]:
        connector = self._platforms.connector(platform)
        assert connector is not None
        identifier = Identifier(
            connector.definition,
            self._platforms.upstream(platform),
            origin=self._environment.origin(platform),
            clock=self._clock,
        )
        credential = await self._desk.credential(platform, f"linking:{platform}", tokens)
        return await identifier.identify(
            credential, permit=permit, config=self._environment.config.get(platform, {}), given=given
        )

    def _client(self, platform: str) -> PlatformOAuthClient | LinkProblem:
        if self._platforms.connector(platform) is None:
            return unknown_platform()
        return self._desk.client(platform) or _not_registered()

    def _unready(self, connector: Connector) -> LinkProblem | None:
        """Return why no record can be claimed at a platform."""
        if self._environment.registration(connector.name) is None or not self._delivery.can_deliver(connector):
            return _not_registered()
        if self._desk.registration(connector.name) is None:
            return LinkProblem(
                code="HOLDER_NOT_AGREED",
                message=mark("{holder} has not agreed that Gigway reads here, so it cannot link."),
                values={"holder": connector.definition.linking.holder or mark("The holder of the access")},
            )
        return None


def unknown_platform() -> LinkProblem:
    """Return that there is no such platform."""
    return LinkProblem(code="PLATFORM_UNKNOWN", message=mark("There is no such platform here."))


def _not_registered() -> LinkProblem:
    return LinkProblem(
        code="NOT_REGISTERED", message=mark("This Gigway is not registered at the platform, so it cannot link.")
    )


def _failed() -> LinkProblem:
    return LinkProblem(
        code="PLATFORM_FAILED", message=mark("The platform did not answer as expected. Please try again later.")
    )
