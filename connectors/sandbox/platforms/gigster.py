"""Gigster, a shop for software teams. HYPOTHETICAL.

Nothing about an interface is public. Everything here is invented: gigs with a role, a karma, milestones that carry the
only money there is, no rating, a cursor named `next`, OAuth, errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

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
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_MOST_ROWS = 10
_INDUSTRIES = ("Healthcare", "Logistics", "Retail", "Energy", "Media")
_STEPS = ("Kick-off", "Prototype", "Beta", "Launch", "Hand-over")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    persona: Persona
    roles: tuple[str, ...] = ()
    gigs: int = 0
    months: int = 1
    payout: float = 2000
    karma: int | None = None


_MEMBERS: Mapping[str, _Member] = {
    member.persona.login: member
    for member in (
        _Member(persona=ALEX, roles=("Product Designer", "UX Researcher"), gigs=5, months=20, karma=87),
        _Member(persona=MIKA, roles=("QA Engineer",), gigs=14, months=40, payout=900, karma=74),
        _Member(persona=NIA),
        _Member(persona=DARIO, roles=("Backend Engineer",), gigs=2, months=30, karma=31),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Designer in five teams"),
    SandboxAccount(persona=MIKA, note="Tester in many teams, more than one page"),
    SandboxAccount(persona=NIA, note="Accepted, no team yet, no karma"),
    SandboxAccount(persona=DARIO, note="Left both teams early"),
)

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes=frozenset({"gigs"}),
    default_scopes=frozenset({"gigs"}),
)


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk

    async def me(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, f"token {session}")
        member = _MEMBERS[session.login or ""]
        return JSONAnswer(
            {
                "member_id": _member_id(self._world, member),
                "name": member.persona.name,
                "roles": list(member.roles),
                "karma": member.karma,
            }
        )

    async def gigs(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, f"token {session}")
        member = _MEMBERS[session.login or ""]
        gigs = [_gig(self._world, member, number) for number in range(member.gigs)]
        cursor = request.query_params.get("cursor")
        ids = [gig["gig_id"] for gig in gigs]
        if cursor is not None and cursor not in ids:
            return _error(400, "unknown cursor")
        start = 0 if cursor is None else ids.index(cursor)
        after = start + _MOST_ROWS
        return JSONAnswer({"gigs": gigs[start:after], "next": ids[after] if after < len(ids) else None})


def _envelope() -> WordedEnvelope:
    """`{"error": "..."}`."""
    return WordedEnvelope(
        answer=_error,
        over_limit=(429, "rate limited"),
        failure=(500, "internal error"),
        nowhere=(404, "not found"),
    )


def build(world: World) -> Platform:
    """Return Gigster."""
    desk = TokenDesk(world.clock, f"{world.seed}/gigster", access_seconds=3_600)
    server = AuthorizationServer(platform="gigster", title="Gigster", profile=_PROFILE, desk=desk, accounts=_ACCOUNTS)
    api = _Api(world, desk)
    return Platform(
        name="gigster",
        title="Gigster",
        summary="Gigs in software teams. Money only by milestone, karma instead of ratings.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[*server.routes(), Route("/v1/me", api.me), Route("/v1/me/gigs", api.gigs)],
        envelope=_envelope(),
        quota=Quota(limit=60, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"member_id": _member_id(world, member)} for login, member in _MEMBERS.items()},
    )


def _member_id(world: World, member: _Member) -> str:
    return f"mem_{world.uuid('gigster', member.persona.login)[:8]}"


def _gig(world: World, member: _Member, number: int) -> Json:
    draw = world.random("gigster", member.persona.login, number)
    days = member.months * 30.4 * (number + draw.uniform(0.3, 0.9)) / member.gigs
    started = world.days_ago(days).date()
    steps = _STEPS[: draw.randrange(3, 6)]
    due = [started + timedelta(days=21 * (step + 1)) for step in range(len(steps))]
    today = world.started.date()
    milestones = [
        _milestone(f"ms-{number}-{index}", title, at, at + timedelta(days=draw.randrange(-2, 6)), member, today)
        for index, (title, at) in enumerate(zip(steps, due, strict=True))
    ]
    ended = due[-1] + timedelta(days=6)
    return {
        "gig_id": f"gig_{world.uuid('gigster', member.persona.login, number)[:8]}",
        "project": {
            "name": f"Project {draw.choice(('Aster', 'Birch', 'Clover', 'Dune', 'Ember'))}",
            "industry": draw.choice(_INDUSTRIES),
        },
        "role": member.roles[number % len(member.roles)],
        "karma": member.karma,
        "milestones": milestones,
        "started_on": started.isoformat(),
        "ended_on": ended.isoformat() if ended < today else None,
        "status": "done" if ended < today else "active",
    }


def _milestone(identifier: str, title: str, due: date, accepted: date, member: _Member, today: date) -> Json:
    return {
        "id": identifier,
        "title": title,
        "due": due.isoformat(),
        "accepted_at": accepted.isoformat() if accepted < today else None,
        "payout_usd": member.payout,
    }


def _error(status: int, message: str) -> Response:
    return JSONAnswer({"error": message}, status_code=status)
