"""One fleet in Tallinn, with personas as its drivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.sandbox.driving import City, DrivingHabit, Ride, rides_of
from connectors.sandbox.people import ALEX, DARIO, FLORA, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.world import World

__all__ = ["ACCOUNTS", "COMPANY_ID", "COMPANY_NAME", "DRIVERS", "Fleet", "FleetDriver", "driver_uuid"]

Json = dict[str, Any]

COMPANY_ID = 70_011
COMPANY_NAME = "Sandbox Fleet OÜ"

_COMMISSION = 0.2
_METRES = 1609.344

TALLINN = City(
    name="Tallinn",
    number=9,
    latitude=59.437,
    longitude=24.7536,
    timezone="Europe/Tallinn",
    currency="EUR",
    base=1.7,
    per_mile=0.95,
    per_minute=0.11,
    least=3.0,
    toll=0.0,
    no_show_fee=2.5,
)

_STREETS = ("Narva maantee", "Pärnu maantee", "Tartu maantee", "Sõpruse puiestee", "Ehitajate tee", "Kadaka tee")


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDriver:
    """A persona as one of the fleet's drivers."""

    persona: Persona
    habit: DrivingHabit
    car: tuple[str, int]
    state: str = "active"
    suspension_reason: str | None = None
    rating: float | None = None
    score: int | None = None


def _driver(
    persona: Persona,
    weekly: float,
    first_day: int,
    car: tuple[str, int],
    *,
    last_day: int = 0,
    cash: float = 0.3,
    **state: Any,
) -> FleetDriver:
    habit = DrivingHabit(
        platform="bolt",
        login=persona.login,
        city=TALLINN,
        first_day=first_day,
        last_day=last_day,
        weekly_rides=weekly,
        tips=0.12,
        cash=cash,
    )
    return FleetDriver(persona=persona, habit=habit, car=car, **state)


DRIVERS: Mapping[str, FleetDriver] = {
    driver.persona.login: driver
    for driver in (
        _driver(FLORA, 40, 400, ("Toyota Corolla", 2021), rating=4.87, score=92),
        _driver(ALEX, 12, 200, ("Toyota Prius", 2020), cash=0.1, rating=4.95, score=97),
        _driver(PRIYA, 6, 120, ("Kia Niro", 2022), rating=4.7, score=81),
        _driver(NIA, 0, 2, ("Skoda Octavia", 2019)),
        _driver(
            DARIO,
            25,
            500,
            ("Skoda Octavia", 2019),
            last_day=160,
            state="suspended",
            suspension_reason="documents_expired",
            rating=4.4,
            score=61,
        ),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=FLORA, note="Drives full time for the fleet, a third of it in cash"),
    SandboxAccount(persona=ALEX, note="Drives part time"),
    SandboxAccount(persona=PRIYA, note="Drives at weekends"),
    SandboxAccount(persona=NIA, note="Registered, no order yet, no rating"),
    SandboxAccount(persona=DARIO, note="Suspended: documents expired"),
)


def driver_uuid(world: World, driver: FleetDriver) -> str:
    """Return the identifier of a driver."""
    return world.uuid("bolt", driver.persona.login, "driver")


class Fleet:
    """The fleet's records."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._orders: list[tuple[int, int, Json]] | None = None

    def orders(self) -> list[tuple[int, int, Json]]:
        """Return all orders, oldest first, as (created, price reviewed, order)."""
        if self._orders is None:
            self._orders = sorted(
                (
                    self._order(driver, ride)
                    for driver in DRIVERS.values()
                    for ride in rides_of(self._world, driver.habit)
                ),
                key=lambda item: (item[0], item[2]["order_reference"]),
            )
        return self._orders

    def drivers(self) -> list[Json]:
        """Return the fleet's drivers."""
        return [self._driver(driver) for driver in DRIVERS.values()]

    def vehicles(self) -> list[Json]:
        """Return the fleet's vehicles."""
        return [
            {
                "id": number + 1,
                "uuid": self._world.uuid("bolt", "vehicle", driver.persona.login),
                "reg_number": _plate(number),
                "model": driver.car[0],
                "year": driver.car[1],
                "seats": 4,
                "color": "grey",
                "vin": f"SANDBOXVIN{number:07d}",
                "car_transport_licence_number": f"SV{number:06d}",
                "state": driver.state,
                "suspension_reason": driver.suspension_reason,
            }
            for number, driver in enumerate(DRIVERS.values())
        ]

    def state_logs(self, start: int, end: int) -> list[Json]:
        """Return when drivers took orders and became free again within a window."""
        logs = []
        for created, _, order in self.orders():
            if start <= created <= end and order["order_finished_timestamp"]:
                busy = {"driver_uuid": order["driver_uuid"], "state": "has_order", "created": created}
                free = busy | {"state": "waiting_orders", "created": order["order_finished_timestamp"]}
                logs += [busy, free]
        return sorted(logs, key=lambda log: (log["created"], log["driver_uuid"]))

    def _driver(self, driver: FleetDriver) -> Json:
        number = list(DRIVERS).index(driver.persona.login)
        return {
            "driver_uuid": driver_uuid(self._world, driver),
            "partner_uuid": self._world.uuid("bolt", "partner", driver.persona.login),
            "first_name": driver.persona.given_name,
            "last_name": driver.persona.family_name,
            "email": driver.persona.login,
            "phone": driver.persona.phone,
            "state": driver.state,
            "suspension_reason": driver.suspension_reason,
            "has_cash_payment": driver.habit.cash > 0.2,
            "driver_score": driver.score,
            "driver_rating": driver.rating,
            "active_categories": ["Bolt"] if driver.state == "active" else [],
            "inactive_categories": [] if driver.state == "active" else ["Bolt"],
            "active_vehicle": {"id": number + 1, "reg_number": _plate(number), "model": driver.car[0]}
            if driver.state == "active"
            else None,
        }

    def _order(self, driver: FleetDriver, ride: Ride) -> tuple[int, int, Json]:
        login = driver.persona.login
        number = list(DRIVERS).index(login)
        draw = self._world.random("bolt", login, "order", ride.day, ride.number)
        created = ride.accepted - draw.randrange(3, 25)
        reviewed = ride.ended + int(timedelta(hours=draw.choice((0, 0, 0, 6, 30))).total_seconds()) + 120
        done = ride.outcome == "completed"
        commission = round(ride.fare * _COMMISSION, 2)
        metres = round(ride.miles * _METRES)
        price = ride.fare if done else 0.0
        fee = 0.0 if done else ride.fare
        order = {
            "order_reference": str(draw.randrange(10**9, 10**10)),
            "driver_uuid": driver_uuid(self._world, driver),
            "partner_uuid": self._world.uuid("bolt", "partner", login),
            "driver_name": driver.persona.name,
            "driver_phone": driver.persona.phone,
            "vehicle_license_plate": _plate(number),
            "vehicle_model": driver.car[0],
            "order_status": {
                "completed": "finished",
                "driver_canceled": "driver_cancelled",
                "rider_canceled": "client_cancelled",
                "rider_no_show": "client_did_not_show",
            }[ride.outcome],
            "driver_cancelled_reason": "other" if ride.outcome == "driver_canceled" else None,
            "price_review_reason": None,
            "payment_method": "cash" if ride.in_cash else "card",
            "is_scheduled": False,
            "is_optional": False,
            "category_info": {"name": "Bolt", "seats": 4, "vehicle_type": "car"},
            "order_created_timestamp": created,
            "order_accepted_timestamp": ride.accepted,
            "order_pickup_timestamp": ride.began,
            "order_drop_off_timestamp": ride.ended if done else None,
            "order_finished_timestamp": ride.ended if done else None,
            "order_cancelled_timestamp": ride.ended if ride.outcome.endswith("canceled") else None,
            "order_no_show_timestamp": ride.ended if ride.outcome == "rider_no_show" else None,
            "payment_confirmed_timestamp": reviewed if done else None,
            "pickup_address": f"{draw.choice(_STREETS)} {draw.randrange(1, 200)}, Tallinn",
            "destination_address": f"{draw.choice(_STREETS)} {draw.randrange(1, 200)}, Tallinn",
            "ride_distance": metres,
            "predicted_ride_distance": round(metres * draw.uniform(0.9, 1.1)),
            "road_distance_at_matching": draw.randrange(150, 4000),
            "order_price": {
                "ride_price": price,
                "booking_fee": 0.0,
                "toll_fee": ride.toll,
                "cancellation_fee": fee,
                "tip": ride.tip,
                "net_earnings": round(price + fee + ride.toll + ride.tip - commission, 2),
                "cash_discount": 0.0,
                "in_app_discount": 0.0,
                "commission": commission,
            },
        }
        return created, reviewed, order


def _plate(number: int) -> str:
    return f"{100 + number * 7:03d} SND"
