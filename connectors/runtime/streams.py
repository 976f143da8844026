"""What one account's endpoints give in one call, each fetched at most once: single answers, and streams of records.

direct   one answer, one of its fields
read     the records of a paged endpoint, or (`@each`) of one that is asked once for every record of another
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.mapping import PSEUDONYM_KEY, dump_json
from connectors.runtime.compiled import ConnectorRuntime
from connectors.runtime.completion import flat
from connectors.runtime.endpoint import CompiledEndpoint, Fetched, FileEndpoint
from connectors.runtime.field_tree import Tree, merge
from connectors.runtime.linked import LinkedCredential
from connectors.runtime.pages import Batch, Page, Span, StreamReader, newest_first, started_at, together, within
from connectors.runtime.pseudonym import Pseudonyms
from connectors.schema.definition import Connect, Each
from connectors.schema.mapping_rules import ENGAGEMENTS, PAYMENTS
from connectors.transport import (
    Permit,
    UpstreamError,
    UpstreamForbiddenError,
    UpstreamMalformedError,
    UpstreamUnauthorizedError,
)
from connectors.transport.permit import require_open

Json = Any

_NAMES = ("ref", "engagement", "kind", "work")
"""Fields of records by which they are told apart, joined and counted."""
_REQUIRED: Mapping[str, frozenset[str]] = {
    ENGAGEMENTS: frozenset({"ref", "kind", "status"}),
    PAYMENTS: frozenset({"at", "lines"}),
}


class AccountStreams:
    """Fetches and maps for one account under one permit."""

    def __init__(
        self,
        runtime: ConnectorRuntime,
        account_id: str,
        *,
        permit: Permit | None,
        deadline: float | None,
        pseudonyms: Pseudonyms,
        now: datetime,
    ) -> None:
        self._runtime = runtime
        self._account_id = account_id
        self._permit = permit
        self._deadline = deadline
        self._pseudonyms = pseudonyms
        self._now = now
        self._shared: dict[Json, asyncio.Task[Any]] = {}
        self._expected: Tree = {}

    def expect(self, fields: Tree) -> None:
        """Add fields of the account that this call asks for."""
        merge(self._expected, fields)

    @property
    def _reads_all(self) -> bool:
        """Whether pages should be full ones, because some field reads the whole stream."""
        return any(name in self._expected for name in self._runtime.definition.folds)

    def close(self) -> None:
        """Cancel what nobody waits for any more."""
        for task in self._shared.values():
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()

    async def direct(self, connect: Connect, name: str, tree: Tree | None) -> tuple[Fetched, Json]:
        """Return an endpoint's one answer, and what it gives under `name`."""
        variables = {"limit": None, "offset": None, "number": None, "cursor": None, "from": None, "to": None}
        fetched = await self._fetch(connect, variables)
        if fetched.is_absent:
            return fetched, None
        value = self._map(connect, fetched, variables, {name: tree})
        return fetched, value.get(name) if isinstance(value, dict) else None

    async def read(
        self,
        connect: Connect,
        name: str,
        tree: Tree | None,
        span: Span,
        *,
        want: int | None,
        start: Mapping[str, Json] | None = None,
        is_join: bool = False,
    ) -> Batch:
        """Return the records that a paged endpoint gives under `name`; for a join, those of what began within `span`,
        not those that were made within it.
        """
        if connect.each is not None:
            late = timedelta(days=0 if is_join else connect.each.late)
            return _ordered(await self._for_each(connect, connect.each, name, tree, span, late), connect, name)
        if connect.paging is None:
            fetched, value = await self.direct(connect, name, tree)
            records = [] if fetched.is_absent else _records({name: value}, name, tree)
            return _ordered(within(Batch(pages=(_page(fetched, records),), total=len(records)), span), connect, name)

        if want is not None and self._reads_all and start is None:
            want = max(want, connect.paging.size)
        if (not connect.filters_by_time and span != Span()) or not _comes_newest_first(connect):
            want, start = None, None
        batch = await self._reader(connect, name, tree, None).read(span, now=self._now, want=want, start=start)
        return _ordered(within(batch, span), connect, name) if name in (ENGAGEMENTS, PAYMENTS) else batch

    async def _for_each(
        self, connect: Connect, each: Each, name: str, tree: Tree | None, span: Span, late: timedelta
    ) -> Batch:
        """Read `connect` once for each record of another endpoint that may have something within the span."""
        horizon = self._now - timedelta(days=each.days)
        since = max(span.since or horizon, horizon)
        outer = next(other for other in self._runtime.definition.connects if other.id == each.of)
        listed = await self.read(outer, each.list, None, Span(), want=None)
        near = [record for record in listed.records if (at := started_at(record)) is None or at >= since - late]
        batches: list[Batch] = await together(
            [self._reader(connect, name, tree, record).read(Span(), now=self._now) for record in near[: each.most]],
            at_once=self._runtime.upstream.concurrency,
        )
        is_cut = len(near) > each.most or any(batch.reason is not None for batch in (listed, *batches))
        is_older = len(near) < len(listed.records) and (span.since is None or span.since < horizon)
        # Pages that only say what to ask for have no records of their own, but they are where the others come from.
        asked = tuple(replace(page, records=()) for page in listed.pages)
        batch = Batch(
            pages=(*asked, *(page for batch in batches for page in batch.pages)),
            reason="RECORD_LIMIT" if is_cut else "TIME_LIMIT" if is_older else None,
        )
        if name not in (ENGAGEMENTS, PAYMENTS):
            return batch
        return within(batch, Span(since=since if is_older else span.since, until=span.until))

    def _reader(self, connect: Connect, name: str, tree: Tree | None, each: Json) -> StreamReader:
        assert connect.paging is not None

        def map_page(fetched: Fetched, variables: Mapping[str, Json]) -> list[Json]:
            if fetched.is_absent:
                return []
            value = self._map(connect, fetched, variables, {name: tree}, each)
            return _records(value, name, tree)

        return StreamReader(
            connect.paging,
            lambda variables: self._fetch(connect, variables, each),
            map_page,
            concurrency=self._runtime.upstream.concurrency,
        )

    def _map(
        self, connect: Connect, fetched: Fetched, variables: Mapping[str, Json], tree: Tree, each: Json = None
    ) -> Json:
        value, problems = self._runtime.mapper(connect, tree)(
            fetched.body,
            {
                **fetched.facts,
                "$page": dict(variables),
                "$each": each,
                "$config": self._runtime.config,
                PSEUDONYM_KEY: self._pseudonyms.mapping_key,
            },
        )
        if problems:
            self._runtime.drift.note(connect.id, problems, self._now)
        return value

    async def _fetch(self, connect: Connect, page: Mapping[str, Json], each: Json = None) -> Fetched:
        key = (connect.id, tuple(sorted(page.items())), dump_json(each))
        fetched: Fetched = await self._once(key, lambda: self._request(connect, {"$page": dict(page), "$each": each}))
        return fetched

    async def _request(self, connect: Connect, asked: Mapping[str, Json]) -> Fetched:
        runtime = self._runtime
        endpoint = runtime.endpoints[connect.id]
        if isinstance(endpoint, FileEndpoint):
            return await self._read_file(endpoint)
        linked = await self._once("credential", self._acquire)
        try:
            return await self._ask(connect, endpoint, asked, linked)
        except (UpstreamUnauthorizedError, UpstreamForbiddenError) as refusal:
            if linked.renew is None:
                if isinstance(refusal, UpstreamUnauthorizedError):
                    await runtime.credentials.reject(self._account_id, linked.version)
                raise
        # Gigway's own credential may have ended early; a fresh one is tried once, and a refusal is not the account's.
        linked.renew()
        try:
            return await self._ask(connect, endpoint, asked, await self._acquire())
        except (UpstreamUnauthorizedError, UpstreamForbiddenError):
            raise UpstreamError("The platform does not accept this Gigway's own credential.") from None

    async def _ask(
        self, connect: Connect, endpoint: CompiledEndpoint, asked: Mapping[str, Json], linked: LinkedCredential
    ) -> Fetched:
        runtime = self._runtime
        fetched = await endpoint.fetch(
            runtime.upstream,
            {**asked, "$account": linked.facts, "$config": runtime.config},
            permit=self._permit,
            credential=linked.credential,
            clock=runtime.clock,
            deadline=self._deadline,
            document=runtime.document(connect, self._expected),
            parameters=runtime.parameters(connect, self._expected),
        )
        return replace(fetched, account=linked.facts)

    async def _read_file(self, endpoint: FileEndpoint) -> Fetched:
        require_open(self._permit)
        assert self._runtime.takeouts is not None
        rows, sha256, at = await self._runtime.takeouts.read(self._account_id, endpoint.file)
        return Fetched(body={"rows": rows}, sha256=sha256, at=at)

    async def _acquire(self) -> LinkedCredential:
        return await self._runtime.credentials.acquire(
            self._account_id,
            self._runtime.connector.name,
            permit=require_open(self._permit),
            deadline=self._deadline,
        )

    async def _once(self, key: Json, make: Callable[[], Awaitable[Any]]) -> Any:
        """Return what `make` makes, made once per key; a waiter that is cancelled does not cancel the others."""
        task = self._shared.get(key)
        if task is None:
            task = self._shared[key] = asyncio.ensure_future(make())
        return await asyncio.shield(task)


def _records(value: Json, name: str, tree: Tree | None) -> list[Json]:
    """Return the mapped records of an answer. Raises `UpstreamMalformedError` when they are not where they should be.

    An answer without its list is not an answer without records: it has drifted from what is mapped.
    """
    given = value.get(name) if isinstance(value, dict) else None
    found = flat(given) if isinstance(given, list) else None
    if found is None or not all(isinstance(record, dict) for record in found):
        raise UpstreamMalformedError(f"The platform's answer has no list of {name} where it used to be.")
    if any(isinstance(record.get(key), list | dict) for record in found for key in _NAMES):
        raise UpstreamMalformedError(f"The platform's {name} have something else where a name is mapped.")
    for required in _REQUIRED.get(name, frozenset()) & (tree or {}).keys():
        if any(record.get(required) is None for record in found):
            raise UpstreamMalformedError(f"The platform's {name} have no {required} where it used to be.")
    return found


def _comes_newest_first(connect: Connect) -> bool:
    """Whether records come in order: windows do, newest first, and each is put in order when it is read."""
    paging = connect.paging
    return paging is not None and (paging.order == "NEWEST_FIRST" or paging.window is not None)


def _ordered(batch: Batch, connect: Connect, name: str) -> Batch:
    """Engagements are shown newest first, however the platform orders them."""
    return batch if name != ENGAGEMENTS or _comes_newest_first(connect) else newest_first(batch)


def _page(fetched: Fetched, records: Sequence[Json]) -> Page:
    return Page(fetched=fetched, variables={}, records=records)
