"""A conformance run is seen by every process, and is lost with its own: it never stays running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from connectors.catalogue import built_in
from connectors.observation import Observer
from connectors.registration import Registration
from connectors.registration.runs import ConformanceRuns

UBER = next(each for each in built_in() if each.name == "uber")
START = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Roll:
    """Which processes live, as the test says."""

    number: int | None
    alive: dict[int, str] = field(default_factory=dict)

    def here(self) -> int | None:
        return self.number

    def living(self) -> Mapping[int, str]:
        return self.alive


class Gate:
    """Every platform is open."""

    def open(self, session: object, *, platform: str) -> None:
        pass

    def close(self, session: object, *, platform: str, reason: str) -> None:
        pass


class Two:
    """Two processes and a version that waits for its test."""

    def __init__(self, engine: Engine) -> None:
        self.now = START
        self.alive = {1: "one:1", 2: "two:2"}
        self.first, self.second = (
            ConformanceRuns(engine, Roll(number, self.alive), clock=lambda: self.now) for number in (1, 2)
        )
        self.registration = Registration(
            engine,
            Gate(),
            lambda connector, others: [],
            uses=Observer(engine, Roll(None), clock=lambda: self.now),
            clock=lambda: self.now,
        )
        taken = self.registration.submit(UBER.source, by="platform:uber")
        self.id = taken.version_id  # type: ignore[union-attr]


@pytest.fixture
def two(registry_database: Engine) -> Two:
    return Two(registry_database)


def test_run_is_seen_from_every_process_and_begun_once(two: Two) -> None:
    assert two.first.state(two.id) is None
    assert two.first.begin(two.id, by="somebody")
    assert two.second.state(two.id) == "RUNNING"
    assert not two.second.begin(two.id, by="somebody else")


def test_report_ends_the_run(two: Two) -> None:
    two.first.begin(two.id, by="somebody")
    assert two.registration.record_test(two.id, ok=True, report=["1 ok"], by="somebody") is None
    assert two.second.state(two.id) is None


def test_run_is_lost_with_its_process_and_can_be_begun_again(two: Two) -> None:
    two.first.begin(two.id, by="somebody")
    del two.alive[1]
    assert two.second.state(two.id) == "LOST"
    assert two.second.begin(two.id, by="somebody else")
    assert two.second.state(two.id) == "RUNNING"


def test_run_that_takes_too_long_is_lost_though_its_process_lives(two: Two) -> None:
    two.first.begin(two.id, by="somebody")
    two.now += timedelta(minutes=12)
    assert two.second.state(two.id) == "LOST"
