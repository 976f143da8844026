"""Uber's endpoints: profile, trips, payments."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, ClientRegistration, OAuthProfile, client_secret
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.uber.drivers import ACCOUNTS, DRIVERS, Driver
from connectors.sandbox.platforms.uber.rides import Ledger, driver_id, keep_ledger
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

_DAY = 86_400
_WIDEST_WINDOW = 10 * _DAY
_USUAL_WINDOW = 7 * _DAY
_MOST_ROWS = 50

_PROFILE = OAuthProfile(
    authorize_path="/oauth/v2/authorize",
    token_path="/oauth/v2/token",
    revoke_path="/oauth/v2/revoke",
    scopes=frozenset(
        {
            "partner.accounts",
            "partner.accounts.compliance_info",
            "partner.accounts.language",
            "partner.accounts.personal_info",
            "partner.accounts.personal_info.cpf",
            "partner.payments",
            "partner.trips",
        }
    ),
    default_scopes=frozenset({"partner.accounts"}),
)
_NARROW_CLIENT = ClientRegistration(
    client_id="gigway-sandbox-profile-only",
    client_secret=client_secret("uber"),
    scopes=frozenset({"partner.accounts"}),
)


class UberEnvelope:
    """Uber's errors: `{"message", "code"}`."""

    def throttled(self, reading: QuotaReading) -> Response:
        """429 as documented, body and headers."""
        return _error(429, "rate_limited", "Exceeded rate limit", headers=self.quota_headers(reading))

    def broken(self) -> Response:
        """500."""
        return _error(500, "internal_server_error", "Unexpected internal server error occurred.")

    def unknown_path(self) -> Response:
        """404."""
        return _error(404, "not_found", "Not found.")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """`X-Rate-Limit-*`, the reset in unix seconds."""
        return {
            "X-Rate-Limit-Limit": str(reading.limit),
            "X-Rate-Limit-Remaining": str(reading.remaining),
            "X-Rate-Limit-Reset": str(int(reading.resets_at.timestamp())),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    offset: int
    limit: int
    from_time: int | None
    to_time: int | None

    def cut(self, rows: Sequence[tuple[int, dict[str, Any]]]) -> tuple[int, list[dict[str, Any]]]:
        """Return how many rows, newest first, lie in the window, and those on the page."""
        first = 0 if self.to_time is None else bisect_left(rows, -self.to_time, key=_age)
        last = len(rows) if self.from_time is None else bisect_right(rows, -self.from_time, key=_age)
        count = max(0, last - first)
        start = first + min(self.offset, count)
        return count, [row for _, row in rows[start : min(start + self.limit, last)]]


def _age(row: tuple[int, dict[str, Any]]) -> int:
    return -row[0]


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._ledgers: dict[str, Ledger] = {}

    async def me(self, request: Request) -> Response:
        session = self._session(request, "partner.accounts")
        if isinstance(session, Response):
            return session
        driver = DRIVERS[session.login or ""]
        return JSONAnswer(_profile(self._world, driver, session.scopes))

    async def trips(self, request: Request) -> Response:
        session = self._session(request, "partner.trips")
        if isinstance(session, Response):
            return session
        page = _read_page(request, usual_limit=10)
        if isinstance(page, Response):
            return page
        count, rows = page.cut(self._ledger(session).trips)
        return JSONAnswer({"count": count, "limit": page.limit, "offset": page.offset, "trips": rows})

    async def payments(self, request: Request) -> Response:
        session = self._session(request, "partner.payments")
        if isinstance(session, Response):
            return session
        page = _read_page(request, usual_limit=5)
        if isinstance(page, Response):
            return page
        page = _with_window(page, int(self._world.clock().timestamp()))
        if isinstance(page, Response):
            return page
        count, rows = page.cut(self._ledger(session).payments)
        return JSONAnswer({"offset": page.offset, "limit": page.limit, "count": count, "payments": rows})

    def _ledger(self, session: Session) -> Ledger:
        login = session.login or ""
        if login not in self._ledgers:
            self._ledgers[login] = keep_ledger(self._world, DRIVERS[login])
        return self._ledgers[login]

    def _session(self, request: Request, scope: str) -> Session | Response:
        session = bearer_session(request, self._desk)
        if session == "missing":
            return _error(401, "unauthorized", "No authentication provided.")
        if isinstance(session, str):
            return _error(401, "unauthorized", "Invalid OAuth 2.0 credentials provided.")
        if scope not in session.scopes:
            return _error(403, "forbidden", f"This endpoint requires the {scope} scope.")
        return session


def build(world: World) -> Platform:
    """Return Uber."""
    desk = TokenDesk(world.clock, f"{world.seed}/uber", access_seconds=30 * _DAY)
    server = AuthorizationServer(
        platform="uber", title="Uber", profile=_PROFILE, desk=desk, accounts=ACCOUNTS, clients=(_NARROW_CLIENT,)
    )
    api = _Api(world, desk)
    return Platform(
        name="uber",
        title="Uber",
        summary="Driver API: profile, trips, payments. REST, offset and limit, ten-day windows.",
        fidelity="DOCUMENTED",
        accounts=ACCOUNTS,
        routes=[
            *server.routes(),
            Route("/v1/partners/me", api.me),
            Route("/v1/partners/trips", api.trips),
            Route("/v1/partners/payments", api.payments),
        ],
        envelope=UberEnvelope(),
        quota=Quota(limit=2000, seconds=3600, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"driver_id": driver_id(world, driver)} for login, driver in DRIVERS.items()},
    )


def _profile(world: World, driver: Driver, scopes: frozenset[str]) -> dict[str, Any]:
    persona = driver.persona
    draw = world.random("uber", persona.login, "profile")
    profile: dict[str, Any] = {
        "driver_id": driver_id(world, driver),
        "first_name": persona.given_name,
        "last_name": persona.family_name,
        "email": persona.login,
        "phone_number": persona.phone,
        "picture": f"https://pictures.sandbox.example/{draw.getrandbits(80):020x}.png",
        "rating": driver.rating,
        "activation_status": driver.status,
        "promo_code": f"sandbox{draw.getrandbits(20):05x}",
        "partner_role": "driver",
        "city_name": driver.habit.city.name.partition(",")[0],
        "city_identifier": driver.habit.city.number,
    }
    if "partner.accounts.personal_info" in scopes:
        profile["date_of_birth"] = persona.born
    if "partner.accounts.compliance_info" in scopes:
        profile["encrypted_symmetric_key"] = f"{draw.getrandbits(256):064x}"
        profile["driving_license"] = {
            "encrypted_license_number": f"{draw.getrandbits(128):032x}",
            "state": persona.region,
            "expiration_date": f"{world.started.year + 2}-{persona.born[5:]}",
        }
    return profile


def _read_page(request: Request, *, usual_limit: int) -> _Page | Response:
    values: dict[str, int | None] = {}
    for name in ("offset", "limit", "from_time", "to_time"):
        text = request.query_params.get(name)
        values[name] = whole_number(text)
        if text is not None and values[name] is None:
            return _invalid(name, "must be a whole number")
    limit = values["limit"]
    if limit is not None and not 1 <= limit <= _MOST_ROWS:
        return _invalid("limit", f"must be from 1 to {_MOST_ROWS}")
    return _Page(
        offset=values["offset"] or 0,
        limit=usual_limit if limit is None else limit,
        from_time=values["from_time"],
        to_time=values["to_time"],
    )


def _with_window(page: _Page, now: int) -> _Page | Response:
    """Apply the payments' window: seven days from or to the one end that is given, never more than ten."""
    start, end = page.from_time, page.to_time
    if end is None:
        end = now if start is None else start + _USUAL_WINDOW
    if start is None:
        start = end - _USUAL_WINDOW
    if end < start:
        return _invalid("to_time", "must not lie before from_time")
    if end - start > _WIDEST_WINDOW:
        return _invalid("to_time", "must lie at most 10 days after from_time")
    return replace(page, from_time=start, to_time=end)


def _invalid(field: str, problem: str) -> Response:
    return JSONAnswer(
        {"message": "Invalid request.", "code": "validation_failed", "fields": {field: f"{field} {problem}."}},
        status_code=422,
    )


def _error(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    return JSONAnswer({"message": message, "code": code}, status_code=status, headers=headers)
