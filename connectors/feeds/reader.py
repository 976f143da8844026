"""Reads one feed once: its pages, mapped and checked, unless the provider says that nothing has changed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from connectors.feeds.records import Refused, check_records
from connectors.mapping import compile_selection
from connectors.runtime.endpoint import CompiledEndpoint, Fetched
from connectors.runtime.health import DriftLog
from connectors.runtime.pages import Span, StreamReader
from connectors.schema import AnyConnector
from connectors.schema.definition import Feed
from connectors.schema.feeds import RECORDS
from connectors.schema.variables import parse_mapping
from connectors.transport import Upstream, UpstreamMalformedError
from connectors.transport.permit import OpenAct

Json = Any
NOT_MODIFIED = 304
ROWS = "rows"
"""What an answer that is a list (a CSV file, a JSON array) is called in mappings."""
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class PublicRead(OpenAct):
    """Reading what is published to everybody. It ends with the process; no credential ever goes with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a feed gave: its good records, why others were refused, whether there was more than could be read.

    `validators` are the headers by which the next request may be conditional.
    """

    records: Sequence[Mapping[str, Json]]
    refused: Sequence[Refused]
    complete: bool
    sha256: str
    validators: Mapping[str, str]
    requests: int


class _NotModifiedError(Exception):
    """The provider says that nothing has changed."""


class FeedReader:
    """Reads one feed of one connector. `origin` is where the sandbox serves it, None for the real one."""

    def __init__(
        self,
        connector: AnyConnector,
        feed: Feed,
        *,
        upstream: Upstream,
        origin: str | None,
        config: Mapping[str, Json] | None = None,
        clock: Callable[[], datetime],
    ) -> None:
        self.feed = feed
        self.drift = DriftLog()
        self._platform = connector.definition.platform
        self._upstream = upstream
        self._config = config or {}
        self._clock = clock
        source = connector.definition.sources[feed.endpoint.source]
        self._endpoint = CompiledEndpoint(feed.endpoint, source, origin=origin)
        self._map = compile_selection(parse_mapping(feed.selection))

    async def read(self, permit: PublicRead, validators: Mapping[str, str] | None = None) -> Copy | None:
        """Return what the feed gives now; None when it says that it is as `validators` know it.

        Raises `UpstreamError`; then nothing is known, and the last copy stays.
        """
        kept: dict[str, str] = {}
        asked = 0

        async def fetch(page: Mapping[str, Json]) -> Fetched:
            nonlocal asked
            asked += 1
            fetched, headers = await self._fetch(page, permit, validators or {} if asked == 1 else {})
            if asked == 1 and self.feed.first_page_validates:
                kept.update({name: headers[name] for name in _VALIDATORS if headers.get(name)})
            return fetched

        reader = StreamReader(self.feed.paging, fetch, self._records, concurrency=self._upstream.concurrency)
        try:
            batch = await reader.read(Span(), now=self._clock())
        except _NotModifiedError:
            return None
        checked = await asyncio.to_thread(
            check_records, self.feed.gives, batch.records, currency=self._platform.currency
        )
        return Copy(
            records=checked.records,
            refused=checked.refused,
            complete=not batch.has_more,
            sha256=hashlib.sha256(orjson.dumps(checked.records)).hexdigest(),
            validators=kept,
            requests=asked,
        )

    async def _fetch(
        self, page: Mapping[str, Json], permit: PublicRead, validators: Mapping[str, str]
    ) -> tuple[Fetched, Mapping[str, str]]:
        request = self._endpoint.request({"$page": dict(page), "$account": {}, "$config": self._config})
        if request.method == "GET":
            conditions = {_VALIDATORS[name]: value for name, value in validators.items() if name in _VALIDATORS}
            request = replace(request, headers={**request.headers, **conditions})
        accepts = frozenset({NOT_MODIFIED}) if validators else frozenset[int]()
        response = await self._upstream.send(request, permit=permit, credential=None, accepts=accepts)
        if response.status == NOT_MODIFIED:
            raise _NotModifiedError
        fetched = self._endpoint.read(response, at=self._clock())
        if isinstance(fetched.body, list):
            fetched = replace(fetched, body={ROWS: fetched.body})
        return fetched, response.headers

    def _records(self, fetched: Fetched, page: Mapping[str, Json]) -> Sequence[Json]:
        value, problems = self._map(fetched.body, {**fetched.facts, "$page": dict(page), "$config": self._config})
        if problems:
            self.drift.note(self.feed.id, problems, fetched.at)
        records = value.get(RECORDS) if isinstance(value, dict) else None
        if not isinstance(records, list):
            raise UpstreamMalformedError("The answer has no list of records where it used to be.")
        return records
