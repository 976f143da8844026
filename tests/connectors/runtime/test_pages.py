"""Paging against platforms in memory: what is wanted comes, in order, once, in as few requests as that takes."""

import asyncio
import gc
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.runtime.endpoint import Fetched
from connectors.runtime.pages import Span, StreamReader, together, windows
from connectors.schema.definition import Paging
from connectors.transport import UpstreamMalformedError

quick = settings(max_examples=40, deadline=None)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def paging(style: str, size: int, **options: Any) -> Paging:
    """Paging of one style."""
    return Paging(
        **{
            "style": style, "size": size, "first": 1 if style == "PAGE" else 0, "total": None, "pages": None,
            "next": "$.next" if style == "CURSOR" else None, "window": None, "time": "RFC3339",
            "order": "NEWEST_FIRST", "most": 10_000, **options,
        }
    )  # fmt: skip


class Platform:
    """So many records behind one endpoint."""

    def __init__(self, count: int, rules: Paging) -> None:
        self.records = [{"ref": str(number)} for number in range(count)]
        self.rules = rules
        self.requests = 0

    async def fetch(self, page: Mapping[str, Any]) -> Fetched:
        self.requests += 1
        assert page["limit"] <= self.rules.size
        start = {
            "OFFSET": page["offset"],
            "PAGE": (page["number"] - 1) * self.rules.size,
            "CURSOR": int(page["cursor"] or 0),
        }[self.rules.style]
        end = start + page["limit"]
        body = {
            "items": self.records[start:end],
            "total": len(self.records),
            "pages": -(-len(self.records) // self.rules.size),
            "next": str(end) if end < len(self.records) else None,
        }
        return Fetched(body=body, sha256="", at=NOW)

    def read(self, want: int | None) -> Any:
        reader = StreamReader(self.rules, self.fetch, lambda fetched, variables: fetched.body["items"], concurrency=4)
        return asyncio.run(reader.read(Span(), now=NOW, want=want))


STYLES = [
    ("OFFSET", {"total": "$.total"}),
    ("OFFSET", {}),
    ("PAGE", {"pages": "$.pages"}),
    ("PAGE", {"total": "$.total"}),
    ("PAGE", {}),
    ("CURSOR", {}),
]


@quick
@given(st.sampled_from(STYLES), st.integers(0, 40), st.integers(1, 9), st.integers(1, 45))
def test_what_is_wanted_comes_in_order_once_and_cheaply(
    style: tuple[str, dict[str, str]], count: int, size: int, want: int
) -> None:
    platform = Platform(count, paging(style[0], size, **style[1]))
    batch = platform.read(want)
    wanted = platform.records[:want]
    assert batch.records[: len(wanted)] == wanted
    assert platform.requests <= max(1, -(-want // size))
    if not batch.has_more:
        assert batch.records == platform.records


@quick
@given(st.sampled_from(STYLES), st.integers(0, 40), st.integers(1, 9))
def test_everything_comes_when_everything_is_wanted(style: tuple[str, dict[str, str]], count: int, size: int) -> None:
    platform = Platform(count, paging(style[0], size, **style[1]))
    batch = platform.read(None)
    assert batch.records == platform.records
    assert not batch.has_more
    assert platform.requests <= count // size + 1


def test_reading_stops_at_the_limit_and_says_so() -> None:
    platform = Platform(100, paging("OFFSET", 10, total="$.total", most=25))
    batch = platform.read(None)
    assert (len(batch.records), batch.has_more, batch.reason) == (25, True, "RECORD_LIMIT")


def test_cursor_that_comes_again_is_malformed() -> None:
    rules = paging("CURSOR", 2)

    async def fetch(page: Mapping[str, Any]) -> Fetched:
        return Fetched(body={"items": [{}], "next": "same"}, sha256="", at=NOW)

    reader = StreamReader(rules, fetch, lambda fetched, variables: fetched.body["items"], concurrency=1)
    with pytest.raises(UpstreamMalformedError, match="circle"):
        asyncio.run(reader.read(Span(), now=NOW))


@pytest.mark.parametrize("style", ["CURSOR", "OFFSET", "PAGE"])
def test_paging_that_goes_on_without_records_is_left(style: str) -> None:
    """Ever new cursors, or a total that is far beyond what there is."""
    asked: list[Mapping[str, Any]] = []

    async def fetch(page: Mapping[str, Any]) -> Fetched:
        asked.append(page)
        return Fetched(body={"items": [], "next": f"c{len(asked)}", "total": 10**9}, sha256="", at=NOW)

    rules = paging(style, 100) if style == "CURSOR" else paging(style, 100, total="$.total")
    reader = StreamReader(rules, fetch, lambda fetched, variables: fetched.body["items"], concurrency=4)
    with pytest.raises(UpstreamMalformedError, match="does not end"):
        asyncio.run(reader.read(Span(), now=NOW))
    assert len(asked) <= 101


@quick
@given(st.integers(0, 80 * 86_400), st.integers(43_200, 30 * 86_400))
def test_windows_cover_a_span_once(seconds: int, width: int) -> None:
    since = NOW - timedelta(seconds=seconds)
    found = windows(Span(since=since, until=NOW), timedelta(seconds=width + 1), NOW)
    assert (found[0].until, found[-1].since) == (NOW, since)
    for newer, older in pairwise(found):
        assert newer.since - older.until == timedelta(seconds=1)
    assert all(each.until - each.since <= timedelta(seconds=width) for each in found)


def test_work_that_never_began_is_put_away_when_who_waits_for_it_gives_up() -> None:
    begun: list[int] = []

    async def main() -> None:
        has_begun = asyncio.Event()

        async def work(number: int) -> None:
            begun.append(number)
            has_begun.set()
            await asyncio.Event().wait()

        waiting = asyncio.ensure_future(together([work(number) for number in range(3)], at_once=1))
        await has_begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    gc.collect()  # where an unawaited coroutine would be told of, as an error
    assert begun == [0]
