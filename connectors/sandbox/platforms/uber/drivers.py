"""The personas as Uber drivers."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.people import ALEX, DARIO, FLORA, NIA, PRIYA, Persona, SandboxAccount

__all__ = ["ACCOUNTS", "DRIVERS", "City", "Driver"]


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city with the centre that stands for every trip started there, and its tariff in its currency."""

    name: str
    number: int
    latitude: float
    longitude: float
    timezone: str
    currency: str
    base: float
    per_mile: float
    per_minute: float
    toll: float


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
    toll=7.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """How a persona drives.

    `first_day` and `last_day` count back from the end of history; `weekly_trips` is the mean of a usual week;
    `tips` and `cash` are shares of trips.
    """

    persona: Persona
    city: City = SAN_FRANCISCO
    first_day: int
    last_day: int = 0
    weekly_trips: float
    rating: float | None
    status: str = "active"
    fleet: bool = False
    vehicles: int = 1
    tips: float = 0.28
    cash: float = 0.02


DRIVERS: Mapping[str, Driver] = {
    driver.persona.login: driver
    for driver in (
        Driver(persona=ALEX, first_day=1960, weekly_trips=28.5, rating=4.93, vehicles=2),
        Driver(persona=PRIYA, first_day=420, weekly_trips=9, rating=4.81, tips=0.2),
        Driver(persona=NIA, first_day=3, weekly_trips=0, rating=None),
        Driver(persona=FLORA, first_day=800, weekly_trips=46, rating=4.88, fleet=True, tips=0.22),
        Driver(persona=DARIO, first_day=900, last_day=210, weekly_trips=20, rating=4.52, status="inactive"),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Drives since five years, about 8,000 trips"),
    SandboxAccount(persona=PRIYA, note="Drives a few hours at weekends"),
    SandboxAccount(persona=NIA, note="Signed up this week, no trip yet"),
    SandboxAccount(persona=FLORA, note="Drives for a fleet: trips, but no payments of her own"),
    SandboxAccount(persona=DARIO, note="Deactivated account, last trip months ago"),
)
