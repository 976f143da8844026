"""GitHub's GraphQL endpoint, as far as it serves sponsorships."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.graphql_service import GraphQLService, read_call
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.github_sponsors.sponsorships import (
    ACCOUNTS,
    MAINTAINERS,
    Maintainer,
    Record,
    keep_record,
)
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_MOST_ROWS = 100
_DOCUMENTATION = "https://docs.github.com/graphql"

_PROFILE = OAuthProfile(
    authorize_path="/login/oauth/authorize",
    token_path="/login/oauth/access_token",
    scopes=frozenset({"read:user", "user"}),
    default_scopes=frozenset(),
    grants=frozenset({"authorization_code"}),
    answers_form=True,
)


class GitHubEnvelope:
    """GitHub's answers outside GraphQL: `message` and `documentation_url`."""

    def throttled(self, reading: QuotaReading) -> Response:
        """403 with the rate-limit headers."""
        message = "API rate limit exceeded for user."
        return _message(403, message, headers=self.quota_headers(reading))

    def broken(self) -> Response:
        """502."""
        return _message(502, "Something went wrong while executing your query.")

    def unknown_path(self) -> Response:
        """404."""
        return _message(404, "Not Found")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """`X-RateLimit-*`, the reset in unix seconds."""
        return {
            "X-RateLimit-Limit": str(reading.limit),
            "X-RateLimit-Remaining": str(reading.remaining),
            "X-RateLimit-Used": str(reading.limit - reading.remaining),
            "X-RateLimit-Reset": str(int(reading.resets_at.timestamp())),
            "X-RateLimit-Resource": "graphql",
        }


class _Endpoint:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._records = {login: keep_record(world, who) for login, who in MAINTAINERS.items()}
        self._service = GraphQLService((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))

    async def serve(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if session == "missing":
            return _message(401, "This endpoint requires you to be authenticated.")
        if isinstance(session, str) or session.login is None:
            return _message(401, "Bad credentials")
        call = await read_call(request)
        if isinstance(call, Response):
            return call
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.operation = call.label
        viewer = _viewer(self._world, MAINTAINERS[session.login], self._records[session.login], session.scopes)
        body = self._service.execute(call, {"viewer": viewer}, notes.drift)
        return JSONAnswer(body)


def build(world: World) -> Platform:
    """Return GitHub Sponsors."""
    desk = TokenDesk(world.clock, f"{world.seed}/github_sponsors", access_seconds=None)
    server = AuthorizationServer(
        platform="github_sponsors", title="GitHub Sponsors", profile=_PROFILE, desk=desk, accounts=ACCOUNTS
    )
    return Platform(
        name="github_sponsors",
        title="GitHub Sponsors",
        summary="Sponsorships of a maintainer. GraphQL with cursors, integer cents, private third parties.",
        fidelity="DOCUMENTED",
        accounts=ACCOUNTS,
        routes=[*server.routes(), Route("/graphql", _Endpoint(world, desk).serve, methods=["POST"])],
        envelope=GitHubEnvelope(),
        quota=Quota(limit=5000, seconds=3600, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        drifts_in="schema",
        account_ids={login: {"login": who.username} for login, who in MAINTAINERS.items()},
    )


def _viewer(world: World, maintainer: Maintainer, record: Record, scopes: frozenset[str]) -> Json:
    def needs_user(field: str) -> None:
        if not scopes & {"user", "read:user"}:
            raise GraphQLError(
                f"Your token has not been granted the required scopes to execute this query. The '{field}' field "
                "requires one of the following scopes: ['read:user', 'user'].",
                extensions={"type": "INSUFFICIENT_SCOPES"},
            )

    def sponsorships(activeOnly: bool, includePrivate: bool, **page: Any) -> Json:  # noqa: N803
        needs_user("sponsorshipsAsMaintainer")
        rows = [
            row
            for row in record.sponsorships
            if (row["isActive"] or not activeOnly) and (includePrivate or row["privacyLevel"] == "PUBLIC")
        ]
        cents = sum(
            row["tier"]["monthlyPriceInCents"] for row in rows if row["isActive"] and not row["isOneTimePayment"]
        )
        return _connection(rows, "sponsorshipsAsMaintainer", page) | {
            "totalRecurringMonthlyPriceInCents": cents,
            "totalRecurringMonthlyPriceInDollars": cents // 100,
        }

    def activities(**page: Any) -> Json:
        needs_user("sponsorsActivities")
        return _connection(record.activities, "sponsorsActivities", page)

    months = maintainer.months
    listing = None
    if months is not None:
        listing = {
            "id": f"SL_{maintainer.username}",
            "createdAt": world.days_ago(months * 30.4 + 5).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "isPublic": maintainer.is_public,
            "name": f"sponsors-{maintainer.username}",
            "nextPayoutDate": world.started.strftime("%Y-%m-22") if maintainer.is_public else None,
            "tiers": lambda **page: _connection(record.tiers, "tiers", page),
        }
    return {
        "__typename": "User",
        "id": f"U_{world.random('github', maintainer.username).getrandbits(48):012x}",
        "login": maintainer.username,
        "name": maintainer.persona.name,
        "createdAt": world.days_ago(1500).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hasSponsorsListing": listing is not None,
        "sponsorsListing": listing,
        "sponsorshipsAsMaintainer": sponsorships,
        "sponsorsActivities": activities,
    }


def _connection(rows: Sequence[Json], field: str, page: Mapping[str, Any]) -> Json:
    first, after = page.get("first"), page.get("after")
    if page.get("last") is not None or page.get("before") is not None:
        raise GraphQLError("The simulated GitHub pages forwards only: use first and after.")
    if first is None:
        raise GraphQLError(
            f"You must provide a `first` or `last` value to properly paginate the `{field}` connection.",
            extensions={"type": "MISSING_PAGINATION_BOUNDARIES"},
        )
    if not 1 <= first <= _MOST_ROWS:
        raise GraphQLError(
            f"Requesting {first} records on the `{field}` connection exceeds the limit of {_MOST_ROWS} records.",
            extensions={"type": "EXCESSIVE_PAGINATION"},
        )
    start = _position(after, field)
    nodes = rows[start : start + first]
    return {
        "nodes": list(nodes),
        "totalCount": len(rows),
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(start + 1) if nodes else None,
            "endCursor": _cursor(start + len(nodes)) if nodes else None,
        },
    }


def _cursor(position: int) -> str:
    return base64.b64encode(f"cursor:{position}".encode()).decode()


def _position(cursor: str | None, field: str) -> int:
    if cursor is None:
        return 0
    try:
        name, _, position = base64.b64decode(cursor, validate=True).decode().partition(":")
        number = whole_number(position)
        if name == "cursor" and number is not None:
            return number
    except ValueError:
        pass
    raise GraphQLError(f"`{cursor}` does not appear to be a valid cursor of `{field}`.")


def _message(status: int, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    body = {"message": message, "documentation_url": _DOCUMENTATION, "status": str(status)}
    return JSONAnswer(body, status_code=status, headers=headers)
