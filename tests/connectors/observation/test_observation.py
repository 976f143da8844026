"""What processes counted becomes rows, and the rows tell how a platform fares and what of it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import parse
from sqlalchemy import Engine, select

from connectors.catalogue import built_in
from connectors.observation import Loading, Observer, Recorder, Use
from connectors.observation.models import PROCESS, FieldUse, PlatformDrift, PlatformTraffic, RunningProcess
from connectors.runtime.health import Drift
from connectors.runtime.uses import UseLog, coordinates_of
from connectors.transport.breaker import BreakerState
from connectors.transport.upstream import UpstreamCounters
from tests.connectors.conftest import fresh_database

START = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
UBER = next(each for each in built_in() if each.name == "uber")


@dataclass
class Running:
    """A running connector whose numbers the test sets."""

    name: str = "uber"
    counters: UpstreamCounters = field(default_factory=UpstreamCounters)
    breaker_state: BreakerState = "closed"
    drift: list[Drift] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)

    def drift_lines(self) -> Sequence[Drift]:
        return self.drift

    def take_uses(self) -> Mapping[str, int]:
        taken, self.uses = self.uses, {}
        return taken


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with fresh_database(tmp_path, (PlatformTraffic, PlatformDrift, FieldUse, RunningProcess)) as engine:
        yield engine


@dataclass
class Roll:
    """Which processes live, as the test says."""

    number: int | None = None
    alive: dict[int, str] = field(default_factory=dict)

    def here(self) -> int | None:
        return self.number

    def living(self) -> Mapping[int, str]:
        return self.alive


class Desk:
    """Two processes over one database, and a clock."""

    def __init__(self, engine: Engine) -> None:
        self.now = START
        self.first, self.second = Running(), Running()
        self.alive = {1: "one:11", 2: "two:22"}
        self.loaded = [7, 7]
        self.observer = Observer(engine, Roll(alive=self.alive), clock=lambda: self.now)
        self.recorders = [
            self.recorder(engine, name, number, running)
            for number, (name, running) in enumerate((("a", self.first), ("b", self.second)), start=1)
        ]

    def recorder(self, engine: Engine, name: str, number: int, running: Running) -> Recorder:
        roll = Roll(number=number, alive=self.alive)
        return Recorder(engine, name, lambda: [running], lambda: self.loaded[number - 1], roll, clock=lambda: self.now)

    def write(self) -> None:
        for recorder in self.recorders:
            asyncio.run(recorder.write())


@pytest.fixture
def desk(database: Engine) -> Desk:
    return Desk(database)


def drifted(count: int) -> Drift:
    return Drift(connect="me", code="MISSING_KEY", path="$.city", message="no such key", count=count, first_seen=START)


def test_traffic_of_all_processes_is_summed_once(desk: Desk) -> None:
    desk.first.counters = UpstreamCounters(requests=10, answered=8, failed=2, throttled=1, slow=1, seconds=4.0)
    desk.second.counters = UpstreamCounters(requests=10, answered=10, seconds=1.0)
    desk.write()
    desk.write()
    desk.first.counters.requests = desk.first.counters.answered = 12
    desk.write()
    health = desk.observer.health("uber")
    assert (health.requests, health.answered, health.failed, health.throttled, health.slow) == (22, 22, 2, 1, 1)
    assert health.error_rate == round(2 / 22, 4)
    assert health.throttle_rate == round(1 / 22, 4)
    assert health.mean_seconds == round(5 / 22, 4)
    desk.now += timedelta(hours=2)
    assert desk.observer.health("uber").requests == 0
    assert desk.observer.health("uber").error_rate is None


def test_counters_that_begin_anew_with_another_version_are_not_lost(desk: Desk) -> None:
    desk.first.counters = UpstreamCounters(requests=10)
    desk.write()
    desk.first.counters = UpstreamCounters(requests=3)
    desk.write()
    assert desk.observer.health("uber").requests == 13


def test_breaker_is_the_worst_of_the_live_processes(desk: Desk) -> None:
    desk.first.breaker_state = "half_open"
    desk.second.breaker_state = "open"
    desk.write()
    assert desk.observer.health("uber").breaker == "open"
    desk.now += timedelta(minutes=5)
    assert desk.observer.health("uber").breaker == "closed"


def test_drift_is_one_line_with_its_first_and_last_day(desk: Desk) -> None:
    desk.first.drift, desk.second.drift = [drifted(3)], [drifted(1)]
    desk.write()
    desk.now += timedelta(days=1)
    desk.first.drift = [drifted(5)]
    desk.write()
    (line,) = desk.observer.drift("uber")
    assert (line.path, line.code, line.count) == ("$.city", "MISSING_KEY", 6)
    assert (line.first_seen, line.last_seen) == (START, START + timedelta(days=1))
    assert desk.observer.health("uber").drifts == 1


def test_uses_are_counted_by_coordinate_and_forgotten_after_a_month(desk: Desk) -> None:
    desk.first.uses = {"UberAccount.vehicles": 2, "UberVehicle.trips": 1}
    desk.second.uses = {"UberAccount.vehicles": 3}
    desk.write()
    assert desk.observer.use_of("uber", ["UberAccount.vehicles"]) == Use(uses=5, last="2026-05-01")
    assert desk.observer.use_of("uber", ["UberVehicle"]) == Use(uses=1, last="2026-05-01")
    assert desk.observer.use_of("uber", ["UberAccount.tips"]) == Use()
    desk.now += timedelta(days=31)
    assert desk.observer.use_of("uber", ["UberAccount.vehicles"]) == Use()


def test_version_is_live_when_every_living_process_has_loaded_it(desk: Desk) -> None:
    desk.write()
    assert desk.observer.loading(7) == Loading(loaded=2, processes=2, missing=())
    desk.loaded[0] = 8
    desk.write()
    assert desk.observer.loading(8) == Loading(loaded=1, processes=2, missing=("two:22",))
    assert not desk.observer.loading(8).is_complete


def test_silent_process_counts_until_it_is_proven_dead(desk: Desk) -> None:
    desk.write()
    desk.loaded[0] = 8
    desk.now += timedelta(days=2)
    asyncio.run(desk.recorders[0].write())
    assert desk.observer.loading(8).missing == ("two:22",)
    del desk.alive[2]
    assert desk.observer.loading(8) == Loading(loaded=1, processes=1, missing=())


def test_rows_of_the_dead_go_when_a_process_begins(desk: Desk, database: Engine) -> None:
    desk.write()
    del desk.alive[1]

    async def begin() -> None:
        task = asyncio.create_task(desk.recorders[1].run())
        await asyncio.wait([task], timeout=0.3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(begin())
    with database.connect() as connection:
        assert connection.execute(select(PROCESS.c.id)).all() == []


async def until(condition: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(condition):
        pass


def test_what_was_loaded_is_told_at_once(desk: Desk) -> None:
    async def hurry() -> Loading:
        task = asyncio.create_task(desk.recorders[0].run())
        try:
            async with asyncio.timeout(4):
                await until(lambda: desk.observer.loading(7).processes == 1)
                desk.loaded[0] = 9
                desk.recorders[0].hurry()
                await until(lambda: desk.observer.loading(9).is_complete)
            return desk.observer.loading(9)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    assert asyncio.run(hurry()) == Loading(loaded=1, processes=1, missing=())


def test_nothing_is_lost_while_the_database_is_away(desk: Desk, database: Engine) -> None:
    desk.first.counters = UpstreamCounters(requests=4)
    PlatformTraffic.__table__.drop(database)  # type: ignore[attr-defined]
    asyncio.run(desk.recorders[0].write())
    PlatformTraffic.__table__.create(database)  # type: ignore[attr-defined]
    asyncio.run(desk.recorders[0].write())
    assert desk.observer.health("uber").requests == 4


def test_process_that_stops_takes_its_row_with_it(desk: Desk) -> None:
    async def begin_and_stop() -> None:
        task = asyncio.create_task(desk.recorders[0].run())
        await asyncio.wait([task], timeout=0.3)
        assert desk.observer.processes() == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(begin_and_stop())
    assert desk.observer.processes() == 0


def test_documents_are_counted_by_what_they_select() -> None:
    text = (
        "query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on UberAccount { ...F } } } "
        "fragment F on UberAccount { vehicles { trips } engagements { edges { node { ref } } } }"
    )
    document = parse(text)
    wanted = {
        "UberAccount.vehicles",
        "UberVehicle.trips",
        "UberAccount.engagements",
        "EngagementConnection.edges",
        "EngagementEdge.node",
        "Engagement.ref",
    }
    assert coordinates_of(document, UBER.schema) == wanted
    log = UseLog(UBER.schema)
    log.note(text, document)
    log.note(text, document)
    assert log.take() == dict.fromkeys(wanted, 2)
    assert log.take() == {}


def test_value_of_another_type_is_drift_before_anybody_complains(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", retype=["duration"])
        answer = await world.read(
            "uber", account_id, "engagements(first: 1) { edges { node { duration { seconds } } } }"
        )
        (subgraph,) = (each for each in world.platforms.registry.subgraphs if each.name == "uber")
        return answer, subgraph.drift_lines(), subgraph.take_uses()

    answer, lines, uses = in_world(test)
    assert "errors" not in answer
    assert [(line.path, line.code) for line in lines] == [("Duration.seconds", "TYPE_MISMATCH")]
    assert uses["UberAccount.engagements"] == 1
