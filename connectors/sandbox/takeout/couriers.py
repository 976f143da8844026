"""Couriers' exports: Uber Eats, DoorDash, Wolt. Deliveries by bicycle, drawn like rides but shorter."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.sandbox.driving import City, DrivingHabit, Ride, rides_of
from connectors.sandbox.people import MIKA, NIA, PRIYA, SandboxAccount
from connectors.sandbox.platforms.bolt.fleet import TALLINN
from connectors.sandbox.platforms.uber.drivers import SAN_FRANCISCO
from connectors.sandbox.takeout import columns
from connectors.sandbox.takeout.files import Cell, archive, local_time, table, utc_millis
from connectors.sandbox.world import World

__all__ = ["COURIERS", "doordash", "uber_eats", "wolt"]

_Row = dict[str, Cell]

_SHORTER = 0.35
_KILOMETRES = 1.609344
_STORES = ("Noodle Corner", "Green Bowl", "Pizzeria Esempio", "Corner Bakery", "Thai Sample")

_WEEKLY: Mapping[str, float] = {MIKA.login: 32, PRIYA.login: 8, NIA.login: 0}

COURIERS = (
    SandboxAccount(persona=MIKA, note="Delivers by bicycle most evenings"),
    SandboxAccount(persona=PRIYA, note="Delivers at weekends"),
    SandboxAccount(persona=NIA, note="No delivery yet: tables without rows"),
)


def uber_eats(world: World, login: str) -> bytes:
    """Return what Uber sends to a courier on request."""
    zone = ZoneInfo(SAN_FRANCISCO.timezone)
    rows = (_uber_eats_row(ride, zone) for ride in _deliveries(world, "uber_eats", login, SAN_FRANCISCO))
    return archive({"31 - Courier Lifetime Trip Data.csv": table(columns.UBER_EATS, rows, delimiter=";")})


def doordash(world: World, login: str) -> bytes:
    """Return a dasher's archive: no earnings, times in UTC without a zone."""
    rows = (_doordash_row(world, login, ride) for ride in _deliveries(world, "doordash", login, SAN_FRANCISCO))
    return archive({"dasher_delivery_information.csv": table(columns.DOORDASH, rows)})


def wolt(world: World, login: str) -> bytes:
    """Return a Wolt courier's archive: tasks, two for each delivery."""
    rows = (row for ride in _deliveries(world, "wolt", login, TALLINN) if ride.began for row in _wolt_rows(ride))
    return archive({"courier_tasks.csv": table(columns.WOLT, rows)})


def _deliveries(world: World, platform: str, login: str, city: City) -> list[Ride]:
    habit = DrivingHabit(platform=platform, login=login, city=city, first_day=420, weekly_rides=_WEEKLY[login], cash=0)
    return rides_of(world, habit)


def _uber_eats_row(ride: Ride, zone: ZoneInfo) -> _Row:
    miles = ride.miles * _SHORTER
    done = ride.began is not None
    return {
        "city_name": "San Francisco",
        "courier_accept_timestamp_local": local_time(ride.accepted, zone),
        "courier_accept_timestamp_utc": utc_millis(ride.accepted),
        "courier_accept_to_pickup_duration_seconds": None if ride.arrived is None else ride.arrived - ride.accepted,
        "courier_app_version": "4.300.10001",
        "courier_arrival_pickup_timestamp_local": None if ride.arrived is None else local_time(ride.arrived, zone),
        "courier_begintrip_timestamp_local": None if ride.began is None else local_time(ride.began, zone),
        "courier_begintrip_to_dropoff_miles": miles if done else None,
        "courier_begintrip_to_dropoff_seconds": ride.seconds if done else None,
        "courier_commission_rate": 0.25,
        "courier_device": "android",
        "courier_arrival_dropoff_timestamp_local": local_time(ride.ended - 60, zone) if done else None,
        "courier_dropoff_timestamp_local": local_time(ride.ended, zone) if done else None,
        "delivery_status": "completed" if done else "canceled",
        "dropoff_delivery_distance_km": miles * _KILOMETRES if done else None,
        "restaurant_request_timestamp_local": local_time(ride.accepted - 40, zone),
    }


def _doordash_row(world: World, login: str, ride: Ride) -> _Row:
    draw = world.random("doordash", login, "store", ride.day, ride.number)
    return {
        "ORDER_CREATED_TIME": _nanoseconds(ride.accepted - 50),
        "ORDER_STATUS": "delivered" if ride.began is not None else "cancelled",
        "ACTUAL_PICKUP_TIME": None if ride.began is None else _nanoseconds(ride.began),
        "ACTUAL_DELIVERY_TIME": None if ride.began is None else _nanoseconds(ride.ended),
        "STORE_NAME": draw.choice(_STORES),
    }


def _nanoseconds(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{moment % 1000:03d}000000"


def _wolt_rows(ride: Ride) -> Iterator[_Row]:
    began = ride.began or ride.ended
    for is_pickup, started, arrived, departed in (
        (True, ride.accepted, began - 90, began),
        (False, began, ride.ended - 45, ride.ended),
    ):
        yield {
            "Task creation time ": utc_millis(ride.accepted - 20),
            "Task completion time": utc_millis(departed),
            "Is pickup task": is_pickup,
            "Completed with vehicle type": "BICYCLE",
            "Arrived at": utc_millis(arrived),
            "Started at": utc_millis(started),
            "Arrival time": utc_millis(arrived),
            "Departed at": utc_millis(departed),
        }
