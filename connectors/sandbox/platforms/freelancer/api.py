"""Freelancer.com's endpoints."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.freelancer.members import (
    ACCOUNTS,
    MEMBERS,
    Member,
    Project,
    job_of,
    projects_of,
    reputation,
    user_id,
)
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]
Row = TypeVar("Row")

_MOST_ROWS = 100

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorise",
    token_path="/oauth/token",
    scopes=frozenset({"basic"}),
    default_scopes=frozenset({"basic"}),
    extra_parameters=frozenset({"advanced_scopes"}),
)


class FreelancerEnvelope:
    """Freelancer.com's envelope: `status`, `result` or `message` with `error_code`, `request_id`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._answered = 0

    def success(self, result: Any) -> Response:
        """Wrap a result."""
        return JSONAnswer({"status": "success", "result": result, "request_id": self._request_id()})

    def error(self, status: int, code: str, message: str) -> Response:
        """Wrap an error."""
        return JSONAnswer(
            {
                "status": "error",
                "message": message,
                "error_code": f"RestExceptionCodes.{code}",
                "request_id": self._request_id(),
            },
            status_code=status,
        )

    def throttled(self, reading: QuotaReading) -> Response:
        """429."""
        return self.error(429, "RATE_LIMITED", "You have made too many of these requests.")

    def broken(self) -> Response:
        """500."""
        return self.error(500, "INTERNAL_SERVER_ERROR", "An internal error occurred.")

    def unknown_path(self) -> Response:
        """404."""
        return self.error(404, "NOT_FOUND", "The requested resource was not found.")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Nothing is told."""
        return {}

    def _request_id(self) -> str:
        self._answered += 1
        return self._world.uuid("freelancer", "request", self._answered).replace("-", "")


class _Api:
    def __init__(self, world: World, desk: TokenDesk, envelope: FreelancerEnvelope) -> None:
        self._world = world
        self._desk = desk
        self._envelope = envelope
        self._projects = {login: projects_of(world, member) for login, member in MEMBERS.items()}
        self._by_id = {user_id(world, member): member for member in MEMBERS.values()}

    def route(self, path: str, serve: Callable[[Request, Member], Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            session = bearer_session(request, self._desk, header="freelancer-oauth-v1", scheme=None)
            if isinstance(session, str) or session.login is None:
                return self._envelope.error(401, "NOT_AUTHENTICATED", "You must be logged in to do that.")
            member = MEMBERS[session.login]
            if member.closed:
                return self._envelope.error(403, "FORBIDDEN", "This account is closed.")
            return serve(request, member)

        return Route(path, endpoint)

    def self_(self, request: Request, member: Member) -> Response:
        return self._envelope.success(self._user(request, member))

    def reputations(self, request: Request, member: Member) -> Response:
        chosen = [self._by_id[number] for number in _numbers(request, "users") if number in self._by_id]
        return self._envelope.success(
            {
                str(user_id(self._world, item)): reputation(self._world, item, self._projects[item.persona.login])
                for item in chosen
            }
        )

    def reviews(self, request: Request, member: Member) -> Response:
        rows = [
            (user_id(self._world, item), project)
            for item in (self._by_id.get(number) for number in _numbers(request, "to_users"))
            if item is not None
            for project in self._projects[item.persona.login]
            if project.rating is not None
        ]
        page = self._page(request, rows)
        if isinstance(page, Response):
            return page
        result: Json = {"reviews": [_review(to_user, project, request) for to_user, project in page]}
        if _flag(request, "user_details"):
            result["users"] = {
                str(project.owner_id): {
                    "id": project.owner_id,
                    "username": project.owner_name,
                    "display_name": project.owner_name if _flag(request, "user_display_info") else None,
                    "avatar_cdn": f"//cdn.sandbox.example/{project.owner_id}.png"
                    if _flag(request, "user_avatar")
                    else None,
                }
                for _, project in page
            }
        return self._envelope.success(result)

    def bids(self, request: Request, member: Member) -> Response:
        own = user_id(self._world, member)
        rows = self._projects[member.persona.login] if own in _numbers(request, "bidders") else ()
        page = self._page(request, rows)
        if isinstance(page, Response):
            return page
        return self._envelope.success({"bids": [_bid(project, own) for project in page], "users": None})

    def projects(self, request: Request, member: Member) -> Response:
        page = self._page(request, self._own_projects(request, member))
        if isinstance(page, Response):
            return page
        with_jobs = _flag(request, "job_details")
        return self._envelope.success(
            {
                "projects": [_project(project, with_jobs=with_jobs) for project in page],
                "total_count": len(self._own_projects(request, member)),
            }
        )

    def milestones(self, request: Request, member: Member) -> Response:
        own = user_id(self._world, member)
        paid = [item for item in self._own_projects(request, member) if item.complete]
        page = self._page(request, paid)
        if isinstance(page, Response):
            return page
        return self._envelope.success(
            {"milestones": {str(project.id * 10 + 1): _milestone(project, own) for project in page}}
        )

    def _own_projects(self, request: Request, member: Member) -> list[Project]:
        wanted = set(_numbers(request, "projects"))
        return [item for item in self._projects[member.persona.login] if item.id in wanted]

    def _page(self, request: Request, rows: Sequence[Row]) -> list[Row] | Response:
        offset = whole_number(request.query_params.get("offset", "0"))
        limit = whole_number(request.query_params.get("limit", "10"))
        if offset is None or limit is None or not 1 <= limit <= _MOST_ROWS:
            return self._envelope.error(400, "BAD_REQUEST", "limit and offset must be numbers in range.")
        return list(rows[offset : offset + limit])

    def _user(self, request: Request, member: Member) -> Json:
        persona = member.persona
        projects = self._projects[persona.login]
        skills = sorted({skill for brief in member.briefs for skill in brief.skills})
        registered = int(self._world.days_ago(member.since_months * 30.4 + 2).timestamp())
        return {
            "id": user_id(self._world, member),
            "username": member.username,
            "display_name": persona.name,
            "public_name": persona.name,
            "tagline": member.tagline or None,
            "profile_description": f"{member.tagline}." if member.tagline else None,
            "registration_date": registered,
            "hourly_rate": member.hourly_rate,
            "primary_currency": {"code": "USD"},
            "portfolio_count": min(6, len(projects)),
            "avatar_cdn": f"//cdn.sandbox.example/{member.username}.png",
            "avatar_large_cdn": f"//cdn.sandbox.example/{member.username}-large.png",
            "location": {"country": {"name": "United States"}},
            "jobs": [job_of(skill) for skill in skills] if _flag(request, "jobs") else None,
            "qualifications": [
                {
                    "id": number + 1,
                    "name": name,
                    "level": 1,
                    "type": "exam",
                    "icon_url": f"//cdn.sandbox.example/exam-{number + 1}.png",
                    "icon_name": f"exam-{number + 1}",
                    "description": f"Passed the {name} exam.",
                    "score_percentage": score,
                    "user_percentile": score - 6,
                }
                for number, (name, score) in enumerate(member.exams)
            ]
            if _flag(request, "qualification_details")
            else None,
            "badges": [
                {
                    "id": 1,
                    "name": "Ten projects",
                    "icon_url": "//cdn.sandbox.example/badge-1.png",
                    "description": "Completed ten projects.",
                    "time_awarded": projects[-10].ended_at,
                }
            ]
            if _flag(request, "badge_details") and len(projects) >= 10
            else ([] if _flag(request, "badge_details") else None),
            "reputation": reputation(self._world, member, projects) if _flag(request, "reputation") else None,
        }


def build(world: World) -> Platform:
    """Return Freelancer.com."""
    desk = TokenDesk(world.clock, f"{world.seed}/freelancer", access_seconds=30 * 86_400, rotates=True)
    server = AuthorizationServer(
        platform="freelancer", title="Freelancer.com", profile=_PROFILE, desk=desk, accounts=ACCOUNTS
    )
    envelope = FreelancerEnvelope(world)
    api = _Api(world, desk, envelope)
    return Platform(
        name="freelancer",
        title="Freelancer.com",
        summary="Members' own record. REST with an envelope, opt-in projections, id-keyed maps.",
        fidelity="DOCUMENTED",
        accounts=ACCOUNTS,
        routes=[
            *server.routes(),
            api.route("/api/users/0.1/self/", api.self_),
            api.route("/api/users/0.1/reputations/", api.reputations),
            api.route("/api/projects/0.1/reviews/", api.reviews),
            api.route("/api/projects/0.1/bids/", api.bids),
            api.route("/api/projects/0.1/projects/", api.projects),
            api.route("/api/projects/0.1/milestones/", api.milestones),
        ],
        envelope=envelope,
        quota=Quota(limit=600, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        token_header="freelancer-oauth-v1",
        account_ids={
            login: {"user_id": str(user_id(world, member)), "username": member.username}
            for login, member in MEMBERS.items()
        },
    )


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in {"true", "1"}


def _numbers(request: Request, name: str) -> list[int]:
    values = request.query_params.getlist(f"{name}[]") + request.query_params.getlist(name)
    return [number for number in map(whole_number, values) if number is not None]


def _review(to_user: int, project: Project, request: Request) -> Json:
    review: Json = {
        "to_user_id": to_user,
        "from_user_id": project.owner_id,
        "role": "freelancer",
        "status": "active",
        "time_submitted": project.ended_at + 3_600,
        "description": project.comment,
        "review_context": {
            "review_type": "project",
            "context_id": project.id,
            "context_name": project.title,
        },
    }
    if _flag(request, "ratings"):
        review["rating"] = project.rating
        review["category_ratings"] = dict(project.categories)
    if not project.hidden_amount:
        review["paid_amount"] = project.amount
    return review


def _bid(project: Project, bidder: int) -> Json:
    return {
        "id": project.id * 10,
        "project_id": project.id,
        "bidder_id": bidder,
        "amount": project.amount,
        "period": max(1, (project.ended_at - project.bid_at) // 86_400),
        "description": f"I can start at once: {project.title}.",
        "submitdate": project.bid_at,
        "award_status": "awarded" if project.complete else "revoked",
    }


def _project(project: Project, *, with_jobs: bool) -> Json:
    return {
        "id": project.id,
        "owner_id": project.owner_id,
        "title": project.title,
        "status": "closed",
        "seo_url": f"project-{project.id}",
        "currency": {"code": "USD"},
        "description": project.brief.description,
        "submitdate": project.bid_at - 86_400,
        "type": "fixed",
        "jobs": [job_of(skill) for skill in project.brief.skills] if with_jobs else None,
    }


def _milestone(project: Project, bidder: int) -> Json:
    return {
        "id": project.id * 10 + 1,
        "project_id": project.id,
        "bidder_id": bidder,
        "project_owner_id": project.owner_id,
        "amount": project.amount,
        "currency": {"code": "USD"},
        "status": "cleared",
        "time_created": project.bid_at,
        "time_cleared": project.ended_at,
    }
