"""Bolt's endpoints: everything but an unknown token is answered HTTP 200, with a code in the body."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.bolt.fleet import (
    ACCOUNTS,
    COMPANY_ID,
    COMPANY_NAME,
    DRIVERS,
    Fleet,
    driver_uuid,
)
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_BASE = "/fleet-integration-gateway/fleetIntegration/v1"
_WIDEST_WINDOW = 15 * 86_400
_MOST_ORDERS = 1000
_MOST_OTHERS = 100

_PROFILE = OAuthProfile(
    authorize_path=None,
    token_path="/token",
    scopes=frozenset({"fleet-integration:api"}),
    default_scopes=frozenset({"fleet-integration:api"}),
    grants=frozenset({"client_credentials"}),
)


class BoltEnvelope:
    """Bolt's `code`, `message`, `data`."""

    def throttled(self, reading: QuotaReading) -> Response:
        """429, the one that is no HTTP 200 besides 401 and 5xx."""
        return JSONAnswer({"code": 1005, "message": "TOO_MANY_REQUESTS"}, status_code=429)

    def broken(self) -> Response:
        """HTTP 200 with an internal error's code."""
        return JSONAnswer({"code": 1000, "message": "INTERNAL_ERROR"})

    def unknown_path(self) -> Response:
        """HTTP 200 with the code of an unknown method."""
        return JSONAnswer({"code": 404, "message": "NOT_FOUND"})

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Nothing is told."""
        return {}


class _InvalidError(Exception):
    """A request that breaks a rule of the method; the message is Bolt's."""


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk
        self._fleet = Fleet(world)

    async def companies(self, request: Request) -> Response:
        if self._is_stranger(request):
            return _stranger()
        return _ok({"company_ids": [COMPANY_ID]})

    async def orders(self, request: Request) -> Response:
        return await self._answer(request, self._orders)

    async def drivers(self, request: Request) -> Response:
        return await self._answer(request, self._drivers)

    async def vehicles(self, request: Request) -> Response:
        return await self._answer(request, self._vehicles)

    async def state_logs(self, request: Request) -> Response:
        return await self._answer(request, self._state_logs)

    async def _answer(self, request: Request, method: Callable[[Json], Json]) -> Response:
        if self._is_stranger(request):
            return _stranger()
        try:
            body = orjson.loads(await request.body())
            if not isinstance(body, dict):
                raise _InvalidError("INVALID_REQUEST")
            return _ok(method(body))
        except orjson.JSONDecodeError:
            return JSONAnswer({"code": 702, "message": "INVALID_REQUEST"})
        except _InvalidError as problem:
            return JSONAnswer({"code": 702, "message": str(problem)})

    def _orders(self, body: Json) -> Json:
        if body.get("company_ids") != [COMPANY_ID]:
            raise _InvalidError("COMPANY_NOT_FOUND")
        start, end = _window(body)
        offset, limit = _page(body, _MOST_ORDERS)
        by_review = body.get("time_range_filter_type", "created")
        if by_review not in {"created", "price_review"}:
            raise _InvalidError("INVALID_TIME_RANGE_FILTER_TYPE")
        chosen = [
            order
            for created, reviewed, order in self._fleet.orders()
            if start <= (reviewed if by_review == "price_review" else created) < end
        ]
        return {
            "company_id": COMPANY_ID,
            "company_name": COMPANY_NAME,
            "total_orders": len(chosen),
            "orders": chosen[offset : offset + limit],
        }

    def _drivers(self, body: Json) -> Json:
        _own_company(body)
        offset, limit = _page(body, _MOST_OTHERS)
        return {"drivers": self._fleet.drivers()[offset : offset + limit]}

    def _vehicles(self, body: Json) -> Json:
        _own_company(body)
        offset, limit = _page(body, _MOST_OTHERS)
        return {"vehicles": self._fleet.vehicles()[offset : offset + limit]}

    def _state_logs(self, body: Json) -> Json:
        _own_company(body)
        offset, limit = _page(body, _MOST_ORDERS)
        return {"state_logs": self._fleet.state_logs(*_window(body))[offset : offset + limit]}

    def _is_stranger(self, request: Request) -> bool:
        return isinstance(bearer_session(request, self._desk), str)


def build(world: World) -> Platform:
    """Return Bolt."""
    desk = TokenDesk(world.clock, f"{world.seed}/bolt", access_seconds=600)
    server = AuthorizationServer(platform="bolt", title="Bolt", profile=_PROFILE, desk=desk, accounts=ACCOUNTS)
    api = _Api(world, desk)
    return Platform(
        name="bolt",
        title="Bolt",
        summary="Fleet gateway: the fleet signs in, ten-minute tokens, errors in HTTP 200.",
        fidelity="OBSERVED",
        accounts=ACCOUNTS,
        routes=[
            *server.routes(),
            Route(f"{_BASE}/getCompanies", api.companies),
            Route(f"{_BASE}/getFleetOrders", api.orders, methods=["POST"]),
            Route(f"{_BASE}/getDrivers", api.drivers, methods=["POST"]),
            Route(f"{_BASE}/getVehicles", api.vehicles, methods=["POST"]),
            Route(f"{_BASE}/getFleetStateLogs", api.state_logs, methods=["POST"]),
        ],
        envelope=BoltEnvelope(),
        quota=Quota(limit=300, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={
            login: {"driver_uuid": driver_uuid(world, driver), "company_id": str(COMPANY_ID)}
            for login, driver in DRIVERS.items()
        },
    )


def _ok(data: Json) -> Response:
    return JSONAnswer({"code": 0, "message": "OK", "data": data})


def _stranger() -> Response:
    return JSONAnswer({"code": 401, "message": "UNAUTHORIZED"}, status_code=401)


def _own_company(body: Json) -> None:
    if body.get("company_id") != COMPANY_ID:
        raise _InvalidError("COMPANY_NOT_FOUND")


def _window(body: Json) -> tuple[int, int]:
    start, end = body.get("start_ts"), body.get("end_ts")
    if not isinstance(start, int) or not isinstance(end, int) or end < start:
        raise _InvalidError("INVALID_TIME_RANGE")
    if end - start > _WIDEST_WINDOW:
        raise _InvalidError("TIME_RANGE_TOO_WIDE")
    return start, end


def _page(body: Json, most: int) -> tuple[int, int]:
    offset, limit = body.get("offset", 0), body.get("limit", most)
    if not isinstance(offset, int) or not isinstance(limit, int) or offset < 0 or not 1 <= limit <= most:
        raise _InvalidError("INVALID_PAGE")
    return offset, limit
