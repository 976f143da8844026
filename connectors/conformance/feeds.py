"""What a connector's feeds promise: they can be read whole, their records are good, a fault has its code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp

from connectors.conformance.checks import FAULTS, BrokenError
from connectors.conformance.report import Finding
from connectors.environment import Environment
from connectors.feeds.reader import Copy, FeedReader, PublicRead
from connectors.schema import AnyConnector
from connectors.schema.definition import Feed
from connectors.transport import Upstream, UpstreamError, Wire
from connectors.transport.breaker import CircuitBreaker
from connectors.transport.retry import RetryPolicy
from connectors.upstreams import open_upstream

ACCEPTED_SHARE = 0.9
"""The least share of a feed's records that must be good."""


async def feed_findings(connector: AnyConnector, environment: Environment) -> list[Finding]:
    """Check every feed of a connector."""
    findings = []
    async with Wire() as wire:
        upstream = open_upstream(
            connector,
            environment,
            wire,
            retry=RetryPolicy(most_wait=1.0),
            breaker=CircuitBreaker(failures=1_000_000),
        )
        for feed in connector.definition.feeds:
            case = _FeedCase(connector, feed, upstream, environment)
            findings.append(await _run(f"feed {feed.id}", case.reads))
            findings.append(await _run(f"{feed.id}: again", case.reads_again))
            for name in FAULTS if environment.is_simulated(connector.name) else ():
                check = f"{feed.id}: {name}"
                if name == "body malformed" and feed.endpoint.format.kind == "CSV":
                    findings.append(Finding(check=check, outcome="skipped", seen="half a CSV file is a CSV file"))
                else:
                    findings.append(await _run(check, partial(case.fault, name)))
    return findings


class _FeedCase:
    """One feed under test."""

    def __init__(self, connector: AnyConnector, feed: Feed, upstream: Upstream, environment: Environment) -> None:
        self._name = connector.name
        self._feed = feed
        self._control = environment.sandbox_url
        self._validators: Mapping[str, str] = {}
        self._reader = FeedReader(
            connector,
            feed,
            upstream=upstream,
            origin=environment.origin(connector.name),
            config=environment.config.get(connector.name),
            clock=lambda: datetime.now(UTC),
        )

    async def reads(self) -> str:
        """The feed is read to its end; nearly all of its records are good."""
        copy = await self._read()
        assert copy is not None
        self._validators = copy.validators
        refused = sum(each.count for each in copy.refused)
        total = len(copy.records) + refused
        if not total:
            raise BrokenError("there are no records")
        if len(copy.records) < ACCEPTED_SHARE * total:
            reasons = "; ".join(f"{each.count}: {each.message} [{each.code}]" for each in copy.refused[:3])
            raise BrokenError(f"{refused} of {total} records are refused: {reasons}")
        if not copy.complete:
            raise BrokenError(f"there are more than the {self._feed.paging.most} records that are read at most")
        return f"{len(copy.records)} records in {copy.requests} requests" + (f", {refused} refused" if refused else "")

    async def reads_again(self) -> str:
        """A second reading gives the same, or is answered with *not modified*."""
        copy = await self._read(self._validators)
        if copy is None:
            return "not modified"
        return "read again in whole; the provider sends no validators" if not self._validators else "modified"

    async def fault(self, fault: str) -> str:
        """A fault has the code that says what it is."""
        switches, expected = FAULTS[fault]
        await self._switch(reset=True)
        await self._switch(**switches)
        try:
            async with asyncio.timeout(60):
                await self._reader.read(PublicRead())
        except UpstreamError as error:
            if error.code not in expected:
                raise BrokenError(f"gives {error.code} instead of {', '.join(sorted(expected))}") from None
            return error.code
        finally:
            await self._switch(reset=True)
        raise BrokenError("is read as if nothing were wrong")

    async def _read(self, validators: Mapping[str, str] | None = None) -> Copy | None:
        try:
            return await self._reader.read(PublicRead(), validators)
        except UpstreamError as error:
            raise BrokenError(f"{error.message} [{error.code}]") from None

    async def _switch(self, **switches: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self._control}/control/platforms/{self._name}", json=switches) as answer,
        ):
            answer.raise_for_status()


async def _run(name: str, check: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(check=name, outcome="ok", seen=await check())
    except BrokenError as broken:
        return Finding(check=name, outcome="FAILED", seen=str(broken))
