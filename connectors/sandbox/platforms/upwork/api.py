"""Upwork's GraphQL endpoint and what it lets a token see."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, ClientRegistration, OAuthProfile, client_secret
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.graphql_service import GraphQLService, read_call
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.upwork.freelancers import ACCOUNTS, FREELANCERS
from connectors.sandbox.platforms.upwork.record import FreelancerRecord, account_ids, denied
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_TENANT_HEADER = "X-Upwork-API-TenantId"
_ORDINARY_SCOPES = frozenset({"Common Entities - Read-Only Access", "Read work diary", "User - Read"})

_PROFILE = OAuthProfile(
    authorize_path="/ab/account-security/oauth2/authorize",
    token_path="/api/v3/oauth2/token",
    scopes=_ORDINARY_SCOPES,
    scope_rule="fixed",
    scope_in_response=False,
)
_PARTNER_CLIENT = ClientRegistration(
    client_id="gigway-sandbox-partner",
    client_secret=client_secret("upwork"),
    scopes=_ORDINARY_SCOPES | {"Partner", "Payments"},
)


class UpworkEnvelope:
    """Upwork's answers outside GraphQL; their bodies are not documented."""

    def throttled(self, reading: QuotaReading) -> Response:
        """429, without a hint when to come back."""
        return _message(429, "Too many requests.")

    def broken(self) -> Response:
        """502, as a gateway in front of the API."""
        return Response("<html><body>502 Bad Gateway</body></html>", status_code=502, media_type="text/html")

    def unknown_path(self) -> Response:
        """404."""
        return _message(404, "Not found.")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Upwork tells nothing about what is left."""
        return {}


class _Endpoint:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._records: dict[tuple[str, frozenset[str]], FreelancerRecord] = {}
        self._service = GraphQLService((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))

    async def serve(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str) or session.login is None:
            return _message(401, "Unauthenticated")
        notes: CallNotes = request.scope["sandbox.notes"]
        call = await read_call(request)
        if isinstance(call, Response):
            return call
        notes.operation = call.label
        freelancer = FREELANCERS[session.login]
        tenant = request.headers.get(_TENANT_HEADER)
        if (
            call.root_fields != ("companySelector",)
            and tenant != account_ids(self._world, freelancer)["organization_id"]
        ):
            reason = f"{_TENANT_HEADER} is missing" if tenant is None else "unknown organization"
            path = list(call.root_fields[:1])
            error = GraphQLError("Authorization failed", path=path, extensions=denied(reason).extensions)
            return JSONAnswer({"data": None, "errors": [error.formatted]})
        key = (session.login, session.scopes)
        if key not in self._records:
            self._records[key] = FreelancerRecord(self._world, freelancer, session.scopes)
        return JSONAnswer(self._service.execute(call, self._records[key].root(), notes.drift))


def build(world: World) -> Platform:
    """Return Upwork."""
    desk = TokenDesk(
        world.clock, f"{world.seed}/upwork", access_seconds=86_400, refresh_seconds=14 * 86_400, rotates=True
    )
    server = AuthorizationServer(
        platform="upwork",
        title="Upwork",
        profile=_PROFILE,
        desk=desk,
        accounts=ACCOUNTS,
        clients=(_PARTNER_CLIENT,),
    )
    return Platform(
        name="upwork",
        title="Upwork",
        summary="Freelancer's record. GraphQL, tenant header, errors in HTTP 200, cursors and offsets.",
        fidelity="DOCUMENTED",
        accounts=ACCOUNTS,
        routes=[*server.routes(), Route("/graphql", _Endpoint(world, desk).serve, methods=["POST"])],
        envelope=UpworkEnvelope(),
        quota=Quota(limit=10, seconds=1, counted_by="address"),
        desk=desk,
        oauth_paths=server.paths,
        drifts_in="schema",
        account_ids={login: account_ids(world, freelancer) for login, freelancer in FREELANCERS.items()},
    )


def _message(status: int, message: str) -> Response:
    return JSONAnswer({"message": message}, status_code=status)
