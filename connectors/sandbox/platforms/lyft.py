"""Lyft, as if drivers had the interface that riders once had. HYPOTHETICAL.

Lyft has no API for drivers. This simulator keeps the vocabulary, the paging and the errors of its historical rider API
and turns the party round: `role` is "driver", the passenger is the other person, and `earnings` is added.

Documented (rider API, historical): authorize and token paths with HTTP Basic, scopes, `offline` for a refresh token,
`/v1/profile`, `/v1/rides` with `start_time`, `end_time` and `limit` from 10 to 50 and no cursor, the fields of a ride,
statuses, ride types, integer cents, ISO 8601, the error envelope.
Invented: the scope `driver.rides.read`, `role`, `earnings` and its line items, `driver_rating` on the profile, newest
first, that `end_time` is exclusive, the rate limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.driving import City, DrivingHabit, Ride, rides_of
from connectors.sandbox.envelopes import WordedEnvelope
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.people import ALEX, DARIO, FLORA, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_PLATFORM_SHARE = 0.22
_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
_PASSENGERS = ("Robin", "Sam", "Kim", "Jo", "Noor", "Toni", "Lee", "Ari", "Charlie", "Maxime")

_CITY = City(
    name="Oakland, CA",
    number=2,
    latitude=37.8044,
    longitude=-122.2712,
    timezone="America/Los_Angeles",
    currency="USD",
    base=2.0,
    per_mile=0.98,
    per_minute=0.3,
    least=5.0,
    toll=7.0,
    no_show_fee=5.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Driver:
    persona: Persona
    weekly: float
    first_day: int
    last_day: int = 0
    rating: str | None = None
    car: tuple[str, str, int] = ("Toyota", "Prius", 2020)


_DRIVERS: Mapping[str, _Driver] = {
    driver.persona.login: driver
    for driver in (
        _Driver(persona=ALEX, weekly=11, first_day=700, rating="4.96"),
        _Driver(persona=PRIYA, weekly=6, first_day=300, rating="4.83"),
        _Driver(persona=FLORA, weekly=24, first_day=650, rating="4.90", car=("Honda", "Insight", 2021)),
        _Driver(persona=NIA, weekly=0, first_day=2),
        _Driver(persona=DARIO, weekly=15, first_day=600, last_day=250, rating="4.41"),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Drives a few evenings a week besides another platform"),
    SandboxAccount(persona=PRIYA, note="Drives now and then"),
    SandboxAccount(persona=FLORA, note="Drives most days"),
    SandboxAccount(persona=NIA, note="Signed up, no ride yet"),
    SandboxAccount(persona=DARIO, note="Deactivated, last ride months ago"),
)

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke_refresh_token",
    scopes=frozenset({"public", "profile", "offline", "driver.rides.read"}),
    default_scopes=frozenset({"public"}),
    refresh_scope="offline",
    pkce=False,
)


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._rides: dict[str, list[tuple[datetime, Json]]] = {}

    async def profile(self, request: Request) -> Response:
        session = self._session(request, "profile")
        if isinstance(session, Response):
            return session
        driver = _DRIVERS[session.login or ""]
        return JSONAnswer(
            {
                "id": _user_id(self._world, driver),
                "first_name": driver.persona.given_name,
                "last_name": driver.persona.family_name,
                "has_taken_a_ride": False,
                "driver_rating": driver.rating,
            }
        )

    async def rides(self, request: Request) -> Response:
        session = self._session(request, "driver.rides.read")
        if isinstance(session, Response):
            return session
        query = request.query_params
        start, end = _moment(query.get("start_time")), _moment(query.get("end_time"))
        if start is None or start < _EARLIEST:
            return _bad("start_time", "must be an ISO 8601 time from 2015-01-01 on")
        if end is None and "end_time" in query:
            return _bad("end_time", "must be an ISO 8601 time")
        limit = whole_number(query.get("limit", "10"))
        if limit is None or not 10 <= limit <= 50:
            return _bad("limit", "must be from 10 to 50")
        chosen = [
            ride
            for requested, ride in self._rides_of(session.login or "")
            if start <= requested and (end is None or requested < end)
        ]
        return JSONAnswer({"ride_history": chosen[:limit]})

    def _rides_of(self, login: str) -> list[tuple[datetime, Json]]:
        if login not in self._rides:
            driver = _DRIVERS[login]
            habit = DrivingHabit(
                platform="lyft",
                login=login,
                city=_CITY,
                first_day=driver.first_day,
                last_day=driver.last_day,
                weekly_rides=driver.weekly,
                tips=0.34,
                cash=0,
            )
            rides = (_ride(self._world, driver, ride) for ride in reversed(rides_of(self._world, habit)))
            self._rides[login] = list(rides)
        return self._rides[login]

    def _session(self, request: Request, scope: str) -> Session | Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, "invalid_token", f"The access token is {session}.")
        if scope not in session.scopes:
            return _error(403, "insufficient_scope", f"This needs the scope {scope}.")
        return session


def _envelope() -> WordedEnvelope:
    """Lyft's errors: `error`, `error_detail`, `error_description`."""
    return WordedEnvelope(
        answer=_error,
        over_limit=(429, "too_many_requests", "Rate limit exceeded."),
        failure=(500, "internal_server_error", "An unexpected error has occurred."),
        nowhere=(404, "not_found", "No such resource."),
    )


def build(world: World) -> Platform:
    """Return Lyft."""
    desk = TokenDesk(world.clock, f"{world.seed}/lyft", access_seconds=86_400)
    server = AuthorizationServer(platform="lyft", title="Lyft", profile=_PROFILE, desk=desk, accounts=_ACCOUNTS)
    api = _Api(world, desk)
    return Platform(
        name="lyft",
        title="Lyft",
        summary="Drivers' rides in the words of the historical rider API. Pages by moving end_time; integer cents.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[*server.routes(), Route("/v1/profile", api.profile), Route("/v1/rides", api.rides)],
        envelope=_envelope(),
        quota=Quota(limit=120, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"id": _user_id(world, driver)} for login, driver in _DRIVERS.items()},
    )


def _user_id(world: World, driver: _Driver) -> str:
    return str(world.random("lyft", driver.persona.login, "id").randrange(10**18, 10**19))


def _ride(world: World, driver: _Driver, ride: Ride) -> tuple[datetime, Json]:
    draw = world.random("lyft", driver.persona.login, "ride", ride.day, ride.number)
    done = ride.outcome == "completed"
    requested = ride.accepted - draw.randrange(5, 40)
    fare, tip, toll = _cents(ride.fare), _cents(ride.tip), _cents(ride.toll)
    fee = round(fare * _PLATFORM_SHARE)
    lines = [("ride_pay", fare), ("tip", tip), ("toll", toll), ("platform_fee", -fee)]
    make, model, year = driver.car
    body: Json = {
        "ride_id": str(draw.randrange(10**18, 10**19)),
        "role": "driver",
        "status": "droppedOff" if done else "canceled",
        "ride_type": "lyft" if draw.random() < 0.93 else "lyft_plus",
        "passenger": {
            "first_name": draw.choice(_PASSENGERS),
            "image_url": "https://pictures.sandbox.example/passenger.png",
            "rating": f"{draw.uniform(4.5, 5):.1f}",
        },
        "driver": {
            "first_name": driver.persona.given_name,
            "phone_number": driver.persona.phone,
            "rating": driver.rating,
            "image_url": "https://pictures.sandbox.example/driver.png",
        },
        "vehicle": {
            "make": make,
            "model": model,
            "year": year,
            "license_plate": "SANDBOX",
            "license_plate_state": "CA",
            "color": "grey",
            "image_url": "https://pictures.sandbox.example/car.png",
        },
        "origin": _place(draw.uniform(-0.06, 0.06), draw.uniform(-0.06, 0.06)),
        "destination": _place(draw.uniform(-0.2, 0.2), draw.uniform(-0.2, 0.2)),
        "primetime_percentage": f"{round((ride.surge - 1) * 100)}%",
        "distance_miles": ride.miles if done else None,
        "duration_seconds": ride.seconds if done else None,
        "price": {"amount": fare + tip + toll, "currency": "USD", "description": "Total"} if done else None,
        "earnings": {
            "amount": sum(amount for _, amount in lines),
            "currency": "USD",
            "line_items": [{"type": kind, "amount": amount, "currency": "USD"} for kind, amount in lines if amount],
        },
        "canceled_by": None if done else ("driver" if ride.outcome == "driver_canceled" else "passenger"),
        "rating": draw.choices((5, 4, 3, None), (60, 5, 1, 34))[0] if done else None,
        "feedback": None,
        "requested_at": _iso(requested),
        "generated_at": _iso(ride.ended + 60),
        "ride_profile": "personal",
    }
    if ride.began is not None:
        body["pickup"] = body["origin"] | {"time": _iso(ride.began)}
        body["dropoff"] = body["destination"] | {"time": _iso(ride.ended)}
    return datetime.fromtimestamp(requested, UTC), body


def _place(north: float, east: float) -> Json:
    return {
        "lat": round(_CITY.latitude + north, 5),
        "lng": round(_CITY.longitude + east, 5),
        "address": _CITY.name,
    }


def _cents(amount: float) -> int:
    return round(amount * 100)


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _bad(field: str, problem: str) -> Response:
    return JSONAnswer(
        {
            "error": "bad_parameter",
            "error_detail": [{field: problem}],
            "error_description": f"{field} {problem}.",
        },
        status_code=400,
    )


def _error(status: int, error: str, description: str) -> Response:
    body = {"error": error, "error_detail": [], "error_description": description}
    return JSONAnswer(body, status_code=status)
