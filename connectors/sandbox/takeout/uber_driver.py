"""Uber's "Download your data" for drivers: the same rides as the API serves, in other words.

The self-service archive has commas and a `trip_uuid` with each payment; the one sent on request has semicolons, more
tables and no such column.
No trip has an identifier in either.
"""

from collections.abc import Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from connectors.sandbox.driving import City, Ride, rides_of
from connectors.sandbox.platforms.uber.drivers import DRIVERS, Driver
from connectors.sandbox.takeout import columns
from connectors.sandbox.takeout.files import Cell, archive, local_time, table, utc_millis
from connectors.sandbox.world import World

__all__ = ["on_request", "self_service"]

_Row = dict[str, Cell]

_COMMISSION = 0.25

_STATUS = {
    "completed": "completed",
    "driver_canceled": "driver_canceled",
    "rider_canceled": "rider_canceled",
    "rider_no_show": "rider_canceled",
}


def self_service(world: World, login: str) -> bytes:
    """Return the archive that a driver downloads at once."""
    export = _Export(world, DRIVERS[login])
    return archive(
        {
            "Uber Data/Driver/driver_lifetime_trips-0.csv": table(columns.UBER_TRIPS, export.trips()),
            "Uber Data/Driver/driver_payments-0.csv": table((*columns.UBER_PAYMENTS, "trip_uuid"), export.payments()),
        }
    )


def on_request(world: World, login: str) -> bytes:
    """Return the archive that a driver is sent some days after asking."""
    export = _Export(world, DRIVERS[login])
    files = {
        "02 - Driver Lifetime Trips.csv": (columns.UBER_TRIPS, export.trips()),
        "10 - Driver Online Offline.csv": (columns.UBER_STATES, export.states()),
        "11 - Driver App Restrictions.csv": (columns.UBER_RESTRICTIONS, export.restrictions()),
        "14 - Driver Dispatches Offered and Accepted.csv": (columns.UBER_DISPATCHES, export.dispatches()),
        "19a - Driver Payments.csv": (columns.UBER_PAYMENTS, export.payments()),
    }
    return archive({name: table(header, rows, delimiter=";") for name, (header, rows) in files.items()})


class _Export:
    def __init__(self, world: World, driver: Driver) -> None:
        self._world = world
        self._driver = driver
        self._city = driver.habit.city
        self._zone = ZoneInfo(self._city.timezone)
        self._rides = rides_of(world, driver.habit)

    def trips(self) -> Iterator[_Row]:
        for number, ride in enumerate(self._rides):
            yield _trip(self._city, self._zone, ride, number + 1)

    def payments(self) -> Iterator[_Row]:
        if self._driver.fleet:
            return
        login = self._driver.persona.login
        for ride in self._rides:
            for classification, category, amount in _parts(self._city, ride):
                yield {
                    "city_name": self._city.name.partition(",")[0],
                    "amount_local": amount,
                    "currency_code": self._city.currency,
                    "classification": classification,
                    "category": category,
                    "recognize_timestamp_local": local_time(ride.ended + 30, self._zone),
                    "trip_uuid": self._world.uuid("uber", login, ride.day, ride.number),
                }

    def states(self) -> Iterator[_Row]:
        for _, group in groupby(self._rides, key=lambda ride: ride.day):
            before: int | None = None
            for ride in group:
                if before is not None and ride.accepted > before:
                    yield self._state("open", before, ride.accepted)
                yield self._state("enroute", ride.accepted, ride.began or ride.ended)
                if ride.began is not None:
                    yield self._state("ontrip", ride.began, ride.ended)
                before = ride.ended

    def _state(self, state: str, begin: int, end: int) -> _Row:
        draw = self._world.random("uber", "states", self._driver.persona.login, begin)
        place: _Row = {
            name: f"{centre + draw.uniform(-0.05, 0.05):.5f}"
            for name, centre in (
                ("begin_lat", self._city.latitude),
                ("begin_lng", self._city.longitude),
                ("end_lat", self._city.latitude),
                ("end_lng", self._city.longitude),
            )
        }
        return place | {
            "earner_state": state,
            "city_id": self._city.number,
            "begin_timestamp_utc": utc_millis(begin),
            "end_timestamp_utc": utc_millis(end),
            "duration_ms": (end - begin) * 1000,
            "begin_timestamp_local": utc_millis(begin, self._zone),
            "end_timestamp_local": utc_millis(end, self._zone),
        }

    def dispatches(self) -> Iterator[_Row]:
        for day, group in groupby(self._rides, key=lambda ride: ride.day):
            rides = list(group)
            draw = self._world.random("uber", "dispatches", self._driver.persona.login, day)
            rejections, expired = draw.randrange(4), draw.randrange(3)
            begin, end = rides[0].accepted - 600, rides[-1].ended + 300
            outcomes = [_STATUS[ride.outcome] for ride in rides]
            on_trip = sum(ride.seconds for ride in rides) / 60
            yield {
                "start_timestamp_utc": utc_millis(begin),
                "end_timestamp_utc": utc_millis(end),
                "start_timestamp_local": utc_millis(begin, self._zone),
                "end_timestamp_local": utc_millis(end, self._zone),
                "city_id": self._city.number,
                "minutes_online": (end - begin) / 60,
                "minutes_active": sum(ride.ended - ride.accepted for ride in rides) / 60,
                "dispatches": len(rides) + rejections + expired,
                "rejections": rejections,
                "accepts": len(rides),
                "expireds": expired,
                "driver_cancellations": outcomes.count("driver_canceled"),
                "rider_cancellations": outcomes.count("rider_canceled"),
                "completed_trips": outcomes.count("completed"),
                "trip_fares": round(sum(ride.fare for ride in rides), 2),
                "driver_adjusted_fares": 0.0,
                "flow_type": "p2p",
                "minutes_on_break": 0.0,
                "minutes_on_trip": on_trip,
            }

    def restrictions(self) -> Iterator[_Row]:
        for ride in self._rides[40::400]:
            yield {
                "msg.cityid": self._city.number,
                "msg.penaltyboxdurationms": 300_000,
                "msg.rule": "consecutiveReject",
                "Time": utc_millis(ride.ended + 200),
                "msg.latitude": f"{self._city.latitude:.5f}",
                "msg.longitude": f"{self._city.longitude:.5f}",
            }


def _trip(city: City, zone: ZoneInfo, ride: Ride, number: int) -> _Row:
    requested = ride.accepted - 12
    done = ride.outcome == "completed"
    money = {
        "original_fare": ride.fare,
        "service_fee": -round(ride.fare * _COMMISSION, 2),
        "toll_amount": ride.toll,
        "cancellation_fee": 0.0 if done else ride.fare,
        "promotion": 0.0,
        "credits": 0.0,
        "booking_fee": 0.0,
        "earnings_boost": 0.0,
        "wait_time_fare": 0.0,
    }
    money |= {f"{part}_fare": amount for part, amount in _components(city, ride).items()} if done else {}
    row: _Row = {}
    for name, amount in money.items():
        row[f"{name}_local"] = amount
        row[f"{name}_usd"] = amount
    ended = ride.ended if done else None
    return row | {
        "city_id": city.number,
        "currency_code": city.currency,
        "timezone": city.timezone,
        "flow": "p2p",
        "product_type_name": "UberX",
        "global_product_name": "UberX",
        "request_timestamp_local": utc_millis(requested, zone),
        "request_timestamp_utc": utc_millis(requested),
        "begintrip_timestamp_local": utc_millis(ride.began, zone),
        "begintrip_timestamp_utc": utc_millis(ride.began),
        "dropoff_timestamp_local": utc_millis(ended, zone),
        "dropoff_timestamp_utc": utc_millis(ended),
        "surge_multiplier": ride.surge,
        "is_surged": ride.surge > 1,
        "has_destination": True,
        "is_pool_matched": False,
        "request_to_begin_duration_seconds": None if ride.began is None else ride.began - requested,
        "trip_distance_miles": ride.miles,
        "trip_duration_seconds": ride.seconds,
        "status": _STATUS[ride.outcome],
        "is_completed": done,
        "is_flat_rate": False,
        "is_cash_trip": ride.in_cash,
        "fare_distance_miles": ride.miles,
        "fare_duration_minutes": ride.seconds / 60,
        "request_date_id_local": ride.day.strftime("%Y%m%d"),
        "driver_trip_number": number,
        "driver_surge_multiplier": ride.surge,
        "is_scheduled_trip": False,
        "is_airport_trip": False,
    }


def _components(city: City, ride: Ride) -> dict[str, float]:
    """Split a fare into its parts, which add up to it to the cent."""
    plain = ride.fare / ride.surge
    per_mile = round(min(city.per_mile * ride.miles, plain * 0.6), 2)
    per_minute = round(min(city.per_minute * ride.seconds / 60, plain * 0.3), 2)
    surge = round(ride.fare - plain, 2)
    base = round(ride.fare - per_mile - per_minute - surge, 2)
    return {"base": base, "per_mile": per_mile, "per_minute": per_minute, "surge": surge}


def _parts(city: City, ride: Ride) -> Iterator[tuple[str, str, float]]:
    fares = "driver_payment_fares"
    if ride.outcome == "completed":
        parts = _components(city, ride)
        yield "transport.fare.base", fares, parts["base"]
        yield "transport.fare.distance", fares, parts["per_mile"]
        yield "transport.fare.time", fares, parts["per_minute"]
        if parts["surge"]:
            yield "transport.fare.surge", fares, parts["surge"]
    elif ride.fare:
        yield "transport.fare.cancellation_fee", fares, ride.fare
    if ride.toll:
        yield "transport.toll", "driver_payment_tolls", ride.toll
    if ride.tip:
        yield "transport.misc.tip", "tip", ride.tip
    if ride.fare:
        yield "intermediary.commission", "commission", -round(ride.fare * _COMMISSION, 2)
