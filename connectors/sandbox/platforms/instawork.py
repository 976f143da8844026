"""Instawork, as if professionals could read their own shifts. HYPOTHETICAL.

Instawork documents a server for business partners that book shifts, nothing for the people who work them.
Everything here is invented: a shift's record with booked and clocked times, pay with hours, tips and bonus, a rating
with tags, reliability counters, cursor paging, errors, scopes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.people import DARIO, MIKA, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_ZONE = ZoneInfo("America/Los_Angeles")
_MOST_ROWS = 50

_POSITIONS = (("Line Cook", 24.0), ("Dishwasher", 19.5), ("Event Server", 23.0), ("Warehouse Associate", 21.0))
_BUSINESSES = ("Harbor Hall Events", "Sandbox Bistro", "Pier Storage", "Hotel Example")
_TAGS = ("on time", "friendly", "fast learner", "well prepared")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pro:
    persona: Persona
    shifts: int = 0
    first_day: int = 1
    last_day: int = 0
    positions: int = 2
    reliability: float = 0.96
    status: str = "active"


_PROS: Mapping[str, _Pro] = {
    pro.persona.login: pro
    for pro in (
        _Pro(persona=MIKA, shifts=160, first_day=600, positions=4),
        _Pro(persona=PRIYA, shifts=24, first_day=200, reliability=0.82),
        _Pro(persona=NIA),
        _Pro(persona=DARIO, shifts=30, first_day=500, last_day=260, reliability=0.6, status="suspended"),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=MIKA, note="Cook, server, warehouse: 160 shifts"),
    SandboxAccount(persona=PRIYA, note="Some shifts, some cancelled late"),
    SandboxAccount(persona=NIA, note="Approved, no shift yet"),
    SandboxAccount(persona=DARIO, note="Suspended after no-shows"),
)

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes=frozenset({"pro.profile", "pro.shifts"}),
    default_scopes=frozenset({"pro.profile"}),
)


class InstaworkEnvelope:
    """`{"errors": [{"code", "detail"}]}`."""

    def throttled(self, reading: QuotaReading) -> Response:
        """429 with `Retry-After`."""
        headers = {"Retry-After": str(reading.retry_after)}
        return _error(429, "throttled", "Too many requests.", headers=headers)

    def broken(self) -> Response:
        """500."""
        return _error(500, "server_error", "Something went wrong.")

    def unknown_path(self) -> Response:
        """404."""
        return _error(404, "not_found", "Not found.")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """`RateLimit-*`."""
        return {"RateLimit-Limit": str(reading.limit), "RateLimit-Remaining": str(reading.remaining)}


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._shifts = {login: _shifts(world, pro) for login, pro in _PROS.items()}

    async def me(self, request: Request) -> Response:
        session = self._session(request, "pro.profile")
        if isinstance(session, Response):
            return session
        pro = _PROS[session.login or ""]
        shifts = self._shifts[session.login or ""]
        scores = [shift["rating"]["score"] for shift in shifts if shift["rating"]]
        return JSONAnswer(
            {
                "pro_id": _pro_id(self._world, pro),
                "first_name": pro.persona.given_name,
                "last_name": pro.persona.family_name,
                "status": pro.status,
                "market": "San Francisco Bay Area",
                "positions": [name for name, _ in _POSITIONS[: pro.positions]] if shifts else [],
                "rating": {"average": round(sum(scores) / len(scores), 2), "count": len(scores)} if scores else None,
                "reliability": _reliability(shifts),
            }
        )

    async def shifts(self, request: Request) -> Response:
        session = self._session(request, "pro.shifts")
        if isinstance(session, Response):
            return session
        limit = whole_number(request.query_params.get("limit", "20"))
        cursor = request.query_params.get("cursor")
        if limit is None or not 1 <= limit <= _MOST_ROWS:
            return _error(400, "bad_limit", f"limit must be from 1 to {_MOST_ROWS}.")
        shifts = self._shifts[session.login or ""]
        start = 0
        if cursor is not None:
            positions = [index for index, shift in enumerate(shifts) if shift["shift_id"] == cursor]
            if not positions:
                return _error(400, "bad_cursor", "The cursor is not one of ours.")
            start = positions[0] + 1
        shown = shifts[start : start + limit]
        more = start + len(shown) < len(shifts)
        return JSONAnswer({"shifts": shown, "next_cursor": shown[-1]["shift_id"] if shown and more else None})

    def _session(self, request: Request, scope: str) -> Session | Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, "not_authenticated", f"The access token is {session}.")
        if scope not in session.scopes:
            return _error(403, "permission_denied", f"This needs the scope {scope}.")
        return session


def build(world: World) -> Platform:
    """Return Instawork."""
    desk = TokenDesk(world.clock, f"{world.seed}/instawork", access_seconds=3_600, rotates=True)
    server = AuthorizationServer(
        platform="instawork", title="Instawork", profile=_PROFILE, desk=desk, accounts=_ACCOUNTS
    )
    api = _Api(world, desk)
    return Platform(
        name="instawork",
        title="Instawork",
        summary="A professional's shifts with clocked times, and reliability. Cursor paging, decimals as strings.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[*server.routes(), Route("/v1/pros/me", api.me), Route("/v1/pros/me/shifts", api.shifts)],
        envelope=InstaworkEnvelope(),
        quota=Quota(limit=100, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"pro_id": _pro_id(world, pro)} for login, pro in _PROS.items()},
    )


def _pro_id(world: World, pro: _Pro) -> str:
    return f"pro_{world.uuid('instawork', pro.persona.login).replace('-', '')[:20]}"


def _reliability(shifts: list[Json]) -> Json | None:
    if not shifts:
        return None
    past = [shift for shift in shifts if shift["status"] != "scheduled"]
    own = [shift for shift in past if shift["status"] != "cancelled_by_business"]
    worked = [shift for shift in own if shift["status"] == "completed"]
    on_time = [shift for shift in worked if _is_on_time(shift)]
    return {
        "attendance_rate": round(len(worked) / len(own), 3),
        "on_time_rate": round(len(on_time) / len(worked), 3),
        "late_cancellations": sum(shift["status"] == "cancelled_by_pro" for shift in past),
        "shifts_counted": len(own),
    }


def _is_on_time(shift: Json) -> bool:
    return datetime.fromisoformat(shift["clock_in"]) <= datetime.fromisoformat(shift["scheduled_start"])


def _shifts(world: World, pro: _Pro) -> list[Json]:
    return sorted(
        (_shift(world, pro, number) for number in range(pro.shifts)),
        key=lambda shift: (datetime.fromisoformat(shift["scheduled_start"]), shift["shift_id"]),
        reverse=True,
    )


def _shift(world: World, pro: _Pro, number: int) -> Json:
    draw = world.random("instawork", pro.persona.login, "shift", number)
    span = pro.first_day - pro.last_day
    days = pro.last_day + span * (number + draw.random()) / pro.shifts - 3
    hour = draw.choice((6, 8, 10, 14, 16))
    start = world.days_ago(days).astimezone(_ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    end = start + timedelta(hours=draw.choice((4, 6, 8)))
    position, wage = _POSITIONS[draw.randrange(pro.positions)]
    fate = draw.random()
    status = "completed"
    if end > world.started:
        status = "scheduled"
    elif fate > pro.reliability:
        status = "no_show" if fate > 0.97 else "cancelled_by_pro"
    elif fate < 0.04:
        status = "cancelled_by_business"
    worked = status == "completed"
    clock_in = start + timedelta(minutes=draw.choice((-9, -6, -4, -2, -1, 0, 6)))
    clock_out = end + timedelta(minutes=draw.choice((-20, 0, 0, 5, 30)))
    pause = 30 if end - start > timedelta(hours=5) else 0
    hours = round((clock_out - clock_in) / timedelta(hours=1) - pause / 60, 2)
    business = draw.randrange(len(_BUSINESSES))
    return {
        "shift_id": f"shf_{world.uuid('instawork', pro.persona.login, number).replace('-', '')[:20]}",
        "business": {"id": f"biz_{business + 1}", "name": _BUSINESSES[business]},
        "position": position,
        "location": {"city": "San Francisco", "state": "CA", "address": f"{draw.randrange(1, 900)} Example Street"},
        "scheduled_start": _iso(start),
        "scheduled_end": _iso(end),
        "clock_in": _iso(clock_in) if worked else None,
        "clock_out": _iso(clock_out) if worked else None,
        "break_minutes": pause if worked else None,
        "status": status,
        "pay": _pay(wage, hours, tips=draw.choice((0, 0, 12, 25)), bonus=draw.choice((0, 0, 0, 20)))
        if worked
        else None,
        "rating": {
            "score": draw.choices((5, 4, 3), (80, 15, 5))[0],
            "tags": draw.sample(_TAGS, draw.randrange(3)),
        }
        if worked and draw.random() < 0.8
        else None,
        "rehire": draw.random() < 0.9 if worked else None,
    }


def _pay(wage: float, hours: float, *, tips: float, bonus: float) -> Json:
    return {
        "hourly_rate": f"{wage:.2f}",
        "hours": f"{hours:.2f}",
        "gross": f"{wage * hours + tips + bonus:.2f}",
        "tips": f"{tips:.2f}",
        "bonus": f"{bonus:.2f}",
        "currency": "USD",
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _error(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> Response:
    return JSONAnswer({"errors": [{"code": code, "detail": detail}]}, status_code=status, headers=headers)
