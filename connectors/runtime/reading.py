"""One account in one call: which endpoint gives which field, each fetched at most once.

Fields of an account are resolved side by side. What several of them need (the profile for `profile` and `ratings`,
the trips for `engagements` and `evidence`) is fetched once, and each maps from it only what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, get_nullable_type, is_list_type

from connectors.runtime.arguments import bad_cursor, checked_first, day_of
from connectors.runtime.compiled import ConnectorRuntime
from connectors.runtime.completion import Completion, flat
from connectors.runtime.connection import Position, cut, holds, open_position, position_of, resumed
from connectors.runtime.endpoint import Fetched
from connectors.runtime.field_tree import Tree, below
from connectors.runtime.folds import distinct, fold_earnings, fold_evidence, fold_experience, payments_of
from connectors.runtime.missing import ANYTHING, Supply, supply_of_values
from connectors.runtime.needs import (
    CREDENTIAL_TREE,
    EVIDENCE_TREE,
    EXPERIENCE_TREE,
    JOINED,
    PAID,
    PAID_WORK_TREE,
    PAYMENT_TREE,
    RATING_TREE,
    engagement_needs,
    field_needs,
)
from connectors.runtime.pages import Batch, Span, moment, started_at, together, united
from connectors.runtime.paid_work import fold_paid_work, paid_lately
from connectors.runtime.provenance import Extent
from connectors.runtime.pseudonym import CursorError, Pseudonyms
from connectors.runtime.streams import AccountStreams
from connectors.schema.definition import Connect, Fold
from connectors.schema.mapping_rules import ENGAGEMENTS, PAYMENTS, TERMS
from connectors.transport import (
    Permit,
    UpstreamError,
)

Json = Any

_FOLDED_TREES: Mapping[str, Tree] = {
    "experience": EXPERIENCE_TREE,
    "evidence": EVIDENCE_TREE,
    "paidWork": PAID_WORK_TREE,
}
_PAYMENT_LAG = timedelta(days=3)
_PAYMENT_LEAD = timedelta(hours=1)


class AccountReading:
    """Resolves the fields of one account under one permit."""

    def __init__(
        self,
        runtime: ConnectorRuntime,
        account_id: str,
        *,
        permit: Permit | None,
        session: Any,
        deadline: float | None,
    ) -> None:
        self.account_id = account_id
        self._runtime = runtime
        self._pseudonyms = Pseudonyms(runtime.pseudonym_key, asker=session, account_id=account_id)
        self._now = runtime.clock()
        self._streams = AccountStreams(
            runtime, account_id, permit=permit, deadline=deadline, pseudonyms=self._pseudonyms, now=self._now
        )

    def expect(self, fields: Tree) -> None:
        """Say which fields of the account this call asks for, before any of them is read."""
        self._streams.expect(fields)

    def close(self) -> None:
        """Cancel what nobody waits for any more."""
        self._streams.close()

    async def field(self, name: str, arguments: Mapping[str, Json], tree: Tree | None) -> Json:
        """Return the value of an account field. Raises `UpstreamError`, `GraphQLError`."""
        definition = self._runtime.definition
        kind = self._runtime.account_type.fields[name].type
        if name == ENGAGEMENTS:
            return await self._engagements(arguments, tree or {})
        if name in definition.folds:
            return await self._folded(name, definition.folds[name], arguments, kind, tree)
        connect = definition.connect_for(name)
        if connect is None:
            return None
        needs = field_needs(name, tree, definition)
        if connect.paging is None:
            fetched, value = await self._streams.direct(connect, name, needs)
            pages = [fetched]
            extent = Extent(records=len(value) if isinstance(value, list) else None)
        else:
            rule = definition.distinct.get(name)
            span = self._last(rule.days) if rule is not None else Span()
            batch = await self._streams.read(connect, name, needs, span, want=None)
            value = distinct(batch.records, rule) if rule is not None else batch.records
            if not is_list_type(get_nullable_type(kind)):
                value = batch.records[0] if batch.records else None
            pages, extent = batch.fetched, _extent(batch, span, self._now)
        provenance = self._provenance(pages, extent, connect, [])
        return self._complete(provenance, self._runtime.supply(connect, name)).complete(kind, value, tree)

    async def _engagements(self, arguments: Mapping[str, Json], tree: Tree) -> Json:
        connect = self._runtime.definition.connect_for(ENGAGEMENTS)
        if connect is None:
            return None
        first = checked_first(arguments.get("first"))
        span = Span(since=moment(arguments.get("since")), until=moment(arguments.get("until")))
        after = self._after(arguments.get("after"))
        node = below(tree, "edges", "node")
        batch = await self._slice_of(connect, engagement_needs(node), span, first, after)
        chosen = cut(batch, first, after, self._pseudonyms)
        records = [dict(record) for _, record in chosen.placed]
        if "earnings" in node and JOINED in self._runtime.definition.folds:
            await self._join_payments(records)
        if first == 0:
            extent = Extent(complete=False, records=0)
        else:
            extent = _extent(batch, span, self._now, records=len(records), complete=not chosen.has_more)
        provenance = self._provenance(batch.fetched, extent, connect, [])
        completion = self._complete(provenance, self._supply_of_engagements(connect))
        kind = self._runtime.connector.schema.get_type("Engagement")
        assert isinstance(kind, GraphQLObjectType)
        cursors = [
            position_of(page, record, connect, self._pseudonyms).seal(self._pseudonyms)
            for page, record in chosen.placed
        ]
        return {
            "edges": [
                {"cursor": cursor, "node": completion.complete(kind, record, node)}
                for cursor, record in zip(cursors, records, strict=True)
            ],
            "pageInfo": {
                "hasNextPage": chosen.has_more,
                "hasPreviousPage": after is not None,
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
            },
            "totalCount": batch.total if connect.paging is None or connect.paging.window is None else None,
            "provenance": provenance,
        }

    async def _slice_of(self, connect: Connect, needs: Tree, span: Span, first: int, after: Position | None) -> Batch:
        if first == 0:
            return Batch(pages=(), has_more=True)
        is_windowed = connect.paging is not None and (
            connect.paging.window is not None or connect.paging.style == "MOVING_WINDOW"
        )
        if after is not None:
            span = resumed(span, after, is_windowed=is_windowed)
        if after is None or is_windowed:
            want = first + (after is not None)
            return await self._streams.read(connect, ENGAGEMENTS, needs, span, want=want)
        want = after.index + 1 + first
        batch = await self._streams.read(connect, ENGAGEMENTS, needs, span, want=want, start=after.start)
        if batch.has_more and not holds(batch, after, self._pseudonyms):
            # Newer records have pushed this one on to a later page.
            want += connect.paging.size if connect.paging is not None else 0
            batch = await self._streams.read(connect, ENGAGEMENTS, needs, span, want=want, start=after.start)
        return batch

    async def _folded(
        self, name: str, fold: Fold, arguments: Mapping[str, Json], kind: GraphQLOutputType, tree: Tree | None
    ) -> Json:
        if name == "earnings":
            return await self._earnings(fold, arguments, kind, tree)
        definition = self._runtime.definition
        connect = definition.connect_for(ENGAGEMENTS)
        if connect is None:
            return None
        span = self._last(fold.days)
        batch = await self._streams.read(connect, ENGAGEMENTS, _FOLDED_TREES[name], span, want=None)
        pages = batch.fetched
        if name == "experience":
            value = fold_experience(batch.records, definition, self._now)
        elif name == "paidWork":
            records = [dict(record) for record in paid_lately(batch.records, self._now)]
            if JOINED in definition.folds:
                await self._join_payments(records)
            value = fold_paid_work(records, definition, self._now, terms=await self._account_list(TERMS, None, pages))
        else:
            value = fold_evidence(
                batch.records,
                definition,
                self._now,
                ratings=await self._account_list("ratings", RATING_TREE, pages),
                credentials=await self._account_list("credentials", CREDENTIAL_TREE, pages),
                terms=await self._account_list(TERMS, None, pages),
                simulated=self._runtime.origin.simulated,
            )
        extent = _extent(batch, span, self._now)
        steps = [f"{name}: folded from {ENGAGEMENTS} of the last {fold.days} days"]
        provenance = self._provenance(pages, extent, connect, steps)
        return self._complete(provenance, supply_of_values(value)).complete(kind, value, tree)

    async def _account_list(self, name: str, tree: Tree | None, pages: list[Fetched]) -> list[Json]:
        """Return a list of the account's as mapped, for folding; its answer is added to `pages`."""
        connect = self._runtime.definition.connect_for(name)
        if connect is None:
            return []
        if connect.paging is not None:
            batch = await self._streams.read(connect, name, tree, Span(), want=None)
            pages += batch.fetched
            return batch.records
        fetched, value = await self._streams.direct(connect, name, tree)
        pages.append(fetched)
        return flat(value) if isinstance(value, list) else []

    async def _earnings(
        self, fold: Fold, arguments: Mapping[str, Json], kind: GraphQLOutputType, tree: Tree | None
    ) -> Json:
        since, until = day_of(arguments.get("since")), day_of(arguments.get("until"))
        last = until or self._now.date()
        earliest = since or last - timedelta(days=364)
        span = Span(since=datetime.combine(earliest, time.min, UTC), until=datetime.combine(last, time.max, UTC))
        given = {each: self._runtime.definition.connect_for(each) for each in fold.origins}
        connects = {origin: connect for origin, connect in given.items() if connect is not None}
        if not connects:
            return None
        batches: list[Batch] = await together(
            [self._streams.read(connect, origin, PAID[origin], span, want=None) for origin, connect in connects.items()]
        )
        payments = [
            payment
            for origin, batch in zip(connects, batches, strict=True)
            for payment in (payments_of(batch.records) if origin == ENGAGEMENTS else batch.records)
        ]
        whole, (connect, *others) = united(batches), connects.values()
        provenance = self._provenance(
            whole.fetched,
            _extent(whole, span, self._now),
            connect,
            [
                *(self._runtime.endpoints[each.id].place for each in others),
                f"earnings: summed per month and currency from {' and '.join(connects)}",
            ],
        )
        return self._complete(provenance).complete(kind, fold_earnings(payments, earliest, last), tree)

    async def _join_payments(self, records: Sequence[dict[str, Json]]) -> None:
        """Add to each record's own lines those of its payments; where these fail, there is their error instead."""
        connect = self._runtime.definition.connect_for(PAYMENTS)
        starts = [at for at in map(started_at, records) if at is not None]
        if connect is None or not starts:
            return
        ends = [at for at in (moment((record.get("period") or {}).get("end")) for record in records) if at]
        # A platform that cannot filter gives all there is, however late it was paid.
        until = max(starts + ends) + _PAYMENT_LAG if connect.filters_by_time else None
        span = Span(since=min(starts) - _PAYMENT_LEAD, until=until)
        try:
            batch = await self._streams.read(connect, PAYMENTS, PAYMENT_TREE, span, want=None, is_join=True)
        except UpstreamError as failure:
            for record in records:
                record["earnings"] = failure
            return
        lines: dict[Json, list[Json]] = {}
        for payment in batch.records:
            lines.setdefault(payment.get("engagement"), []).extend(payment.get("lines") or [])
        for record in records:
            record["earnings"] = flat([record.get("earnings") or [], lines.get(record.get("ref"), [])])

    def _last(self, days: int) -> Span:
        return Span(since=self._now - timedelta(days=days), until=None)

    def _after(self, cursor: Json) -> Position | None:
        if cursor is None:
            return None
        try:
            return open_position(cursor, self._pseudonyms)
        except CursorError as error:
            raise bad_cursor(error) from None

    def _provenance(
        self, fetched: Sequence[Fetched], extent: Extent, connect: Connect, steps: Sequence[str]
    ) -> dict[str, Json]:
        place = self._runtime.endpoints[connect.id].place
        pages = f" ({len(fetched)} requests)" if len(fetched) > 1 else ""
        return self._runtime.origin.of(fetched, extent, [place + pages, *steps])

    def _supply_of_engagements(self, connect: Connect) -> Supply:
        supply = self._runtime.supply(connect, ENGAGEMENTS)
        if supply.fields is None or JOINED not in self._runtime.definition.folds:
            return supply
        return Supply(fields={**supply.fields, "earnings": ANYTHING})

    def _complete(self, provenance: Mapping[str, Json], supply: Supply = ANYTHING) -> Completion:
        return Completion(
            definition=self._runtime.definition,
            pseudonyms=self._pseudonyms,
            provenance=provenance,
            supply=supply,
            note_mistyped=self._runtime.note_mistyped,
        )


def _extent(
    batch: Batch, span: Span, now: datetime, *, records: int | None = None, complete: bool | None = None
) -> Extent:
    is_complete = (not batch.has_more if complete is None else complete) and batch.reason is None
    starts = [at for at in map(started_at, batch.records) if at is not None]
    oldest = min(starts, default=None)
    return Extent(
        complete=is_complete,
        start=span.since if is_complete and span.since is not None else oldest,
        end=span.until or (now if starts or is_complete else None),
        records=len(batch.records) if records is None else records,
        reason=batch.reason or (None if is_complete else "NOT_REQUESTED"),
    )
