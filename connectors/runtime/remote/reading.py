"""One account in one call to a remote subgraph.

Fields of an account are resolved side by side; what they want is gathered and sent as one request. Folds read pages of
engagements one after the other, each page a request of its own under the same permit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from graphql import GraphQLObjectType

from connectors.mapping import Problem
from connectors.runtime.arguments import bad_cursor, checked_first, day_of
from connectors.runtime.compiled import ConnectorRuntime
from connectors.runtime.completion import Completion
from connectors.runtime.endpoint import Fetched
from connectors.runtime.field_tree import Tree, below, frozen, merge, with_needs
from connectors.runtime.folds import fold_earnings, fold_evidence, fold_experience, payments_of
from connectors.runtime.linked import LinkedCredential
from connectors.runtime.missing import ANYTHING, Supply
from connectors.runtime.needs import CREDENTIAL_TREE, EARNED_TREE, EXPERIENCE_TREE, RATING_TREE
from connectors.runtime.pages import Span, is_within, moment
from connectors.runtime.paid_work import fold_paid_work, paid_lately
from connectors.runtime.provenance import Extent, instant
from connectors.runtime.pseudonym import CursorError, Pseudonyms
from connectors.runtime.remote.answer import SchemaRefusedError
from connectors.runtime.remote.document import Wanted
from connectors.runtime.remote.endpoint import ACCEPTED_STATUSES, RemoteEndpoint
from connectors.schema.mapping_rules import ENGAGEMENTS
from connectors.transport import Permit, UpstreamError, UpstreamMalformedError, UpstreamUnauthorizedError
from connectors.transport.permit import require_open

Json = Any
Answered = tuple[Fetched, Json]
"""An answer, and the value of one wanted field in it."""

_PAGE = 100
_MOST_PAGES = 50
_PERIOD: Tree = {"period": {"start": None, "end": None}}


@dataclass(slots=True)
class _Batch:
    """Fields that go out in one request, by alias."""

    wanted: dict[str, Wanted] = field(default_factory=dict)
    aliases: dict[Json, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """The engagements of a stretch of time, and whether these are all."""

    fetched: list[Fetched]
    records: list[Json]
    complete: bool


class RemoteReading:
    """Resolves the fields of one account under one permit."""

    def __init__(
        self,
        runtime: ConnectorRuntime,
        endpoint: RemoteEndpoint,
        account_id: str,
        *,
        permit: Permit | None,
        session: Any,
        deadline: float | None,
    ) -> None:
        self.account_id = account_id
        self._runtime = runtime
        self._endpoint = endpoint
        self._permit = permit
        self._deadline = deadline
        self._pseudonyms = Pseudonyms(runtime.pseudonym_key, asker=session, account_id=account_id)
        self._now = runtime.clock()
        self._batch: _Batch | None = None
        self._sending: asyncio.Task[dict[str, Answered]] | None = None
        self._tasks: dict[Json, asyncio.Task[Any]] = {}

    def field(self, name: str, arguments: Mapping[str, Json], tree: Tree | None) -> Json:
        """Return the value of an account field, or what it can be awaited from."""
        definition = self._runtime.definition
        assert definition.remote is not None
        if name in definition.folds:
            return self._folded(name, definition.folds[name].days, arguments, tree)
        if name not in definition.remote.fields:
            return None
        if name == ENGAGEMENTS:
            return self._engagements(arguments, tree or {})
        return self._plain(name, arguments, tree, self._ask(name, arguments, with_needs(tree) if tree else tree))

    def close(self) -> None:
        """Cancel what nobody waits for any more."""
        for task in self._tasks.values():
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()

    async def _plain(
        self, name: str, arguments: Mapping[str, Json], tree: Tree | None, asked: Awaitable[Answered]
    ) -> Json:
        fetched, value = await asked
        records = len(value) if isinstance(value, list) else None
        completion = self._completion([fetched], Extent(records=records), [], self._endpoint.supply(name))
        return completion.complete(self._runtime.account_type.fields[name].type, value, tree)

    def _engagements(self, arguments: Mapping[str, Json], tree: Tree) -> Awaitable[Json]:
        first = checked_first(arguments.get("first"))
        span = Span(since=moment(arguments.get("since")), until=moment(arguments.get("until")))
        node = below(tree, "edges", "node")
        needs = with_needs(node)
        if span != Span():
            merge(needs, _PERIOD)
        asked: Tree = {"edges": {"cursor": None, "node": needs}, "pageInfo": {"hasNextPage": None, "endCursor": None}}
        if "totalCount" in tree:
            asked["totalCount"] = None
        sent = {**arguments, "after": self._opened(arguments.get("after"))}
        return self._connection(first, span, node, sent, self._ask(ENGAGEMENTS, sent, asked))

    async def _connection(
        self, first: int, span: Span, node: Tree, sent: Mapping[str, Json], asked: Awaitable[Answered]
    ) -> Json:
        fetched, value = await asked
        edges, has_next, _ = _page(value)
        has_next = has_next or len(edges) > first
        shown = [edge for edge in edges[:first] if span == Span() or is_within(edge["node"], span)]
        extent = Extent(
            complete=not has_next and sent["after"] is None, start=span.since, end=span.until, records=len(shown)
        )
        supply = self._endpoint.supply(ENGAGEMENTS).under("edges", "node")
        completion = self._completion([fetched], extent, [], supply)
        kind = self._runtime.connector.schema.get_type("Engagement")
        assert isinstance(kind, GraphQLObjectType)
        cursors = [self._pseudonyms.seal({"c": edge["cursor"]}) for edge in shown]
        return {
            "edges": [
                {"cursor": cursor, "node": completion.complete(kind, edge["node"], node)}
                for cursor, edge in zip(cursors, shown, strict=True)
            ],
            "pageInfo": {
                "hasNextPage": has_next,
                "hasPreviousPage": sent["after"] is not None,
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
            },
            "totalCount": value.get("totalCount"),
            "provenance": completion.provenance,
        }

    async def _folded(self, name: str, days: int, arguments: Mapping[str, Json], tree: Tree | None) -> Json:
        definition = self._runtime.definition
        kind = self._runtime.account_type.fields[name].type
        steps = [f"{name}: folded from engagements"]
        if name == "earnings":
            last = day_of(arguments.get("until")) or self._now.date()
            earliest = day_of(arguments.get("since")) or last - timedelta(days=364)
            read = await self._records(_start_of(earliest), EARNED_TREE)
            value = fold_earnings(payments_of(read.records), earliest, last)
            return self._completion(read.fetched, _extent(read), steps).complete(kind, value, tree)
        since = self._now - timedelta(days=days)
        if name == "paidWork":
            read = await self._records(since, {**EXPERIENCE_TREE, "earnings": None})
            value = fold_paid_work(paid_lately(read.records, self._now), definition, self._now, terms=[])
            return self._completion(read.fetched, _extent(read), steps).complete(kind, value, tree)
        facts: dict[str, list[Json]] = {"ratings": [], "credentials": []}
        beside = {"ratings": RATING_TREE, "credentials": CREDENTIAL_TREE} if name == "evidence" else {}
        lists = {each: self._ask(each, {}, tree_of) for each, tree_of in beside.items() if self._gives(each)}
        read = await self._records(since, EXPERIENCE_TREE)
        fetched = read.fetched
        for each, asked in lists.items():
            answer, values = await asked
            fetched = [*fetched, answer]
            facts[each] = values if isinstance(values, list) else []
        if name == "experience":
            value = fold_experience(read.records, definition, self._now)
        else:
            value = fold_evidence(
                read.records,
                definition,
                self._now,
                ratings=facts["ratings"],
                credentials=facts["credentials"],
                terms=[],
                simulated=self._runtime.origin.simulated,
            )
        return self._completion(fetched, _extent(read), steps).complete(kind, value, tree)

    def _gives(self, name: str) -> bool:
        remote = self._runtime.definition.remote
        return remote is not None and name in remote.fields

    def _records(self, since: datetime, tree: Tree) -> Awaitable[_Records]:
        """Read all engagements since then, once for all folds that want the same of them."""
        return self._once(("records", since, frozen(tree)), lambda: self._read_records(since, tree))

    async def _read_records(self, since: datetime, tree: Tree) -> _Records:
        known = {name: inner for name, inner in tree.items() if name != "work"}
        asked: Tree = {"edges": {"node": known}, "pageInfo": {"hasNextPage": None, "endCursor": None}}
        span = Span(since=since)
        fetched: list[Fetched] = []
        records: list[Json] = []
        after: str | None = None
        seen: set[str] = set()
        while True:
            answer, value = await self._ask(
                ENGAGEMENTS, {"first": _PAGE, "after": after, "since": instant(since)}, asked
            )
            edges, has_next, after = _page(value)
            _raise_for_error(edges)
            fetched.append(answer)
            records += [edge["node"] for edge in edges if is_within(edge["node"], span)]
            if not has_next or after is None:
                return _Records(fetched=fetched, records=records, complete=not has_next)
            if after in seen or len(fetched) >= _MOST_PAGES:
                return _Records(fetched=fetched, records=records, complete=False)
            seen.add(after)

    def _ask(self, name: str, arguments: Mapping[str, Json], tree: Tree | None) -> Awaitable[Answered]:
        """Want a field; what is wanted before the event loop turns goes out together."""
        if self._batch is None:
            self._batch = batch = _Batch()
            key = ("batch", len(self._tasks))
            self._sending = self._tasks[key] = asyncio.ensure_future(self._send(batch))
        batch, sending = self._batch, self._sending
        assert sending is not None
        place = (name, tuple(sorted(arguments.items(), key=lambda item: item[0])), tree is None)
        alias = batch.aliases.setdefault(place, f"f{len(batch.aliases)}")
        known = batch.wanted.setdefault(alias, Wanted(name, arguments, None if tree is None else {}))
        if known.tree is not None and tree is not None:
            merge(known.tree, tree)
        return _answered(sending, alias)

    async def _send(self, batch: _Batch) -> dict[str, Answered]:
        runtime, endpoint = self._runtime, self._endpoint
        linked: LinkedCredential = await self._once("credential", self._acquire)
        self._batch = None
        try:
            response = await runtime.upstream.send(
                endpoint.request(self.account_id, batch.wanted),
                permit=self._permit,
                credential=linked.credential,
                deadline=self._deadline,
                accepts=ACCEPTED_STATUSES,
            )
            fetched = endpoint.read(response, at=runtime.clock())
            values, problems = endpoint.values(fetched, self.account_id, batch.wanted)
        except UpstreamUnauthorizedError:
            if linked.renew is not None:  # Gigway's own credential; nothing is wrong with the account
                linked.renew()
                raise UpstreamError("The platform does not accept this Gigway's own credential.") from None
            await runtime.credentials.reject(self.account_id, linked.version)
            raise
        except SchemaRefusedError:
            runtime.drift.note(endpoint.place, _refused(batch.wanted), self._now)
            raise
        runtime.drift.note(endpoint.place, problems, self._now)
        return {alias: (fetched, value) for alias, value in values.items()}

    async def _acquire(self) -> LinkedCredential:
        return await self._runtime.credentials.acquire(
            self.account_id,
            self._runtime.connector.name,
            permit=require_open(self._permit),
            deadline=self._deadline,
        )

    async def _once(self, key: Json, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Return what `make` makes, made once per key; a waiter that is cancelled does not cancel the others."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(make())
        return await asyncio.shield(task)

    def _opened(self, cursor: Json) -> str | None:
        if cursor is None:
            return None
        try:
            held = self._pseudonyms.open(cursor).get("c")
        except CursorError as error:
            raise bad_cursor(error) from None
        return str(held)

    def _completion(
        self, fetched: list[Fetched], extent: Extent, steps: list[str], supply: Supply = ANYTHING
    ) -> Completion:
        pages = f" ({len(fetched)} requests)" if len(fetched) > 1 else ""
        provenance = self._runtime.origin.of(fetched, extent, [self._endpoint.place + pages, *steps])
        return Completion(
            definition=self._runtime.definition,
            pseudonyms=self._pseudonyms,
            provenance=provenance,
            supply=supply,
            note_mistyped=self._runtime.note_mistyped,
        )


async def _answered(sending: asyncio.Task[dict[str, Answered]], alias: str) -> Answered:
    fetched, value = (await asyncio.shield(sending))[alias]
    if isinstance(value, UpstreamError):
        raise value
    return fetched, value


def _page(connection: Json) -> tuple[list[Json], bool, str | None]:
    """Return edges, whether there are more, and where these begin. Raises `UpstreamError` for what is not whole."""
    if connection is None:
        raise UpstreamMalformedError("The platform's answer has no list of engagements.")
    edges, info = connection.get("edges"), connection.get("pageInfo")
    for part in (edges, info, *(edges if isinstance(edges, list) else ())):
        if isinstance(part, UpstreamError):
            raise part
    if not isinstance(edges, list) or not isinstance(info, dict):
        raise UpstreamMalformedError("The platform's answer has no list of engagements.")
    for edge in edges:
        node = edge.get("node")
        if isinstance(node, UpstreamError):
            raise node
        if not isinstance(node, dict):
            raise UpstreamMalformedError("The platform's answer has an edge without an engagement.")
        if isinstance(node.get("ref"), UpstreamError):
            raise node["ref"]
    after = info.get("endCursor")
    return edges, info.get("hasNextPage") is True, after if isinstance(after, str) else None


def _refused(wanted: Mapping[str, Wanted]) -> list[Problem]:
    return [
        Problem(code="SCHEMA_REFUSED", message="the subgraph refuses the query", line=0, column=0, path=name, count=1)
        for name in sorted({each.name for each in wanted.values()})
    ]


def _raise_for_error(value: Json) -> None:
    """Raise the error of anything in `value`: a fold over part of a record would be a wrong number."""
    if isinstance(value, UpstreamError):
        raise value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _raise_for_error(inner)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _extent(read: _Records) -> Extent:
    return Extent(complete=read.complete, records=len(read.records))
