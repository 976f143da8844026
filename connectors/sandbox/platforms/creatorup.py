"""CreatorUp, a video production network that also trains. HYPOTHETICAL.

Nothing about an interface is public. Everything here is invented: projects with a crew role and shoot days, a fee,
a producer's feedback, numbered pages, training tracks as an open catalogue and a member's progress in them, OAuth,
errors.

    GET /api/projects?page=     a member's projects      GET /api/tracks      the catalogue, without a token
    GET /api/me                 a member                 GET /api/me/tracks   a member's progress
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.envelopes import WordedEnvelope
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.people import ALEX, DARIO, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_PAGE = 5
_TITLES = ("Product film", "Founder interview", "Tutorial series", "Event recap", "Recruiting spot")

_TRACKS: tuple[Json, ...] = (
    {
        "slug": "camera-basics",
        "title": "Camera and light: basics",
        "level": "entry",
        "hours": 24,
        "skills_taught": ["operate camera", "set up lighting equipment"],
        "prerequisites": [],
        "crews": ["camera operator"],
        "price": {"value": "190.00", "currency": "USD"},
    },
    {
        "slug": "video-editing",
        "title": "Video editing",
        "level": "entry",
        "hours": 40,
        "skills_taught": ["edit recorded sound", "perform video editing"],
        "prerequisites": [],
        "crews": ["video and motion picture editor"],
        "price": {"value": "260.00", "currency": "USD"},
    },
    {
        "slug": "motion-graphics",
        "title": "Motion graphics",
        "level": "advanced",
        "hours": 60,
        "skills_taught": ["create moving images", "animate designs"],
        "prerequisites": ["video-editing"],
        "crews": ["animator"],
        "price": {"value": "480.00", "currency": "USD"},
    },
    {
        "slug": "producing",
        "title": "Producing short films for clients",
        "level": "advanced",
        "hours": 36,
        "skills_taught": ["manage production schedule", "develop project budget"],
        "prerequisites": ["camera-basics"],
        "crews": [],
        "price": {"value": "420.00", "currency": "USD"},
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    persona: Persona
    roles: tuple[str, ...] = ()
    projects: int = 0
    months: int = 1
    fee: int = 600
    tracks: tuple[tuple[str, int], ...] = ()


_MEMBERS: Mapping[str, _Member] = {
    member.persona.login: member
    for member in (
        _Member(
            persona=ALEX,
            roles=("Motion designer", "Storyboard artist"),
            projects=8,
            months=26,
            tracks=(("video-editing", 100), ("motion-graphics", 60)),
        ),
        _Member(
            persona=PRIYA,
            roles=("Subtitler",),
            projects=13,
            months=18,
            fee=180,
            tracks=(("video-editing", 35),),
        ),
        _Member(persona=NIA, tracks=(("camera-basics", 10),)),
        _Member(persona=DARIO, roles=("Camera assistant",), projects=1, months=30),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Motion designer; finished one track, half through another"),
    SandboxAccount(persona=PRIYA, note="Subtitler, three pages of projects"),
    SandboxAccount(persona=NIA, note="In training, no project"),
    SandboxAccount(persona=DARIO, note="One project, no feedback, no track"),
)

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes=frozenset({"projects", "tracks"}),
    default_scopes=frozenset({"projects", "tracks"}),
)


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk

    async def me(self, request: Request) -> Response:
        session = self._session(request, "projects")
        if isinstance(session, Response):
            return session
        member = _MEMBERS[session.login or ""]
        return JSONAnswer(
            {
                "uuid": _uuid(self._world, member),
                "name": member.persona.name,
                "crew_roles": list(member.roles),
                "projects": member.projects,
            }
        )

    async def projects(self, request: Request) -> Response:
        session = self._session(request, "projects")
        if isinstance(session, Response):
            return session
        member = _MEMBERS[session.login or ""]
        page = whole_number(request.query_params.get("page", "1"))
        pages = max(1, -(-member.projects // _PAGE))
        if page is None or not 1 <= page <= pages:
            return _error(404, f"there are {pages} pages")
        numbers = range(member.projects)[(page - 1) * _PAGE : page * _PAGE]
        return JSONAnswer(
            {
                "projects": [_project(self._world, member, number) for number in numbers],
                "meta": {"page": page, "pages": pages},
            }
        )

    async def tracks(self, request: Request) -> Response:
        tracks = [_track(self._world, track) for track in _TRACKS]
        return JSONAnswer({"tracks": tracks, "meta": {"page": 1, "pages": 1}})

    async def progress(self, request: Request) -> Response:
        session = self._session(request, "tracks")
        if isinstance(session, Response):
            return session
        member = _MEMBERS[session.login or ""]
        return JSONAnswer(
            {
                "tracks": [
                    {
                        "track_uuid": self._world.uuid("creatorup", "track", slug),
                        "percent": percent,
                        "certificate": {
                            "uuid": self._world.uuid("creatorup", member.persona.login, slug),
                            "issued_on": self._world.days_ago(200).date().isoformat(),
                        }
                        if percent == 100
                        else None,
                    }
                    for slug, percent in member.tracks
                ]
            }
        )

    def _session(self, request: Request, scope: str) -> Session | Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, f"token {session}")
        return session if scope in session.scopes else _error(403, f"needs {scope}")


def _envelope() -> WordedEnvelope:
    """`{"status", "reason"}`."""
    return WordedEnvelope(
        answer=_error,
        over_limit=(429, "throttled"),
        failure=(500, "unexpected"),
        nowhere=(404, "unknown path"),
    )


def build(world: World) -> Platform:
    """Return CreatorUp."""
    desk = TokenDesk(world.clock, f"{world.seed}/creatorup", access_seconds=3_600)
    server = AuthorizationServer(
        platform="creatorup", title="CreatorUp", profile=_PROFILE, desk=desk, accounts=_ACCOUNTS
    )
    api = _Api(world, desk)
    return Platform(
        name="creatorup",
        title="CreatorUp",
        summary="Video projects with crew roles, and training tracks. Numbered pages.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[
            *server.routes(),
            Route("/api/me", api.me),
            Route("/api/projects", api.projects),
            Route("/api/tracks", api.tracks),
            Route("/api/me/tracks", api.progress),
        ],
        envelope=_envelope(),
        quota=Quota(limit=60, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"uuid": _uuid(world, member)} for login, member in _MEMBERS.items()},
    )


def _uuid(world: World, member: _Member) -> str:
    return world.uuid("creatorup", member.persona.login)


def _track(world: World, track: Json) -> Json:
    needed = [world.uuid("creatorup", "track", slug) for slug in track["prerequisites"]]
    return {"uuid": world.uuid("creatorup", "track", track["slug"])} | track | {"prerequisites": needed}


def _project(world: World, member: _Member, number: int) -> Json:
    draw = world.random("creatorup", member.persona.login, number)
    days = member.months * 30.4 * (number + draw.uniform(0.2, 0.8)) / member.projects + 14
    first = world.days_ago(days).date()
    stars = draw.choice((5, 5, 4, 4.5))
    return {
        "uuid": world.uuid("creatorup", member.persona.login, "project", number),
        "title": f"{draw.choice(_TITLES)} {draw.randrange(10, 99)}",
        "format": "podcast" if draw.random() < 0.15 else "video",
        "crew_role": member.roles[number % len(member.roles)],
        "shoot_dates": [(first + timedelta(days=day)).isoformat() for day in range(draw.randrange(1, 4))],
        "deliverables": [
            {"url": f"https://films.sandbox.example/{draw.getrandbits(32):08x}", "duration_s": draw.randrange(45, 900)}
        ],
        "fee": {"value": f"{member.fee * draw.choice((1, 1.5, 2)):.2f}", "currency": "USD"},
        "producer_feedback": {"stars": stars, "note": draw.choice(("Would book again.", ""))}
        if member.projects > 1 and draw.random() < 0.7
        else None,
    }


def _error(status: int, reason: str) -> Response:
    return JSONAnswer({"status": status, "reason": reason}, status_code=status)
