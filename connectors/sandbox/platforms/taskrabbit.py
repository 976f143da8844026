"""TaskRabbit, as if taskers could read their own jobs. HYPOTHETICAL.

TaskRabbit documents an API for partners that book taskers, none for taskers.
This simulator puts a tasker's jobs into that API's idiom.

Documented (partner API): client credentials through Auth0 at `/oauth/token`, a date as version in the path, snake_case,
uuids, `POST …/list` with the page in the body, `GET /me`, `GET /ping`.
Invented: everything under `/taskers/me`, the scopes `tasker:profile` and `tasker:jobs`, the worker's sign-in, the
error envelope, the rate limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.envelopes import WordedEnvelope
from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, Persona, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_VERSION = "/2025-12"
_MOST_ROWS = 100
_SERVICE_FEE = 0.05

_CATEGORIES = (
    ("furniture_assembly", "Furniture Assembly", "Assemble a {thing}", ("wardrobe", "bed frame", "desk", "bookcase")),
    ("mounting", "Mounting", "Mount a {thing}", ("television", "mirror", "shelf", "curtain rail")),
    ("moving_help", "Help Moving", "Move {thing}", ("a studio flat", "a sofa", "boxes to storage")),
    ("yard_work", "Yard Work", "Tidy a {thing}", ("small garden", "hedge", "front yard")),
    ("minor_home_repairs", "Minor Home Repairs", "Repair a {thing}", ("door", "tap", "drawer", "blind")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tasker:
    persona: Persona
    jobs: int = 0
    first_day: int = 1
    last_day: int = 0
    rate: int = 4000
    kinds: int = 3
    elite: bool = False
    status: str = "active"


_TASKERS: Mapping[str, _Tasker] = {
    tasker.persona.login: tasker
    for tasker in (
        _Tasker(persona=MIKA, jobs=240, first_day=800, rate=4500, kinds=5, elite=True),
        _Tasker(persona=ALEX, jobs=18, first_day=250, rate=3800, kinds=2),
        _Tasker(persona=NIA, jobs=0),
        _Tasker(persona=DARIO, jobs=40, first_day=700, last_day=300, status="deactivated"),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=MIKA, note="Elite tasker, 240 jobs of five kinds"),
    SandboxAccount(persona=ALEX, note="Helps out now and then"),
    SandboxAccount(persona=NIA, note="Registered, no job yet"),
    SandboxAccount(persona=DARIO, note="Deactivated, jobs long ago"),
)

_PROFILE = OAuthProfile(
    authorize_path="/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes=frozenset({"tasker:profile", "tasker:jobs", "offline_access"}),
    default_scopes=frozenset({"tasker:profile"}),
    refresh_scope="offline_access",
    grants=frozenset({"authorization_code", "refresh_token", "client_credentials"}),
)


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._jobs = {login: _jobs(world, tasker) for login, tasker in _TASKERS.items()}

    async def ping(self, request: Request) -> Response:
        return JSONAnswer({"message": "pong"})

    async def partner(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, "unauthorized", f"The access token is {session}.")
        return JSONAnswer({"client_id": session.client_id, "name": "Gigway sandbox partner"})

    async def tasker(self, request: Request) -> Response:
        session = self._session(request, "tasker:profile")
        if isinstance(session, Response):
            return session
        tasker = _TASKERS[session.login or ""]
        jobs = self._jobs[session.login or ""]
        ratings = [job["review"]["rating"] for job in jobs if job["review"]]
        return JSONAnswer(
            {
                "tasker_uuid": _tasker_uuid(self._world, tasker),
                "first_name": tasker.persona.given_name,
                "last_name": tasker.persona.family_name,
                "metro": "San Francisco Bay Area",
                "status": tasker.status,
                "elite": tasker.elite,
                "completed_jobs": sum(job["status"] == "completed" for job in jobs),
                "average_rating": round(sum(ratings) / len(ratings), 2) if ratings else None,
                "review_count": len(ratings),
                "categories": [
                    {"slug": slug, "name": name, "hourly_rate_cents": tasker.rate}
                    for slug, name, _, _ in _CATEGORIES[: tasker.kinds]
                ]
                if jobs
                else [],
            }
        )

    async def jobs(self, request: Request) -> Response:
        session = self._session(request, "tasker:jobs")
        if isinstance(session, Response):
            return session
        try:
            body = orjson.loads(await request.body() or b"{}")
        except orjson.JSONDecodeError:
            return _error(400, "invalid_body", "The body is not JSON.")
        if not isinstance(body, dict):
            return _error(400, "invalid_body", "The body must be an object.")
        page, size, after = body.get("page", 1), body.get("per_page", 25), body.get("completed_after")
        if not isinstance(page, int) or not isinstance(size, int) or page < 1 or not 1 <= size <= _MOST_ROWS:
            return _error(422, "invalid_page", f"page starts at 1, per_page is at most {_MOST_ROWS}.")
        if after is not None and not _is_moment(after):
            return _error(422, "invalid_time", "completed_after must be an ISO 8601 time.")
        jobs = self._jobs[session.login or ""]
        if after is not None:
            since = datetime.fromisoformat(after)
            jobs = [job for job in jobs if job["completed_at"] and datetime.fromisoformat(job["completed_at"]) > since]
        return JSONAnswer(
            {"jobs": jobs[(page - 1) * size : page * size], "page": page, "total_pages": -(-len(jobs) // size)}
        )

    def _session(self, request: Request, scope: str) -> Session | Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, "unauthorized", f"The access token is {session}.")
        if session.login is None or scope not in session.scopes:
            return _error(403, "forbidden", f"This needs a tasker's token with the scope {scope}.")
        return session


def _envelope() -> WordedEnvelope:
    """`{"error": {"code", "message"}}`."""
    return WordedEnvelope(
        answer=_error,
        over_limit=(429, "rate_limited", "Too many requests."),
        failure=(503, "service_unavailable", "Please try again."),
        nowhere=(404, "not_found", "Not found."),
    )


def build(world: World) -> Platform:
    """Return TaskRabbit."""
    desk = TokenDesk(world.clock, f"{world.seed}/taskrabbit", access_seconds=86_400, rotates=True)
    server = AuthorizationServer(
        platform="taskrabbit", title="TaskRabbit", profile=_PROFILE, desk=desk, accounts=_ACCOUNTS
    )
    api = _Api(world, desk)
    return Platform(
        name="taskrabbit",
        title="TaskRabbit",
        summary="A tasker's jobs in the partner API's idiom. Dated path, page in the body, integer cents.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[
            *server.routes(),
            Route(f"{_VERSION}/ping", api.ping),
            Route(f"{_VERSION}/me", api.partner),
            Route(f"{_VERSION}/taskers/me", api.tasker),
            Route(f"{_VERSION}/taskers/me/jobs/list", api.jobs, methods=["POST"]),
        ],
        envelope=_envelope(),
        quota=Quota(limit=60, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"tasker_uuid": _tasker_uuid(world, who)} for login, who in _TASKERS.items()},
    )


def _tasker_uuid(world: World, tasker: _Tasker) -> str:
    return world.uuid("taskrabbit", tasker.persona.login, "tasker")


def _jobs(world: World, tasker: _Tasker) -> list[Json]:
    jobs = [_job(world, tasker, number) for number in range(tasker.jobs)]
    return sorted(jobs, key=lambda job: job["scheduled_at"], reverse=True)


def _job(world: World, tasker: _Tasker, number: int) -> Json:
    draw = world.random("taskrabbit", tasker.persona.login, "job", number)
    slug, name, title, things = _CATEGORIES[draw.randrange(tasker.kinds)]
    span = tasker.first_day - tasker.last_day
    days = tasker.last_day + span * (number + draw.random()) / tasker.jobs - 2
    scheduled = world.days_ago(days).replace(minute=draw.choice((0, 30)), second=0, microsecond=0)
    is_ahead = scheduled > world.started
    completed = not is_ahead and draw.random() > 0.08
    quarters = draw.randrange(4, 22)
    started = scheduled + timedelta(minutes=draw.randrange(-5, 20))
    ended = started + timedelta(minutes=15 * quarters)
    labor = round(tasker.rate * quarters / 4)
    tip = draw.choice((0, 0, 0, 500, 1000, 2000))
    expenses = draw.choice((0, 0, 0, 0, 1450))
    fee = round(labor * _SERVICE_FEE)
    rating = draw.choices((5, 4, 3, 2), (80, 12, 4, 1))[0]
    return {
        "job_uuid": world.uuid("taskrabbit", tasker.persona.login, "job", number),
        "category": {"slug": slug, "name": name},
        "title": title.format(thing=draw.choice(things)),
        "status": "scheduled" if is_ahead else "completed" if completed else "cancelled",
        "scheduled_at": _iso(scheduled),
        "started_at": _iso(started) if completed else None,
        "completed_at": _iso(ended) if completed else None,
        "metro": "San Francisco Bay Area",
        "invoice": {
            "hours": f"{quarters / 4:.2f}",
            "hourly_rate_cents": tasker.rate,
            "tip_cents": tip,
            "expenses_cents": expenses,
            "service_fee_cents": fee,
            "total_payout_cents": labor + tip + expenses - fee,
            "currency": "USD",
        }
        if completed
        else None,
        "review": {
            "rating": rating,
            "body": "Quick, careful, friendly." if rating > 3 else "It took longer than agreed.",
            "created_at": _iso(ended + timedelta(hours=5)),
        }
        if completed and draw.random() < 0.6
        else None,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _error(status: int, code: str, message: str) -> Response:
    return JSONAnswer({"error": {"code": code, "message": message}}, status_code=status)
