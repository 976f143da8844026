"""Paging: which requests bring the records that are wanted, and when to stop.

A stream is read in *windows* of time (one, unless the platform bounds them), newest first, and each window in pages.
Pages whose place is known beforehand are fetched together, the others one after the other.

    plan windows ─► first page ─► total known? ─yes─► the rest at once
                                       └─no──► next page … until short, empty, or no cursor
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from connectors.mapping import Mapper, compile_selection
from connectors.runtime.endpoint import Fetched
from connectors.schema.definition import Paging, TimeUnit
from connectors.schema.variables import parse_mapping
from connectors.transport import UpstreamMalformedError

Json = Any
Variables = dict[str, Json]
"""What `$page` stands for."""

_HORIZON = timedelta(days=365)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(seconds=1)
_COUNT = re.compile(r"[0-9]{1,9}")
_MOST_EMPTY = 50
"""Pages in a row that may bring nothing, before the platform's paging counts as endless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time; an open end is None."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its answer, the `$page` that asked for it, its mapped records, and how many the platform gave."""

    fetched: Fetched
    variables: Mapping[str, Json]
    records: Sequence[Json] = field(repr=False)
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was read: pages in order, whether there is more, the platform's count, and why it stopped early."""

    pages: tuple[Page, ...]
    has_more: bool = False
    total: int | None = None
    reason: str | None = None

    @property
    def records(self) -> list[Json]:
        """All records in order."""
        return [record for page in self.pages for record in page.records]

    @property
    def fetched(self) -> list[Fetched]:
        """The answers that the records came from, each once, in order."""
        return list({id(page.fetched): page.fetched for page in self.pages}.values())


def united(batches: Sequence[Batch]) -> Batch:
    """Return what several streams gave, as one."""
    return Batch(
        pages=tuple(page for batch in batches for page in batch.pages),
        has_more=any(batch.has_more for batch in batches),
        reason=_reason(batches),
    )


Fetch = Callable[[Mapping[str, Json]], Awaitable[Fetched]]
MapPage = Callable[[Fetched, Mapping[str, Json]], Sequence[Json]]


class StreamReader:
    """Reads the records of one paged endpoint; `fetch` gets one page, `map_page` maps its records."""

    def __init__(self, paging: Paging, fetch: Fetch, map_page: MapPage, *, concurrency: int) -> None:
        self._paging = paging
        self._fetch = fetch
        self._map_page = map_page
        self._concurrency = concurrency
        self._total = _reader(paging.total)
        self._pages = _reader(paging.pages)
        self._records = _reader(paging.records)
        self._next = _reader(paging.next)

    async def read(
        self, span: Span, *, now: datetime, want: int | None = None, start: Mapping[str, Json] | None = None
    ) -> Batch:
        """Return at least `want` records of `span` if there are so many (None: all, up to `@paging(most:)`).

        `start` is the `$page` of an earlier page to go on from.
        """
        most = self._paging.most
        if self._paging.window is None:
            return await self._window(span, min(want or most, most), start, is_limited=want is not None)
        spans = windows(span, self._paging.window, now)
        batches: list[Batch] = []
        at_once = self._concurrency if want is None else 1
        index = found = 0
        while index < len(spans) and found < (want or most):
            group = spans[index : index + at_once]
            index += len(group)
            wanted = (want or most) - found if self._comes_in_order else most
            read = await together([self._window(each, wanted, None, is_limited=False) for each in group])
            batches += read if self._comes_in_order else [newest_first(batch) for batch in read]
            found = sum(len(batch.records) for batch in batches)
            at_once = min(self._concurrency, at_once * 2)
        pages = tuple(page for batch in batches for page in batch.pages)
        has_more = index < len(spans) or any(batch.has_more for batch in batches)
        is_cut = span.since is None and not has_more  # an open start ends at the horizon
        return Batch(pages=pages, has_more=has_more, reason=_reason(batches) or ("TIME_LIMIT" if is_cut else None))

    @property
    def _comes_in_order(self) -> bool:
        return self._paging.order == "NEWEST_FIRST"

    async def _window(self, span: Span, want: int, start: Mapping[str, Json] | None, *, is_limited: bool) -> Batch:
        style = self._paging.style
        first = self._first(span, want if is_limited else self._paging.size, start)
        page = await self._page(first)
        total = _count(self._total, page)
        match style:
            case "NONE":
                return Batch(pages=(page,), total=total)
            case "OFFSET" | "PAGE":
                return await self._numbered(page, total, want)
            case "CURSOR" | "MOVING_WINDOW":
                return await self._followed(page, total, want)
            case _:
                assert_never(style)

    def _first(self, span: Span, want: int, start: Mapping[str, Json] | None) -> Variables:
        paging = self._paging
        variables: Variables = {
            "limit": min(paging.size, max(1, want)) if paging.style == "OFFSET" else paging.size,
            "offset": paging.first,
            "number": paging.first,
            "cursor": None,
            "from": _written(span.since, paging.time),
            "to": _written(span.until, paging.time),
        }
        if start is not None:
            variables |= {name: start[name] for name in ("offset", "number", "cursor", "limit") if name in start}
        return variables

    async def _page(self, variables: Variables) -> Page:
        fetched = await self._fetch(variables)
        records = self._map_page(fetched, variables)
        page = Page(fetched=fetched, variables=variables, records=records, size=len(records))
        counted = _count(self._records, page)
        return page if counted is None else replace(page, size=counted)

    async def _numbered(self, page: Page, total: int | None, want: int) -> Batch:
        """Offsets and page numbers: with a total the remaining pages are known and fetched together."""
        pages, found = [page], len(page.records)
        last_number = _count(self._pages, page)
        if last_number is not None:
            last_number += self._paging.first - 1
        while found < want and self._more_after(pages[-1], total, last_number):
            group = self._known_after(pages[-1], total, last_number, want - found)
            fetched = await together([self._page(variables) for variables in group])
            pages += fetched
            found += sum(len(each.records) for each in fetched)
            _check_that_it_ends(pages)
            if total is None and last_number is None and any(not each.size for each in fetched):
                break
        more = self._more_after(pages[-1], total, last_number)
        stopped = more and found >= self._paging.most
        return Batch(pages=tuple(pages), has_more=more, total=total, reason="RECORD_LIMIT" if stopped else None)

    def _more_after(self, page: Page, total: int | None, last_number: int | None) -> bool:
        limit, offset = int(page.variables["limit"]), int(page.variables["offset"])
        if self._paging.style == "OFFSET":
            read = offset + limit
            return read - self._paging.first < total if total is not None else page.size >= limit
        if last_number is not None:
            return int(page.variables["number"]) < last_number
        if total is not None:
            return (int(page.variables["number"]) - self._paging.first + 1) * limit < total
        return page.size >= limit

    def _known_after(self, page: Page, total: int | None, last_number: int | None, missing: int) -> list[Variables]:
        size = self._paging.size
        base = dict(page.variables)
        if self._paging.style == "OFFSET":
            offset = int(base["offset"]) + int(base["limit"])
            end = offset + (min(missing, total + self._paging.first - offset) if total is not None else 1)
            starts = range(offset, end, size)
            return [
                {**base, "offset": at, "limit": min(size, missing - (at - offset)) if total is not None else size}
                for at in starts
            ]
        number, limit = int(base["number"]), int(base["limit"])
        if last_number is None and total is not None:
            last_number = self._paging.first - 1 + -(-total // limit)
        if last_number is None:
            return [{**base, "number": number + 1}]
        end = min(last_number, number + -(-missing // limit))
        return [{**base, "number": each} for each in range(number + 1, end + 1)]

    async def _followed(self, page: Page, total: int | None, want: int) -> Batch:
        """Cursors and moving windows: each page says where the next one is."""
        pages, found = [page], len(page.records)
        seen: set[Json] = set()
        following = self._following(page)
        while following is not None and found < want:
            mark = following["cursor"] if self._paging.style == "CURSOR" else following["to"]
            if mark in seen:
                raise UpstreamMalformedError("The platform's paging runs in a circle.")
            seen.add(mark)
            pages.append(await self._page(following))
            _check_that_it_ends(pages)
            found += len(pages[-1].records)
            following = self._following(pages[-1])
        stopped = following is not None and found >= self._paging.most
        return Batch(
            pages=tuple(pages),
            has_more=following is not None,
            total=total,
            reason="RECORD_LIMIT" if stopped else None,
        )

    def _following(self, page: Page) -> Variables | None:
        following = self._next(page.fetched.body, page.fetched.facts)[0] if self._next is not None else None
        if following is None or following == "":
            return None
        if isinstance(following, dict | list | bool):
            raise UpstreamMalformedError("The platform's mark of the next page is no text and no number.")
        if self._paging.style == "CURSOR":
            return {**page.variables, "cursor": following}
        is_full = page.size >= int(page.variables["limit"])
        return {**page.variables, "to": following} if is_full else None


def windows(span: Span, width: timedelta, now: datetime) -> list[Span]:
    """Split a span into windows of at most `width`, newest first, that share no second.

    An open end is now, an open start lies a year before the end.
    """
    until = min(span.until, now) if span.until is not None else now
    since = span.since if span.since is not None else until - _HORIZON
    found = []
    end = until
    while end >= since:
        start = max(since, end - width + _TICK)
        found.append(Span(since=start, until=end))
        end = start - _TICK
    return found


def started_at(record: Json) -> datetime | None:
    """Return when a mapped engagement began (or ended, or a payment was made), if it says so."""
    if not isinstance(record, dict):
        return None
    period = record.get("period")
    text = (period.get("start") or period.get("end")) if isinstance(period, dict) else record.get("at")
    return moment(text)


def moment(text: Json) -> datetime | None:
    """Read an instant in RFC 3339; None when it is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def within(batch: Batch, span: Span) -> Batch:
    """Return the batch with only the records that began within `span`, for platforms that cannot filter."""
    if span.since is None and span.until is None:
        return batch
    pages = tuple(
        replace(page, records=[record for record in page.records if is_within(record, span)]) for page in batch.pages
    )
    return replace(batch, pages=pages)


def newest_first(batch: Batch) -> Batch:
    """Return the batch with its records by their time, latest first; those without a time come last."""
    placed = [(page, record) for page in batch.pages for record in page.records]
    placed.sort(key=lambda item: started_at(item[1]) or _EARLIEST, reverse=True)
    pages = tuple(Page(fetched=page.fetched, variables={}, records=[record]) for page, record in placed)
    return replace(batch, pages=pages or batch.pages)


def is_within(record: Json, span: Span) -> bool:
    """Whether a record began within `span`; one without a time did not."""
    at = started_at(record)
    if at is None:
        return False
    return (span.since is None or at >= span.since) and (span.until is None or at <= span.until)


async def together(work: Sequence[Awaitable[Any]], *, at_once: int | None = None) -> list[Any]:
    """Await all, at most so many at once; the first failure cancels the others and is raised."""
    slots = asyncio.Semaphore(at_once or max(1, len(work)))

    async def awaited(each: Awaitable[Any]) -> Any:
        async with slots:
            return await each

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(awaited(each)) for each in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        for each in work:  # where a failure, or who waited for all, ended the others before they began
            if asyncio.iscoroutine(each):
                each.close()
    return [task.result() for task in tasks]


def _check_that_it_ends(pages: Sequence[Page]) -> None:
    """Refuse a platform that names ever new cursors, or a total far beyond what it has, and gives nothing."""
    if len(pages) > _MOST_EMPTY and not any(page.size for page in pages[-_MOST_EMPTY:]):
        raise UpstreamMalformedError("The platform's paging does not end.")


def _reader(text: str | None) -> Mapper | None:
    return None if text is None else compile_selection(parse_mapping(text))


def _count(mapper: Mapper | None, page: Page) -> int | None:
    value = mapper(page.fetched.body, page.fetched.facts)[0] if mapper is not None else None
    if isinstance(value, str) and _COUNT.fullmatch(value):  # as a header says it
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _written(at: datetime | None, unit: TimeUnit) -> Json:
    if at is None:
        return None
    match unit:
        case "RFC3339":
            return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case "UNIX_SECONDS":
            return int(at.timestamp())
        case "UNIX_MILLISECONDS":
            return int(at.timestamp() * 1000)
        case _:
            assert_never(unit)


def _reason(batches: Sequence[Batch]) -> str | None:
    return next((batch.reason for batch in batches if batch.reason is not None), None)
