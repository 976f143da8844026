"""A driver's trips and payments: made day by day, in the shape in which the API serves them.

A day belongs to the city's own time zone and depends on the seed, the driver and the date alone.
The rhythm: Fridays and Saturdays are long, two holidays a year, shifts of a few hours around the evening peak,
surge where demand is high, one trip in fourteen cancelled.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.platforms.uber.drivers import Driver
from connectors.sandbox.world import World

__all__ = ["Ledger", "driver_id", "keep_ledger"]

Json = dict[str, Any]

_WEEKDAYS = (0.72, 0.68, 0.8, 0.95, 1.4, 1.5, 0.95)  # Monday to Sunday; mean 1
_DAY_OFF = 0.24
_HOURS = {6: 0.35, 7: 0.9, 8: 1.1, 9: 0.7, 11: 0.6, 12: 0.7, 14: 0.5, 16: 1.0, 17: 1.5, 18: 1.5, 19: 1.1, 20: 0.8}
_SERVICE_FEE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All trips and payments of a driver, newest first, each with the time by which windows select it."""

    trips: tuple[tuple[int, Json], ...]
    payments: tuple[tuple[int, Json], ...]


def driver_id(world: World, driver: Driver) -> str:
    """Return the opaque identifier of a driver."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    generator = world.random("uber", driver.persona.login, "driver_id")
    return "".join(generator.choices(letters, k=86)) + "=="


def keep_ledger(world: World, driver: Driver) -> Ledger:
    """Return everything that a driver did up to the end of history."""
    zone = ZoneInfo(driver.city.timezone)
    identifier = driver_id(world, driver)
    end = int(world.days_ago(driver.last_day).timestamp())
    last = world.days_ago(driver.last_day).astimezone(zone).date()
    first = world.days_ago(driver.first_day).astimezone(zone).date()
    trips: list[tuple[int, Json]] = []
    payments: list[tuple[int, Json]] = []
    day = first
    while day <= last:
        for trip in _trips_of(world, driver, identifier, day, zone):
            trips.append((trip["status_changes"][0]["timestamp"], trip))
            if not driver.fleet:
                payments += ((paid["event_time"], paid) for paid in _payments_for(world, driver, trip))
        if not driver.fleet and driver.weekly_trips:
            payments += ((paid["event_time"], paid) for paid in _weekly(world, driver, identifier, day, zone))
        day += timedelta(days=1)
    trips = [item for item in trips if item[1]["status_changes"][-1]["timestamp"] <= end]
    payments = [item for item in payments if item[0] <= end]
    trips.sort(key=lambda item: (-item[0], item[1]["trip_id"]))
    payments.sort(key=lambda item: (-item[0], item[1]["payment_id"]))
    return Ledger(trips=tuple(trips), payments=tuple(payments))


def _trips_of(world: World, driver: Driver, identifier: str, day: date, zone: ZoneInfo) -> Iterator[Json]:
    draw = world.random("uber", driver.persona.login, day)
    if not driver.weekly_trips or draw.random() < _DAY_OFF or _on_holiday(world, driver, day):
        return
    mean = driver.weekly_trips / 7 * _WEEKDAYS[day.weekday()] / (1 - _DAY_OFF) * (52 / 48)
    planned = max(1, round(draw.gauss(mean, math.sqrt(mean))))
    start_hour = draw.choices(list(_HOURS), list(_HOURS.values()))[0]
    moment = datetime.combine(day, time(start_hour), zone) + timedelta(seconds=draw.randrange(3600))
    clock = int(moment.timestamp())
    vehicle = world.uuid("uber", driver.persona.login, "vehicle", day.toordinal() // 800 % driver.vehicles)
    for number in range(planned):
        trip = _trip(driver, draw, clock, zone)
        trip["trip_id"] = world.uuid("uber", driver.persona.login, day, number)
        trip["driver_id"] = identifier
        trip["vehicle_id"] = vehicle
        yield trip
        clock = trip["status_changes"][-1]["timestamp"] + int(draw.expovariate(1 / 420)) + 30
        if draw.random() < 0.12:
            clock += draw.randrange(1200, 4200)


def _trip(driver: Driver, draw: random.Random, accepted: int, zone: ZoneInfo) -> Json:
    city = driver.city
    local = datetime.fromtimestamp(accepted, UTC).astimezone(zone)
    surge = _surge(draw, local)
    arrived = accepted + draw.randrange(90, 660)
    changes = [{"status": "accepted", "timestamp": accepted}]
    fate = draw.random()
    trip: Json = {
        "fare": 0.0,
        "currency_code": city.currency,
        "surge_multiplier": surge,
        "distance": 0.0,
        "duration": 0,
        "pickup": None,
        "dropoff": None,
        "start_city": {"latitude": city.latitude, "longitude": city.longitude, "display_name": city.name},
        "status_changes": changes,
    }
    if fate < 0.025:
        trip["status"] = "driver_canceled"
        changes.append({"status": "driver_canceled", "timestamp": accepted + draw.randrange(20, 240)})
        return trip
    if fate < 0.07:
        trip["status"] = "rider_canceled"
        waited = draw.random() < 0.5
        if waited:
            changes.append({"status": "driver_arrived", "timestamp": arrived})
            trip["fare"] = 5.0
        changes.append({"status": "rider_canceled", "timestamp": arrived + (310 if waited else -30)})
        return trip
    miles = round(min(42.0, draw.lognormvariate(1.25, 0.75)), 2)
    rush = 1.35 if local.hour in {7, 8, 16, 17, 18} and local.weekday() < 5 else 1.0
    seconds = int(120 + miles / draw.uniform(16, 27) * 3600 * rush)
    began = arrived + draw.randrange(20, 240)
    ended = began + seconds
    fare = (city.base + city.per_mile * miles + city.per_minute * seconds / 60) * surge
    trip["status"] = "completed"
    trip["fare"] = round(max(5.5, fare), 2)
    trip["distance"] = miles
    trip["duration"] = seconds
    trip["pickup"] = {"timestamp": began}
    trip["dropoff"] = {"timestamp": ended}
    changes += [
        {"status": "driver_arrived", "timestamp": arrived},
        {"status": "trip_began", "timestamp": began},
        {"status": "completed", "timestamp": ended},
    ]
    return trip


def _surge(draw: random.Random, local: datetime) -> float:
    busy = local.hour in {7, 8, 17, 18} or (local.weekday() in {4, 5} and local.hour >= 21) or local.hour < 3
    if draw.random() > (0.4 if busy else 0.06):
        return 1
    return draw.choice((1.2, 1.3, 1.4, 1.5, 1.8, 2.1))


def _on_holiday(world: World, driver: Driver, day: date) -> bool:
    draw = world.random("uber", driver.persona.login, "holidays", day.year)
    starts = (draw.randrange(15, 160), draw.randrange(180, 330))
    return any(start <= day.timetuple().tm_yday < start + 14 for start in starts)


def _payments_for(world: World, driver: Driver, trip: Json) -> Iterator[Json]:
    if trip["fare"] == 0:
        return
    draw = world.random("uber", "payment", trip["trip_id"])
    ended = trip["status_changes"][-1]["timestamp"]
    paid_in_cash = draw.random() < driver.cash
    fee = -round(trip["fare"] * _SERVICE_FEE, 2)
    breakdown: Json = {"other": trip["fare"], "service_fee": fee}
    if trip["distance"] > 7 and draw.random() < 0.45:
        breakdown["toll"] = driver.city.toll
    amount = round(sum(breakdown.values()), 2)
    rider_fees: Json = {"split_fare": 0.5} if draw.random() < 0.03 else {}
    fare = _payment(world, trip["driver_id"], driver, ended + draw.randrange(40, 400), "fare", trip["trip_id"])
    yield fare | {
        "breakdown": breakdown,
        "rider_fees": rider_fees,
        "cash_collected": round(amount - fee, 2) if paid_in_cash else 0,
        "amount": amount,
    }
    if trip["status"] == "completed" and draw.random() < driver.tips:
        tip = draw.choice((1.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0, round(trip["fare"] * 0.2, 2)))
        later = ended + draw.randrange(60, 14_400)
        yield _payment(world, trip["driver_id"], driver, later, "tip", trip["trip_id"]) | {
            "breakdown": {"other": tip},
            "amount": tip,
        }


def _weekly(world: World, driver: Driver, identifier: str, day: date, zone: ZoneInfo) -> Iterator[Json]:
    if day.weekday() != 0:
        return
    at = int(datetime.combine(day, time(4, 15), zone).timestamp())
    yield _payment(world, identifier, driver, at, "device_subscription", None) | {
        "breakdown": {"other": 0},
        "amount": -2.5,
    }
    draw = world.random("uber", driver.persona.login, "promotion", day)
    if draw.random() < 0.3:
        bonus = float(draw.choice((15, 25, 30, 45, 60)))
        yield _payment(world, identifier, driver, at + 60, "promotion", None) | {
            "breakdown": {"other": bonus},
            "amount": bonus,
        }


def _payment(world: World, identifier: str, driver: Driver, at: int, category: str, trip_id: str | None) -> Json:
    return {
        "payment_id": world.uuid("uber", driver.persona.login, "payment", category, at, trip_id),
        "category": category,
        "breakdown": {},
        "rider_fees": {},
        "event_time": at,
        "trip_id": trip_id,
        "cash_collected": 0,
        "amount": 0,
        "driver_id": identifier,
        "partner_id": identifier,
        "currency_code": driver.city.currency,
    }
