"""Feeds against the sandbox: read in the background, kept, shared among processes; a broken provider loses nothing."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from connectors.catalogue import built_in
from connectors.environment import Environment
from connectors.feeds import FeedKeeper, FeedSource, FeedStore
from connectors.feeds.models import FeedCopy, FeedOpening
from connectors.feeds.reader import PublicRead
from connectors.sandbox.providers import built_in_providers
from connectors.schema import load_any
from connectors.transport import Wire
from tests.connectors.conftest import fresh_database

CATALOGUE, BOARD = built_in_providers()
CREATORUP, UBER = (next(each for each in built_in() if each.name == name) for name in ("creatorup", "uber"))


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self):
        return self.now


@dataclass
class Bench:
    keeper: FeedKeeper
    store: FeedStore
    source: FeedSource
    live: list
    clock: Clock
    sandbox_url: str
    since: int
    permit: PublicRead = field(default_factory=PublicRead)

    async def read(self):
        return await self.keeper.read_due(self.permit)

    async def switch(self, platform, **switches):
        address = f"{self.sandbox_url}/control/platforms/{platform}"
        async with aiohttp.ClientSession() as session, session.post(address, json=switches) as answer:
            answer.raise_for_status()

    async def calls(self, platform):
        address = f"{self.sandbox_url}/control/log?platform={platform}&kind=api&since_seq={self.since}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return [entry["status"] for entry in (await answer.json())["entries"]]

    def state(self, platform, feed):
        return next(each for each in self.store.states() if (each.platform, each.feed) == (platform, feed))


@pytest.fixture
def in_bench(sandbox_url, tmp_path):
    @asynccontextmanager
    async def bench(engine, live):
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{sandbox_url}/control/reset", json={}) as answer:
                answer.raise_for_status()
            async with session.get(f"{sandbox_url}/control/log") as answer:
                since = int((await answer.json())["last_seq"])
        clock, connectors = Clock(), list(live)
        environment = Environment(sandbox_url=sandbox_url)
        async with Wire() as wire:
            store = FeedStore(engine, clock=clock)
            keeper = FeedKeeper(store, lambda: connectors, wire, environment, clock=clock)
            source = FeedSource(store, lambda: connectors, is_read=keeper.is_read, simulated=True)
            yield Bench(keeper, store, source, connectors, clock, sandbox_url, since)

    def run(test, *live):
        async def main(engine):
            async with bench(engine, live) as it:
                await test(it)

        with fresh_database(tmp_path, (FeedCopy, FeedOpening)) as engine:
            asyncio.run(main(engine))

    return run


def test_platforms_names_and_what_they_ask_for_are_published_without_reading_any_feed(in_bench):
    async def test(bench):
        published = bench.source.read()
        assert published.names == {"creatorup": "CreatorUp", "uber": "Uber"}
        assert {each.platform: each.notes["sv"][:8] for each in published.entries} == {
            "creatorup": "Antaget:",
            "uber": "Körkort,",
        }
        before = bench.source.revision()
        bench.live.pop()
        assert bench.source.revision() != before

    in_bench(test, CREATORUP, UBER)


def test_all_feeds_are_read_and_kept_with_their_provenance(in_bench):
    async def test(bench):
        assert not bench.source.read().settled
        assert await bench.read() == 4
        assert bench.source.read().settled
        found = {(each.platform, each.gives): each for each in bench.source.read().feeds}
        assert set(found) == {
            ("course_catalogue", "TRAINING"),
            ("creatorup", "TRAINING"),
            ("job_board", "OPPORTUNITIES"),
            ("job_board", "POSTINGS"),
        }
        tracks = found["creatorup", "TRAINING"]
        assert (tracks.display_name, tracks.fidelity, tracks.simulated, tracks.version) == (
            "CreatorUp",
            "HYPOTHETICAL",
            True,
            "1.0.0",
        )
        assert [each["title"] for each in tracks.records][:2] == ["Camera and light: basics", "Video editing"]
        assert len(found["course_catalogue", "TRAINING"].records) > 200
        assert len(bench.store.openings()) == len(found["job_board", "OPPORTUNITIES"].records) > 200
        assert await bench.read() == 0, "nothing is due"

    in_bench(test, CATALOGUE, CREATORUP, BOARD)


def test_requests_are_conditional_and_an_unchanged_feed_stays_as_it_is(in_bench):
    async def test(bench):
        await bench.read()
        before, revision = len(await bench.calls("course_catalogue")), bench.source.revision()
        bench.clock.now += timedelta(hours=2)
        assert await bench.read() == 1
        assert (await bench.calls("course_catalogue"))[before:] == [304]
        assert bench.source.revision() == revision
        assert bench.state("course_catalogue", "courses").checked_at == bench.clock.now

    in_bench(test, CATALOGUE)


@pytest.mark.parametrize("fault", [{"on": False}, {"malformed": True}, {"drift": {"items": "elements"}}])
def test_broken_provider_loses_nothing_and_is_tried_again_later(in_bench, fault):
    async def test(bench):
        await bench.read()
        kept = bench.source.read()
        await bench.switch("course_catalogue", **fault)
        bench.live[:] = [replace(CATALOGUE, digest="f" * 64)]  # a new text is read anew, without conditions
        await bench.read()
        state = bench.state("course_catalogue", "courses")
        assert state.failures == 1
        assert "UPSTREAM_" in state.error
        assert state.next_at == bench.clock.now + timedelta(minutes=1)
        assert bench.source.read() == kept
        bench.clock.now += timedelta(minutes=1)
        await bench.switch("course_catalogue", reset=True)
        await bench.read()
        assert bench.state("course_catalogue", "courses").failures == 0

    in_bench(test, CATALOGUE)


def test_reading_whose_records_are_all_refused_is_wrong_and_the_last_copy_stays(in_bench):
    async def test(bench):
        await bench.read()
        kept = bench.source.read()
        await bench.switch("course_catalogue", drift={"hours": "duration"})
        bench.live[:] = [replace(CATALOGUE, digest="f" * 64)]
        await bench.read()
        assert (
            "Every record was refused; the most for: `hours` is missing. [FIELD_MISSING]"
            in bench.state("course_catalogue", "courses").error
        )
        assert bench.source.read() == kept

    in_bench(test, CATALOGUE)


def test_some_refused_records_are_counted_and_the_others_kept(in_bench):
    async def test(bench):
        bench.live[:] = [load_any(CATALOGUE.source.replace('"ON_SITE"', '"SOMEWHERE"'))]
        await bench.read()
        state = bench.state("course_catalogue", "courses")
        assert state.accepted > 150
        assert [(each["code"], each["message"]) for each in state.refused] == [
            ("FIELD_INVALID", "`mode` is not what it should be.")
        ]
        assert state.refused[0]["count"] > 10
        assert state.refused[0]["example"]

    in_bench(test)


def test_processes_share_the_work(in_bench):
    async def test(bench):
        async with Wire() as wire:
            other = FeedKeeper(
                bench.store,
                lambda: bench.live,
                wire,
                Environment(sandbox_url=bench.sandbox_url),
                clock=bench.clock,
            )
            done = await asyncio.gather(bench.read(), other.read_due(PublicRead()))
        assert sum(done) == 1
        assert len(await bench.calls("course_catalogue")) == 3

    in_bench(test, CATALOGUE)


def test_claim_of_a_process_that_died_lapses(in_bench):
    async def test(bench):
        assert bench.store.claim(CATALOGUE, CATALOGUE.definition.feeds[0]) == {}
        assert await bench.read() == 0
        bench.clock.now += timedelta(minutes=11)
        assert await bench.read() == 1

    in_bench(test, CATALOGUE)


def test_copies_of_what_is_no_longer_live_are_not_published_and_come_back_with_it(in_bench):
    async def test(bench):
        await bench.read()
        before = bench.source.revision()
        bench.live.clear()
        assert bench.source.revision() != before
        assert bench.source.read().feeds == []
        bench.live.append(CATALOGUE)
        assert len(bench.source.read().feeds) == 1

    in_bench(test, CATALOGUE)


def test_feed_that_nobody_has_seen_is_not_read_outside_the_sandbox(tmp_path):
    with fresh_database(tmp_path, (FeedCopy, FeedOpening)) as engine:
        clock = Clock()
        store = FeedStore(engine, clock=clock)
        keeper = FeedKeeper(store, lambda: [CATALOGUE], Wire(), Environment(), clock=clock)
        assert asyncio.run(keeper.read_due(PublicRead())) == 0
        assert store.states() == []


def test_nothing_is_read_after_the_permission_ended(in_bench):
    async def test(bench):
        bench.permit.end()
        await bench.read()
        assert "CONSENT_ENDED" in bench.state("course_catalogue", "courses").error
        assert await bench.calls("course_catalogue") == []

    in_bench(test, CATALOGUE)
