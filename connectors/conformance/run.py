"""All checks of one connector, in order; a check that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import aiohttp

from connectors.accounts.keeper import RefusedRefreshError
from connectors.accounts.tokens import AccountTokens
from connectors.conformance import checks
from connectors.conformance.checks import BrokenError, Case, NotCheckedError
from connectors.conformance.export import OneExport, download
from connectors.conformance.faulty_wire import FAULTS_ON_THE_WAY, FaultyWire
from connectors.conformance.feeds import feed_findings
from connectors.conformance.report import Finding, Report
from connectors.conformance.sign_in import (
    OneAccount,
    SandboxAccount,
    SignInError,
    desk_of,
    sign_in,
    with_facts,
)
from connectors.environment import Environment
from connectors.linking.proving import OWN_TOKENS
from connectors.runtime import ConnectorSubgraph
from connectors.schema import AnyConnector, Connector
from connectors.schema.definition import TakeoutLinking
from connectors.transport import Upstream, UpstreamError, UpstreamUnauthorizedError, Wire
from connectors.transport.breaker import CircuitBreaker
from connectors.transport.retry import RetryPolicy
from connectors.upstreams import open_upstream

_PERSONAS = ("alex.sandberg@sandbox.example", "mika.manytask@sandbox.example", "priya.parttime@sandbox.example")

Check = Callable[[Case], Awaitable[str]]

_BUDGET = 70.0
"""Seconds that a request may take with its waits: long enough for a limit per minute."""

_ALWAYS: Sequence[tuple[str, Check]] = (
    ("categories", checks.categories_match),
    ("every field", checks.every_field_reads),
    ("paging", checks.pages_fit),
    ("pushdown", checks.only_what_is_needed),
    ("provenance", checks.provenance_is_whole),
)
_WITH_REQUESTS: Sequence[tuple[str, Check]] = (
    ("refused token", checks.wrong_token_asks_for_linking),
    *((name, partial(checks.fault_has_its_code, fault=name)) for name in checks.FAULTS),
    ("endless paging", checks.endless_paging_ends),
    ("expired token", checks.expired_token_is_renewed),
    ("revoked token", checks.revoked_token_asks_for_linking),
)
"""In this order: the last ones use the account's tokens up."""

_ABOUT_TOKENS: Sequence[Check] = (
    checks.wrong_token_asks_for_linking,
    checks.expired_token_is_renewed,
    checks.revoked_token_asks_for_linking,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SignedIn:
    """The account that is read: a persona of the sandbox, an export, or one that the run was given."""

    account: OneAccount
    persona: str | None = None
    export: OneExport | None = None


async def run_conformance(
    connector: AnyConnector,
    environment: Environment,
    *,
    personas: Sequence[str] = _PERSONAS,
    account: SandboxAccount | None = None,
) -> Report:
    """Run every check against the platform that `environment` leads to: of an account, then of the feeds.

    With `account`, that one is read, in the platform's own sandbox; the run may end with its token revoked. Without,
    the first persona that can sign in is read.
    """
    findings: list[Finding] = []
    if isinstance(connector, Connector):
        findings += await _account_findings(connector, environment, personas, account)
    if connector.definition.feeds:
        findings += await feed_findings(connector, environment)
    platform = connector.definition.platform
    return Report(connector=platform.name, version=platform.version, findings=findings)


async def _account_findings(
    connector: Connector, environment: Environment, personas: Sequence[str], account: SandboxAccount | None
) -> list[Finding]:
    findings: list[Finding] = []
    async with FaultyWire() as wire:
        upstream = _upstream(connector, environment, wire)
        run = _Run(connector=connector, environment=environment, wire=wire, upstream=upstream)
        signed_in = await run.sign_in(personas, account, findings)
        if signed_in is not None:
            own = [("schema", checks.schema_is_served)] if connector.definition.remote is not None else []
            for name, check in (*own, *_ALWAYS, *_WITH_REQUESTS):
                findings.append(await run.check(name, check, signed_in))
    return findings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all checks of one run share."""

    connector: Connector
    environment: Environment
    wire: FaultyWire
    upstream: Upstream

    async def sign_in(
        self, personas: Sequence[str], given: SandboxAccount | None, findings: list[Finding]
    ) -> _SignedIn | None:
        """Return an account to read, and add how it went to `findings`."""
        linking, reason = self.connector.definition.linking, "there is no persona"
        for persona in (None,) if given is not None else personas:
            try:
                now, export = datetime.now(UTC), None
                if given is not None:
                    tokens = AccountTokens(access_token=given.access_token, refresh_token=given.refresh_token)
                    tokens = await with_facts(self.connector, self.environment, self.upstream, tokens, now=now)
                elif isinstance(linking.method, TakeoutLinking):
                    export = await download(self.connector, self.environment.sandbox_url, str(persona), now=now)
                    tokens = OWN_TOKENS
                else:
                    tokens = await self._as_persona(str(persona))
            except (SignInError, UpstreamError, aiohttp.ClientError) as error:
                if self.is_at_gigways_sandbox and isinstance(error, aiohttp.ClientError):
                    raise
                reason = _reason(error, given)
                continue
            seen = f"as {persona}" if persona is not None else "as the account that was given"
            findings.append(Finding(check="linking", outcome="ok", seen=seen))
            account = OneAccount(desk=desk_of(self.connector, self.environment, self.upstream), tokens=tokens)
            return _SignedIn(account=account, persona=persona, export=export)
        findings.append(Finding(check="linking", outcome="FAILED", seen=reason))
        return None

    @property
    def is_at_gigways_sandbox(self) -> bool:
        """Whether faults can be switched on where the platform is read."""
        return self.environment.is_simulated(self.connector.name)

    async def check(self, name: str, check: Check, signed_in: _SignedIn) -> Finding:
        """Run one check on a case of its own, the account as it was at first."""
        reason = self._reason_to_skip(name, check, signed_in)
        if reason is not None:
            return Finding(check=name, outcome="skipped", seen=reason)
        case = self._case(signed_in)
        try:
            if case.control is not None and signed_in.export is None:
                await case.switch(reset=True)
            return Finding(check=name, outcome="ok", seen=await check(case))
        except NotCheckedError as why:
            return Finding(check=name, outcome="skipped", seen=str(why))
        except BrokenError as broken:
            return Finding(check=name, outcome="FAILED", seen=str(broken))
        except (SignInError, UpstreamError, RefusedRefreshError) as error:
            return Finding(check=name, outcome="FAILED", seen=str(error) or "the platform refuses the refresh token")

    def _reason_to_skip(self, name: str, check: Check, signed_in: _SignedIn) -> str | None:
        if signed_in.export is not None and (name, check) not in _ALWAYS:
            return "an export makes no requests"
        if self.connector.definition.linking.reads_as_gigway and check in _ABOUT_TOKENS:
            return "the account has no token of its own"
        if not self.is_at_gigways_sandbox and name in checks.FAULTS.keys() - FAULTS_ON_THE_WAY:
            return "only Gigway's own sandbox can do this"
        return None

    def _case(self, signed_in: _SignedIn) -> Case:
        connector, environment = self.connector, self.environment
        account = replace(signed_in.account, rejected=False)
        persona = signed_in.persona
        # Gigway's sandbox forgets what was used of a limit; elsewhere all checks share one.
        upstream = _upstream(connector, environment, self.wire) if self.is_at_gigways_sandbox else self.upstream
        return Case(
            subgraph=ConnectorSubgraph(
                connector,
                upstream=upstream,
                credentials=account,
                takeouts=signed_in.export,
                pseudonym_key=b"conformance-run-pseudonym-key-32",
                origin=environment.origin(connector.name),
                config=environment.config.get(connector.name),
            ),
            account=account,
            persona=persona,
            control=environment.sandbox_url if self.is_at_gigways_sandbox else None,
            wire=self.wire,
            oauth=desk_of(connector, environment, self.upstream).client(connector.name),
            sign_in=None if persona is None else partial(self._as_persona, persona),
        )

    async def _as_persona(self, persona: str) -> AccountTokens:
        now = datetime.now(UTC)
        return await sign_in(self.connector, self.environment, self.upstream, persona, now=now)


def _reason(error: Exception, given: SandboxAccount | None) -> str:
    """Return why nobody could be read, with the request that failed and, where it is likely, what to do."""
    told = "; ".join((str(error), *getattr(error, "__notes__", ())))
    if given is not None and isinstance(error, UpstreamUnauthorizedError):
        told += "; if an earlier run ended by revoking this token, give this one a fresh token"
    return told


def _upstream(connector: Connector, environment: Environment, wire: Wire) -> Upstream:
    """Return the way to the platform; its breaker never opens, and it waits for a rate limit where one is shared."""
    return open_upstream(
        connector,
        environment,
        wire,
        budget=_BUDGET,
        retry=RetryPolicy(most_wait=1.0 if environment.is_simulated(connector.name) else _BUDGET),
        breaker=CircuitBreaker(failures=1_000_000),
    )
