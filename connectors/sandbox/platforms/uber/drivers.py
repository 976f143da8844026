"""The personas as Uber drivers."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.driving import City, DrivingHabit
from connectors.sandbox.people import ALEX, DARIO, FLORA, NIA, PRIYA, Persona, SandboxAccount

__all__ = ["ACCOUNTS", "DRIVERS", "SAN_FRANCISCO", "Driver"]


SAN_FRANCISCO = City(
    name="San Francisco, CA",
    number=1,
    latitude=37.7749,
    longitude=-122.4194,
    timezone="America/Los_Angeles",
    currency="USD",
    base=2.2,
    per_mile=1.02,
    per_minute=0.29,
    least=5.5,
    toll=7.0,
    no_show_fee=5.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A persona as a driver; a fleet's drivers are paid by the fleet, so Uber knows no payments of theirs."""

    persona: Persona
    habit: DrivingHabit
    rating: float | None
    status: str = "active"
    fleet: bool = False
    vehicles: int = 1


def _driver(
    persona: Persona,
    rating: float | None,
    weekly: float,
    first_day: int,
    *,
    last_day: int = 0,
    tips: float = 0.28,
    status: str = "active",
    fleet: bool = False,
    vehicles: int = 1,
) -> Driver:
    habit = DrivingHabit(
        platform="uber",
        login=persona.login,
        city=SAN_FRANCISCO,
        first_day=first_day,
        last_day=last_day,
        weekly_rides=weekly,
        tips=tips,
    )
    return Driver(persona=persona, habit=habit, rating=rating, status=status, fleet=fleet, vehicles=vehicles)


DRIVERS: Mapping[str, Driver] = {
    driver.persona.login: driver
    for driver in (
        _driver(ALEX, 4.93, 28.5, 1960, vehicles=2),
        _driver(PRIYA, 4.81, 9, 420, tips=0.2),
        _driver(NIA, None, 0, 3),
        _driver(FLORA, 4.88, 46, 800, fleet=True, tips=0.22),
        _driver(DARIO, 4.52, 20, 900, last_day=210, status="inactive"),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Drives since five years, about 8,000 trips"),
    SandboxAccount(persona=PRIYA, note="Drives a few hours at weekends"),
    SandboxAccount(persona=NIA, note="Signed up this week, no trip yet"),
    SandboxAccount(persona=FLORA, note="Drives for a fleet: trips, but no payments of her own"),
    SandboxAccount(persona=DARIO, note="Deactivated account, last trip months ago"),
)
