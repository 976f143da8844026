"""The background loop of one process: claims feeds that are due, reads them, and keeps what they give.

A provider that is down, slow or wrong costs its own feed only: the last good copy stays, and it is tried again after a
minute, two, four …, at most six hours. A reading whose records are all refused counts as wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from connectors.environment import Environment
from connectors.feeds.reader import FeedReader, PublicRead
from connectors.feeds.store import FeedStore
from connectors.schema import AnyConnector
from connectors.schema.definition import Feed
from connectors.transport import Upstream, UpstreamError, Wire
from connectors.upstreams import open_upstream

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0


class FeedKeeper:
    """`feeding` gives the connectors that are live now, whose feeds are read; it blocks."""

    def __init__(
        self,
        store: FeedStore,
        feeding: Callable[[], Sequence[AnyConnector]],
        wire: Wire,
        environment: Environment,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._feeding = feeding
        self._wire = wire
        self._environment = environment
        self._clock = clock
        self._readers: dict[tuple[str, str, str], FeedReader] = {}
        self._upstreams: dict[tuple[str, str], Upstream] = {}

    def is_read(self, connector: AnyConnector) -> bool:
        """Whether a connector's feeds are read here: one that nobody has seen exists in the sandbox only."""
        return self._environment.sandbox_url is not None or connector.definition.platform.fidelity != "HYPOTHETICAL"

    async def run(self) -> None:
        """Read what is due until cancelled."""
        permit = PublicRead()
        try:
            while True:
                try:
                    await self.read_due(permit)
                except SQLAlchemyError as error:
                    _log.error("connectors:feeds:fail", extra={"error": type(error).__name__})
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            permit.end()

    async def read_due(self, permit: PublicRead) -> int:
        """Read every feed that is due, different ones at once; return how many were."""
        live = [each for each in await asyncio.to_thread(self._feeding) if self.is_read(each)]
        self._forget(live)
        work = [self._read(connector, feed, permit) for connector in live for feed in connector.definition.feeds]
        return sum(await asyncio.gather(*work))

    async def _read(self, connector: AnyConnector, feed: Feed, permit: PublicRead) -> bool:
        validators = await asyncio.to_thread(self._store.claim, connector, feed)
        if validators is None:
            return False
        where = {"platform": connector.name, "feed": feed.id}
        try:
            copy = await self._reader(connector, feed).read(permit, validators)
        except UpstreamError as error:
            _log.warning("connectors:feeds:unread", extra={**where, "code": error.code})
            await asyncio.to_thread(
                self._store.fail, connector, feed, f"{error.message} [{error.code}]", after=error.retry_after
            )
            return True
        if copy is not None and copy.refused and not copy.records:
            first = copy.refused[0]
            _log.warning("connectors:feeds:refused", extra={**where, "code": first.code})
            message = f"Every record was refused; the most for: {first.message} [{first.code}]"
            await asyncio.to_thread(self._store.fail, connector, feed, message)
            return True
        simulated = self._environment.sandbox_url is not None
        await asyncio.to_thread(self._store.keep, connector, feed, copy, simulated=simulated)
        if copy is not None:
            refused = sum(each.count for each in copy.refused)
            _log.info("connectors:feeds:read", extra={**where, "records": len(copy.records), "refused": refused})
        return True

    def _reader(self, connector: AnyConnector, feed: Feed) -> FeedReader:
        key = (connector.name, connector.digest, feed.id)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = FeedReader(
                connector,
                feed,
                upstream=self._upstream(connector),
                origin=self._environment.origin(connector.name),
                config=self._environment.config.get(connector.name),
                clock=self._clock,
            )
        return reader

    def _upstream(self, connector: AnyConnector) -> Upstream:
        key = (connector.name, connector.digest)
        upstream = self._upstreams.get(key)
        if upstream is None:
            upstream = self._upstreams[key] = open_upstream(connector, self._environment, self._wire)
        return upstream

    def _forget(self, live: Sequence[AnyConnector]) -> None:
        digests = {(each.name, each.digest) for each in live}
        self._readers = {key: each for key, each in self._readers.items() if key[:2] in digests}
        self._upstreams = {key: each for key, each in self._upstreams.items() if key in digests}
