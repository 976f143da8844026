"""All checks of one connector, in order; a check that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from connectors.accounts.tokens import AccountTokens
from connectors.conformance import checks
from connectors.conformance.checks import BrokenError, Case
from connectors.conformance.export import OneExport, download
from connectors.conformance.feeds import feed_findings
from connectors.conformance.report import Finding, Report
from connectors.conformance.sign_in import OneAccount, SignInError, sign_in
from connectors.environment import Environment
from connectors.runtime import ConnectorSubgraph
from connectors.schema import AnyConnector, Connector
from connectors.schema.definition import TakeoutLinking
from connectors.transport import Upstream, UpstreamError, Wire
from connectors.transport.breaker import CircuitBreaker
from connectors.transport.retry import RetryPolicy
from connectors.upstreams import open_upstream

_PERSONAS = ("alex.sandberg@sandbox.example", "mika.manytask@sandbox.example", "priya.parttime@sandbox.example")

Check = Callable[[Case], Awaitable[str]]

_ALWAYS: Sequence[tuple[str, Check]] = (
    ("categories", checks.categories_match),
    ("every field", checks.every_field_reads),
    ("paging", checks.pages_fit),
    ("pushdown", checks.only_what_is_needed),
    ("provenance", checks.provenance_is_whole),
)
_WITH_REQUESTS: Sequence[tuple[str, Check]] = (("refused token", checks.wrong_token_asks_for_linking),)
_IN_SANDBOX: Sequence[tuple[str, Check]] = (
    *((name, partial(checks.fault_has_its_code, fault=name)) for name in checks.FAULTS),
    ("endless paging", checks.endless_paging_ends),
)


async def run_conformance(
    connector: AnyConnector, environment: Environment, *, personas: Sequence[str] = _PERSONAS
) -> Report:
    """Run every check against the platform that `environment` leads to.

    The first persona that can sign in is read, then the feeds. Faults are made where the sandbox is, else skipped.
    """
    findings = await _account_findings(connector, environment, personas) if isinstance(connector, Connector) else []
    if connector.definition.feeds:
        findings += await feed_findings(connector, environment)
    platform = connector.definition.platform
    return Report(connector=platform.name, version=platform.version, findings=findings)


async def _account_findings(connector: Connector, environment: Environment, personas: Sequence[str]) -> list[Finding]:
    findings: list[Finding] = []
    async with Wire() as wire:
        # One upstream for all checks, so that they share the platform's rate limit; its breaker never opens.
        upstream = open_upstream(
            connector,
            environment,
            wire,
            retry=RetryPolicy(most_wait=1.0),
            breaker=CircuitBreaker(failures=1_000_000),
        )
        is_export = isinstance(connector.definition.linking.method, TakeoutLinking)
        signed_in = await _sign_in(connector, environment, upstream, personas, findings)
        for name, check in (*_ALWAYS, *_WITH_REQUESTS, *_IN_SANDBOX) if signed_in is not None else ():
            reason = _reason_to_skip(check, environment, is_export=is_export)
            if reason is not None or signed_in is None:
                findings.append(Finding(check=name, outcome="skipped", seen=reason or ""))
            else:
                findings.append(await _run(name, check, _case(connector, environment, upstream, *signed_in)))
    return findings


async def _sign_in(
    connector: Connector,
    environment: Environment,
    upstream: Upstream,
    personas: Sequence[str],
    findings: list[Finding],
) -> tuple[OneAccount, OneExport | None] | None:
    linking = connector.definition.linking
    reason = "there is no persona"
    for persona in personas:
        try:
            now, export = datetime.now(UTC), None
            if isinstance(linking.method, TakeoutLinking):
                export = await download(connector, environment.sandbox_url, persona, now=now)
                tokens = AccountTokens(access_token="none")
            else:
                tokens = await sign_in(connector, environment, upstream, persona, now=now)
        except (SignInError, UpstreamError) as error:
            reason = str(error)
            continue
        findings.append(Finding(check="linking", outcome="ok", seen=f"as {persona}"))
        return OneAccount(header=linking.header, prefix=linking.prefix, tokens=tokens), export
    findings.append(Finding(check="linking", outcome="FAILED", seen=reason))
    return None


def _reason_to_skip(check: Check, environment: Environment, *, is_export: bool) -> str | None:
    if is_export and all(check is not each for _, each in _ALWAYS):
        return "an export makes no requests"
    if environment.sandbox_url is None and any(check is each for _, each in _IN_SANDBOX):
        return "only the sandbox can do this"
    return None


async def _run(name: str, check: Check, case: Case) -> Finding:
    try:
        return Finding(check=name, outcome="ok", seen=await check(case))
    except BrokenError as broken:
        return Finding(check=name, outcome="FAILED", seen=str(broken))


def _case(
    connector: Connector,
    environment: Environment,
    upstream: Upstream,
    account: OneAccount,
    export: OneExport | None,
) -> Case:
    """Return a case of its own for each check, the account as it was at first."""
    fresh = replace(account, rejected=False)
    return Case(
        subgraph=ConnectorSubgraph(
            connector,
            upstream=upstream,
            credentials=fresh,
            takeouts=export,
            pseudonym_key=b"conformance-run-pseudonym-key-32",
            origin=environment.origin(connector.name),
            config=environment.config.get(connector.name),
        ),
        account=fresh,
        control=environment.sandbox_url,
    )
