"""A driver's trips and payments in the shape in which the API serves them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.driving import Ride, days_of, rides_of
from connectors.sandbox.platforms.uber.drivers import Driver
from connectors.sandbox.world import World

__all__ = ["Ledger", "driver_id", "keep_ledger"]

Json = dict[str, Any]

_SERVICE_FEE = 0.25
_STATUS = {
    "completed": "completed",
    "driver_canceled": "driver_canceled",
    "rider_canceled": "rider_canceled",
    "rider_no_show": "rider_canceled",
}


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
    books = _Books(world, driver)
    habit = driver.habit
    trips: list[tuple[int, Json]] = []
    payments: list[Json] = []
    for ride in rides_of(world, habit):
        trip = books.trip(ride)
        trips.append((ride.accepted, trip))
        if not driver.fleet:
            payments += books.payments(ride, trip["trip_id"])
    if not driver.fleet and habit.weekly_rides:
        for day in days_of(world, habit):
            payments += books.weekly(day)
    end = world.days_ago(habit.last_day).timestamp()
    paid = [(payment["event_time"], payment) for payment in payments if payment["event_time"] <= end]
    trips.sort(key=lambda item: (-item[0], item[1]["trip_id"]))
    paid.sort(key=lambda item: (-item[0], item[1]["payment_id"]))
    return Ledger(trips=tuple(trips), payments=tuple(paid))


class _Books:
    def __init__(self, world: World, driver: Driver) -> None:
        self._world = world
        self._driver = driver
        self._id = driver_id(world, driver)
        self._zone = ZoneInfo(driver.habit.city.timezone)

    def trip(self, ride: Ride) -> Json:
        driver, city = self._driver, self._driver.habit.city
        changes = [("accepted", ride.accepted), ("driver_arrived", ride.arrived), ("trip_began", ride.began)]
        changes.append((_STATUS[ride.outcome], ride.ended))
        vehicle = ride.day.toordinal() // 800 % driver.vehicles
        return {
            "fare": ride.fare,
            "currency_code": city.currency,
            "surge_multiplier": ride.surge,
            "trip_id": self._world.uuid("uber", driver.persona.login, ride.day, ride.number),
            "driver_id": self._id,
            "vehicle_id": self._world.uuid("uber", driver.persona.login, "vehicle", vehicle),
            "distance": ride.miles,
            "duration": ride.seconds,
            "status": _STATUS[ride.outcome],
            "pickup": {"timestamp": ride.began} if ride.began is not None else None,
            "dropoff": {"timestamp": ride.ended} if ride.began is not None else None,
            "start_city": {
                "latitude": city.latitude,
                "longitude": city.longitude,
                "display_name": city.name,
            },
            "status_changes": [{"status": name, "timestamp": at} for name, at in changes if at is not None],
        }

    def payments(self, ride: Ride, trip_id: str) -> Iterator[Json]:
        if ride.fare == 0:
            return
        draw = self._world.random("uber", "payment", trip_id)
        fee = -round(ride.fare * _SERVICE_FEE, 2)
        breakdown: Json = {"other": ride.fare, "service_fee": fee}
        if ride.toll:
            breakdown["toll"] = ride.toll
        yield self._payment(
            ride.ended + draw.randrange(40, 400),
            "fare",
            breakdown,
            trip_id=trip_id,
            cash=round(ride.fare + ride.toll, 2) if ride.in_cash else 0,
            rider_fees={"split_fare": 0.5} if draw.random() < 0.03 else {},
        )
        if ride.tip:
            yield self._payment(ride.ended + ride.tip_after, "tip", {"other": ride.tip}, trip_id=trip_id)

    def weekly(self, day: date) -> Iterator[Json]:
        if day.weekday() != 0:
            return
        at = int(datetime.combine(day, time(4, 15), self._zone).timestamp())
        yield self._payment(at, "device_subscription", {"other": -2.5})
        draw = self._world.random("uber", self._driver.persona.login, "promotion", day)
        if draw.random() < 0.3:
            yield self._payment(at + 60, "promotion", {"other": float(draw.choice((15, 25, 30, 45, 60)))})

    def _payment(
        self,
        at: int,
        category: str,
        breakdown: Json,
        *,
        trip_id: str | None = None,
        cash: float = 0,
        rider_fees: Json | None = None,
    ) -> Json:
        return {
            "payment_id": self._world.uuid("uber", self._driver.persona.login, category, at, trip_id),
            "category": category,
            "breakdown": breakdown,
            "rider_fees": rider_fees or {},
            "event_time": at,
            "trip_id": trip_id,
            "cash_collected": cash,
            "amount": round(sum(breakdown.values()), 2),
            "driver_id": self._id,
            "partner_id": self._id,
            "currency_code": self._driver.habit.city.currency,
        }
