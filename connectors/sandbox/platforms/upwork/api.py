"""Upwork's GraphQL endpoint and what it lets a token see."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.authorization import AuthorizationServer, ClientRegistration, OAuthProfile, client_secret
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.graphql_service import GraphQLService, read_call
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.upwork import views
from connectors.sandbox.platforms.upwork.contracts import Contract, contracts_of, numeric_id
from connectors.sandbox.platforms.upwork.freelancers import ACCOUNTS, FREELANCERS, Freelancer
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_TENANT_HEADER = "X-Upwork-API-TenantId"
_MOST_PROPOSALS = 40
_MOST_ROWS = 100
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


class _Record:
    """What one freelancer's token may see, as GraphQL's root value."""

    def __init__(self, world: World, freelancer: Freelancer, contracts: Sequence[Contract], session: Session) -> None:
        self._world = world
        self._freelancer = freelancer
        self._session = session
        self._contracts = contracts
        self._ids = _ids(world, freelancer)

    def root(self) -> Mapping[str, Any]:
        return {
            "user": self._user(),
            "companySelector": {
                "items": [{"title": self._freelancer.persona.name, "organizationId": self._ids["organization_id"]}]
            },
            "talentWorkHistory": self._work_history,
            "talentProfile": self._talent_profile,
            "vendorProposals": self._proposals,
            "contractList": self._contract_list,
            "vendorContracts": self._vendor_contracts,
            "transactionHistory": self._transactions,
        }

    def _user(self) -> Json:
        persona = self._freelancer.persona
        return {
            "id": self._ids["user_id"],
            "nid": persona.login.partition("@")[0].replace(".", ""),
            "rid": self._ids["rid"],
            "email": persona.login,
            "name": persona.name,
            "photoUrl": None,
            "ciphertext": self._ids["ciphertext"],
            "freelancerProfile": None if self._freelancer.suspended else self._freelancer_profile(),
            "talentProfile": None if self._freelancer.suspended else self._talent(),
            "contractTimeReport": self._time_report,
        }

    def _freelancer_profile(self) -> Json:
        persona = self._freelancer.persona
        return {
            "id": self._ids["user_id"],
            "fullName": persona.name,
            "firstName": persona.given_name,
            "lastName": persona.family_name,
            "email": persona.login,
            "phoneNumber": None,
            "countryDetails": {"name": "United States", "twoLetterAbbreviation": persona.country},
            "aggregates": views.aggregates(self._world, self._contracts),
            "skills": views.skills_of(self._freelancer),
            "contracts": [views.profile_contract(contract) for contract in self._contracts],
        }

    def _talent(self) -> Json:
        available = {"capacity": "PART_TIME", "minHours": 10, "maxHours": 30}
        return {
            "profiles": [
                {
                    "profileAggregates": views.talent_aggregates(self._world, self._contracts),
                    "personAvailability": available if self._contracts else None,
                }
            ]
        }

    def _work_history(self, filter: Json) -> Json:
        self._only_own(filter["personId"])
        chosen = [contract for contract in self._contracts if _matches(contract, filter)]
        sort = filter.get("sort")
        if sort is not None and sort["order"].upper() == "ASC":
            chosen.reverse()
        page = filter.get("pagination") or {"offset": 0, "limit": 10}
        return {
            "totalCount": len(chosen),
            "workHistoryList": [views.work_history(contract) for contract in _slice(chosen, page)],
        }

    def _talent_profile(self, personId: str) -> Json:  # noqa: N803
        self._only_own(personId)
        return self._talent()

    def _time_report(
        self,
        timeReportDate_bt: Json,  # noqa: N803
        pagination: Json | None = None,
    ) -> Json:
        start, end = _compact(timeReportDate_bt["rangeStart"]), _compact(timeReportDate_bt["rangeEnd"])
        rows = [
            views.time_report(contract, worked)
            for contract in self._contracts
            for worked in contract.days
            if start <= worked.day.strftime("%Y%m%d") <= end
        ]
        rows.sort(key=lambda row: (row["dateWorkedOn"], row["contract"]["id"]))
        return _connection(rows, pagination, most=_MOST_ROWS)

    def _proposals(
        self,
        filter: Json | None = None,
        pagination: Json | None = None,
    ) -> Json:
        rows = [
            {
                "id": numeric_id(self._world, "proposal", contract.id),
                "proposalCoverLetter": f"I would like to help with this: {contract.title}.",
                "status": {"status": "Hired"},
                "terms": {"chargeRate": views.money(contract.rate)},
            }
            for contract in self._contracts
        ]
        wanted = (filter or {}).get("status")
        rows = [row for row in rows if wanted is None or row["status"] == {"status": wanted}]
        return _connection(rows, pagination, most=_MOST_PROPOSALS)

    def _contract_list(self, pagination: Json | None = None) -> Json:
        self._needs("Partner")
        chosen = _slice(self._contracts, pagination or {"offset": 0, "limit": 10})
        return {
            "totalCount": len(self._contracts),
            "contracts": [views.contract_details(contract) for contract in chosen],
        }

    def _vendor_contracts(self, pagination: Json | None = None) -> Json:
        self._needs("Partner")
        rows = [views.contract_details(contract) for contract in self._contracts]
        return _connection(rows, pagination, most=_MOST_ROWS)

    def _transactions(self, transactionHistoryFilter: Json) -> Json:  # noqa: N803
        self._needs("Payments")
        window = transactionHistoryFilter.get("transactionDateTime_bt")
        rows = views.transactions(self._contracts, self._freelancer.persona.name)
        if window is not None:
            start, end = _compact(window["rangeStart"]), _compact(window["rangeEnd"])
            rows = [row for row in rows if start <= _compact(row["transactionCreationDate"]) <= end]
        return {"transactionDetail": {"transactionHistoryRow": rows}}

    def _needs(self, scope: str) -> None:
        if scope not in self._session.scopes:
            raise _denied(f"needs the {scope} scope")

    def _only_own(self, person_id: str) -> None:
        if person_id != self._ids["user_id"]:
            raise _denied("not the token's own record")


class _Endpoint:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._contracts = {login: contracts_of(world, who) for login, who in FREELANCERS.items()}
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
        if call.root_fields != ("companySelector",) and tenant != _ids(self._world, freelancer)["organization_id"]:
            reason = f"{_TENANT_HEADER} is missing" if tenant is None else "unknown organization"
            path = list(call.root_fields[:1])
            error = GraphQLError("Authorization failed", path=path, extensions=_denied(reason).extensions)
            return JSONResponse({"data": None, "errors": [error.formatted]})
        root = _Record(self._world, freelancer, self._contracts[session.login], session).root()
        return JSONResponse(self._service.execute(call, root, notes.drift))


def build(world: World) -> Platform:
    """Return Upwork."""
    desk = TokenDesk(world.clock, access_seconds=86_400, refresh_seconds=14 * 86_400, rotates=True)
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
        account_ids={login: _ids(world, freelancer) for login, freelancer in FREELANCERS.items()},
    )


def _ids(world: World, freelancer: Freelancer) -> dict[str, str]:
    login = freelancer.persona.login
    return {
        "user_id": numeric_id(world, login, "user"),
        "rid": numeric_id(world, login, "rid")[:8],
        "ciphertext": f"~01{world.random('upwork', login, 'ciphertext').getrandbits(64):016x}",
        "organization_id": numeric_id(world, login, "organization"),
    }


def _denied(reason: str) -> GraphQLError:
    return GraphQLError("Authorization failed", extensions={"classification": "FORBIDDEN", "reason": reason})


def _matches(contract: Contract, wanted: Json) -> bool:
    ids, statuses = wanted.get("contractIds"), wanted.get("status")
    status = "ACTIVE" if contract.ended is None else "CLOSED"
    return (
        (ids is None or contract.id in ids)
        and (statuses is None or status in statuses)
        and not (wanted.get("excludeNoFeedback") and contract.to_freelancer is None)
    )


def _slice(contracts: Sequence[Contract], page: Json) -> Sequence[Contract]:
    offset, limit = page["offset"], page["limit"]
    if offset < 0 or not 1 <= limit <= _MOST_ROWS:
        raise GraphQLError(f"offset must not be negative, limit must be from 1 to {_MOST_ROWS}")
    return contracts[offset : offset + limit]


def _connection(rows: Sequence[Json], pagination: Json | None, *, most: int) -> Json:
    page = pagination or {}
    first, after = page.get("first", 10), page.get("after")
    if not 1 <= first <= most:
        raise GraphQLError(f"first must be from 1 to {most}")
    if after is not None and not after.isdecimal():
        raise GraphQLError("after is not a cursor of this connection")
    start = int(after) if after is not None else 0
    shown = rows[start : start + first]
    edges = [{"cursor": str(start + index + 1), "node": row} for index, row in enumerate(shown)]
    return {
        "totalCount": len(rows),
        "edges": edges,
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _compact(day: str) -> str:
    """Return a date as `yyyyMMdd`, from that form or from an ISO string."""
    return day[:10].replace("-", "")


def _message(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)
