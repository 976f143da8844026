"""Rides, as drivers of several platforms make them: generated day by day, in no platform's own shape.

A day belongs to the city's own time zone and depends on the seed, the platform, the driver and the date alone.
The rhythm: Fridays and Saturdays are long, two holidays a year, shifts of a few hours around the peaks, surge where
demand is high, one ride in fourteen cancelled.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from connectors.sandbox.world import World

__all__ = ["City", "DrivingHabit", "Ride", "days_of", "rides_of"]

_WEEKDAYS = (0.72, 0.68, 0.8, 0.95, 1.4, 1.5, 0.95)  # Monday to Sunday; mean 1
_DAY_OFF = 0.24
_WORKING_WEEKS = 48 / 52
_STARTS = {6: 0.35, 7: 0.9, 8: 1.1, 9: 0.7, 11: 0.6, 12: 0.7, 14: 0.5, 16: 1.0, 17: 1.5, 18: 1.5, 19: 1.1, 20: 0.8}

Outcome = Literal["completed", "driver_canceled", "rider_canceled", "rider_no_show"]


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city: its centre, its time zone, and its tariff in its currency."""

    name: str
    number: int
    latitude: float
    longitude: float
    timezone: str
    currency: str
    base: float
    per_mile: float
    per_minute: float
    least: float
    toll: float
    no_show_fee: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivingHabit:
    """How much somebody drives where, for one platform.

    `first_day` and `last_day` count back from the end of history; `weekly_rides` is the mean of a usual week;
    `tips` and `cash` are shares of rides.
    """

    platform: str
    login: str
    city: City
    first_day: int
    last_day: int = 0
    weekly_rides: float
    tips: float = 0.25
    cash: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """One ride; moments in unix seconds, distance in miles, money in the city's currency.

    `fare` includes the surge; of a cancelled ride it is the fee, often 0.
    `tip` comes `tip_after` seconds after the end.
    """

    day: date
    number: int
    outcome: Outcome
    accepted: int
    arrived: int | None
    began: int | None
    ended: int
    miles: float
    surge: float
    fare: float
    toll: float
    tip: float
    tip_after: int
    in_cash: bool

    @property
    def seconds(self) -> int:
        """How long the rider was on board."""
        return self.ended - self.began if self.began is not None else 0


def days_of(world: World, habit: DrivingHabit) -> Iterator[date]:
    """Yield the local dates of a habit, oldest first."""
    zone = ZoneInfo(habit.city.timezone)
    day = world.days_ago(habit.first_day).astimezone(zone).date()
    last = world.days_ago(habit.last_day).astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def rides_of(world: World, habit: DrivingHabit) -> list[Ride]:
    """Return all rides that ended before the end of a habit, oldest first."""
    end = world.days_ago(habit.last_day).timestamp()
    zone = ZoneInfo(habit.city.timezone)
    rides = [ride for day in days_of(world, habit) for ride in _rides_on(world, habit, day, zone)]
    return sorted((ride for ride in rides if ride.ended <= end), key=lambda ride: ride.accepted)


def _rides_on(world: World, habit: DrivingHabit, day: date, zone: ZoneInfo) -> Iterator[Ride]:
    draw = world.random(habit.platform, habit.login, day)
    if not habit.weekly_rides or draw.random() < _DAY_OFF or _on_holiday(world, habit, day):
        return
    mean = habit.weekly_rides / 7 * _WEEKDAYS[day.weekday()] / (1 - _DAY_OFF) / _WORKING_WEEKS
    start = draw.choices(list(_STARTS), list(_STARTS.values()))[0]
    moment = datetime.combine(day, time(start), zone) + timedelta(seconds=draw.randrange(3600))
    clock = int(moment.timestamp())
    for number in range(max(1, round(draw.gauss(mean, math.sqrt(mean))))):
        ride = _ride(habit, draw, day, number, clock, zone)
        yield ride
        clock = ride.ended + int(draw.expovariate(1 / 420)) + 30
        if draw.random() < 0.12:
            clock += draw.randrange(1200, 4200)


def _ride(habit: DrivingHabit, draw: random.Random, day: date, number: int, accepted: int, zone: ZoneInfo) -> Ride:
    city = habit.city
    local = datetime.fromtimestamp(accepted, UTC).astimezone(zone)
    surge = _surge(draw, local)
    arrived = accepted + draw.randrange(90, 660)
    fate = draw.random()
    if fate < 0.07:
        outcome, ended = _cancellation(draw, fate, accepted, arrived)
        return Ride(
            day=day,
            number=number,
            outcome=outcome,
            accepted=accepted,
            arrived=arrived if outcome == "rider_no_show" else None,
            began=None,
            ended=ended,
            miles=0.0,
            surge=surge,
            fare=city.no_show_fee if outcome == "rider_no_show" else 0.0,
            toll=0.0,
            tip=0.0,
            tip_after=0,
            in_cash=False,
        )
    miles = round(min(42.0, draw.lognormvariate(1.25, 0.75)), 2)
    rush = 1.35 if local.hour in {7, 8, 16, 17, 18} and local.weekday() < 5 else 1.0
    seconds = int(120 + miles / draw.uniform(16, 27) * 3600 * rush)
    began = arrived + draw.randrange(20, 240)
    fare = round(max(city.least, (city.base + city.per_mile * miles + city.per_minute * seconds / 60) * surge), 2)
    tip = 0.0
    if draw.random() < habit.tips:
        tip = draw.choice((1.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0, round(fare * 0.2, 2)))
    return Ride(
        day=day,
        number=number,
        outcome="completed",
        accepted=accepted,
        arrived=arrived,
        began=began,
        ended=began + seconds,
        miles=miles,
        surge=surge,
        fare=fare,
        toll=city.toll if miles > 7 and draw.random() < 0.45 else 0.0,
        tip=tip,
        tip_after=draw.randrange(60, 14_400),
        in_cash=draw.random() < habit.cash,
    )


def _cancellation(draw: random.Random, fate: float, accepted: int, arrived: int) -> tuple[Outcome, int]:
    if fate < 0.025:
        return "driver_canceled", accepted + draw.randrange(20, 240)
    if fate < 0.05:
        return "rider_canceled", arrived - 30
    return "rider_no_show", arrived + 310


def _surge(draw: random.Random, local: datetime) -> float:
    busy = local.hour in {7, 8, 17, 18} or (local.weekday() in {4, 5} and local.hour >= 21) or local.hour < 3
    if draw.random() > (0.4 if busy else 0.06):
        return 1
    return draw.choice((1.2, 1.3, 1.4, 1.5, 1.8, 2.1))


def _on_holiday(world: World, habit: DrivingHabit, day: date) -> bool:
    draw = world.random(habit.platform, habit.login, "holidays", day.year)
    starts = (draw.randrange(15, 160), draw.randrange(180, 330))
    return any(start <= day.timetuple().tm_yday < start + 14 for start in starts)
