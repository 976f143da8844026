from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from connectors.sandbox.driving import DrivingHabit, Ride, rides_of
from connectors.sandbox.platforms.uber.drivers import SAN_FRANCISCO
from connectors.sandbox.world import World

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
YEARS = 2


@pytest.fixture(scope="module")
def rides() -> list[Ride]:
    world = World(seed=1, clock=lambda: NOW, started=NOW)
    habit = DrivingHabit(
        platform="uber", login="somebody", city=SAN_FRANCISCO, first_day=365 * YEARS, weekly_rides=30, cash=0.1
    )
    return rides_of(world, habit)


def test_the_mean_week_is_kept(rides: list[Ride]) -> None:
    assert 26 < len(rides) / (52 * YEARS) < 34


def test_nobody_drives_two_rides_at_once_or_in_the_future(rides: list[Ride]) -> None:
    assert all(before.ended < after.accepted for before, after in pairwise(rides))
    assert rides[-1].ended <= NOW.timestamp()


def test_moments_of_a_ride_are_in_order(rides: list[Ride]) -> None:
    for ride in rides:
        moments = [at for at in (ride.accepted, ride.arrived, ride.began, ride.ended) if at is not None]
        assert moments == sorted(moments)
        assert (ride.began is not None) == (ride.outcome == "completed")


def test_fridays_and_saturdays_are_long(rides: list[Ride]) -> None:
    days = Counter(ride.day.weekday() for ride in rides)
    assert min(days[4], days[5]) > 1.3 * max(days[0], days[1])


def test_there_are_holidays(rides: list[Ride]) -> None:
    gaps = [(after.day - before.day).days for before, after in pairwise(rides)]
    assert sum(gap >= 14 for gap in gaps) >= 2 * YEARS - 1


def test_some_rides_are_cancelled_surged_tipped_tolled_and_paid_in_cash(rides: list[Ride]) -> None:
    def share(chosen: int) -> float:
        return chosen / len(rides)

    outcomes = Counter(ride.outcome for ride in rides)
    assert set(outcomes) == {"completed", "driver_canceled", "rider_canceled", "rider_no_show"}
    assert 0.04 < 1 - share(outcomes["completed"]) < 0.1
    assert 0.05 < share(sum(ride.surge > 1 for ride in rides)) < 0.35
    assert 0.15 < share(sum(ride.tip > 0 for ride in rides)) < 0.35
    assert 0.02 < share(sum(ride.toll > 0 for ride in rides)) < 0.25
    assert 0.05 < share(sum(ride.in_cash for ride in rides)) < 0.15


def test_fares_follow_the_tariff(rides: list[Ride]) -> None:
    city = SAN_FRANCISCO
    for ride in rides:
        if ride.outcome != "completed":
            assert ride.fare in {0.0, city.no_show_fee}
            continue
        plain = city.base + city.per_mile * ride.miles + city.per_minute * ride.seconds / 60
        assert ride.fare == pytest.approx(max(city.least, plain * ride.surge), abs=0.006)
