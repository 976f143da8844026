"""Fiverr, as if sellers could read their own orders. HYPOTHETICAL.

Fiverr has no public API for sellers. What is known is the cursor envelope of the seller's own financial page, seen in
an open-source browser extension; this simulator reuses it and fills it with orders.

Observed: the path of the transactions, `after`, the envelope `data.transactions` with `pageInfo`, `activity`,
`order.encryptedId`.
Invented: bearer tokens (a browser has a cookie), the amounts, gig, buyer, times and review of an order, the profile,
the page size of 20, errors, the rate limit.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.people import ALEX, DARIO, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import Session, TokenDesk
from connectors.sandbox.trades import DESIGN, LANGUAGE, Brief
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

_PAGE = 20
_SELLER_SHARE = 0.8
_COUNTRIES = ("US", "DE", "GB", "SE", "CA", "AU", "NL")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seller:
    persona: Persona
    username: str
    level: str = "new"
    briefs: tuple[Brief, ...] = ()
    orders: int = 0
    first_day: int = 1
    last_day: int = 0
    status: str = "active"


_SELLERS: Mapping[str, _Seller] = {
    seller.persona.login: seller
    for seller in (
        _Seller(persona=ALEX, username="alexdraws", level="level_two", briefs=DESIGN, orders=130, first_day=800),
        _Seller(persona=PRIYA, username="priyareads", level="level_one", briefs=LANGUAGE, orders=35, first_day=400),
        _Seller(persona=NIA, username="nianew"),
        _Seller(
            persona=DARIO,
            username="dariogone",
            briefs=DESIGN[:1],
            orders=9,
            first_day=900,
            last_day=500,
            status="disabled",
        ),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Level two designer, 130 orders"),
    SandboxAccount(persona=PRIYA, note="Level one proofreader"),
    SandboxAccount(persona=NIA, note="New seller, no order"),
    SandboxAccount(persona=DARIO, note="Disabled account, old orders"),
)

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes=frozenset({"seller:read"}),
    default_scopes=frozenset({"seller:read"}),
)


class FiverrEnvelope:
    """`{"error": {"code", "message"}}`."""

    def throttled(self, reading: QuotaReading) -> Response:
        """429, without a hint."""
        return _error(429, "too_many_requests", "Slow down.")

    def broken(self) -> Response:
        """500 with a page, not JSON."""
        return Response("<html><body>Oops</body></html>", status_code=500, media_type="text/html")

    def unknown_path(self) -> Response:
        """404."""
        return _error(404, "not_found", "Not found.")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Nothing is told."""
        return {}


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._desk = desk
        self._rows = {login: _transactions(world, seller) for login, seller in _SELLERS.items()}

    async def seller(self, request: Request) -> Response:
        session = self._session(request)
        if isinstance(session, Response):
            return session
        seller = _SELLERS[session.login or ""]
        orders = [row["order"] for row in self._rows[session.login or ""] if row["activity"] == "EARNING"]
        done = [order for order in orders if order["status"] == "COMPLETED"]
        late = [order for order in done if order["deliveredAt"] > order["dueAt"]]
        values = [order["review"]["value"] for order in done if order["review"]]
        return JSONAnswer(
            {
                "username": seller.username,
                "displayName": seller.persona.name,
                "status": seller.status,
                "level": seller.level,
                "responseRate": 98 if orders else None,
                "onTimeDeliveryRate": round(100 * (1 - len(late) / len(done))) if done else None,
                "orderCompletionRate": round(100 * len(done) / len(orders)) if orders else None,
                "rating": {"value": round(sum(values) / len(values), 2), "count": len(values)} if values else None,
            }
        )

    async def transactions(self, request: Request) -> Response:
        session = self._session(request)
        if isinstance(session, Response):
            return session
        start = _position(request.query_params.get("after"))
        if start is None:
            return _error(400, "bad_cursor", "The cursor is not one of ours.")
        rows = self._rows[session.login or ""]
        shown = rows[start : start + _PAGE]
        has_more = start + _PAGE < len(rows)
        return JSONAnswer(
            {
                "data": {
                    "totalCount": len(rows),
                    "countersPerActivity": [
                        {"activity": kind, "count": sum(row["activity"] == kind for row in rows)}
                        for kind in sorted({row["activity"] for row in rows})
                    ],
                    "transactions": shown,
                    "pageInfo": {
                        "hasNextPage": has_more,
                        "endCursor": _cursor(start + len(shown)) if shown else None,
                    },
                }
            }
        )

    def _session(self, request: Request) -> Session | Response:
        session = bearer_session(request, self._desk)
        return _error(401, "unauthorized", f"The token is {session}.") if isinstance(session, str) else session


def build(world: World) -> Platform:
    """Return Fiverr."""
    desk = TokenDesk(world.clock, f"{world.seed}/fiverr", access_seconds=7_200)
    server = AuthorizationServer(platform="fiverr", title="Fiverr", profile=_PROFILE, desk=desk, accounts=_ACCOUNTS)
    api = _Api(world, desk)
    return Platform(
        name="fiverr",
        title="Fiverr",
        summary="A seller's orders in the cursor envelope of the financial page; reviews with three parts.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[
            *server.routes(),
            Route("/perseus/financial-dashboard/api/earnings/transactions", api.transactions),
            Route("/api/seller", api.seller),
        ],
        envelope=FiverrEnvelope(),
        quota=Quota(limit=60, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"username": seller.username} for login, seller in _SELLERS.items()},
    )


def _transactions(world: World, seller: _Seller) -> list[Json]:
    rows = []
    balance = 0.0
    for number in reversed(range(seller.orders)):
        order = _order(world, seller, number)
        earned = round(order["amount"]["amount"] * _SELLER_SHARE, 2) if order["status"] == "COMPLETED" else 0.0
        balance += earned
        rows.append(
            {
                "id": f"{order['encryptedId']}-E",
                "activity": "EARNING",
                "date": order["completedAt"] or order["createdAt"],
                "amount": {"amount": earned, "currency": "USD"},
                "order": order,
            }
        )
        if balance > 400:
            rows.append(
                {
                    "id": f"{order['encryptedId']}-W",
                    "activity": "WITHDRAWAL",
                    "date": order["completedAt"] or order["createdAt"],
                    "amount": {"amount": -round(balance, 2), "currency": "USD"},
                    "order": None,
                }
            )
            balance = 0.0
    return sorted(rows, key=lambda row: (row["date"], row["id"]), reverse=True)


def _order(world: World, seller: _Seller, number: int) -> Json:
    draw = world.random("fiverr", seller.username, number)
    brief = seller.briefs[number % len(seller.briefs)]
    span = seller.first_day - seller.last_day
    created = world.days_ago(seller.last_day + span * (number + draw.random()) / seller.orders + 8)
    due = created + timedelta(days=draw.choice((2, 3, 5)))
    delivered = due - timedelta(hours=draw.randrange(-8, 50))
    completed = delivered + timedelta(days=draw.uniform(0.1, 2.5))
    cancelled = draw.random() < 0.05
    value = draw.choices((5, 4, 3, 1), (82, 12, 4, 2))[0]
    return {
        "encryptedId": f"FO{draw.getrandbits(48):012X}",
        "gig": {
            "id": 10_000 + number % len(seller.briefs),
            "title": f"I will do this for you: {brief.skills[0].lower()}",
            "category": brief.skills[0],
        },
        "buyer": {"username": f"buyer{draw.randrange(100, 999)}", "country": draw.choice(_COUNTRIES)},
        "amount": {"amount": float(draw.choice((15, 25, 40, 60, 95, 150))), "currency": "USD"},
        "status": "CANCELLED" if cancelled else "COMPLETED",
        "createdAt": _iso(created),
        "dueAt": _iso(due),
        "deliveredAt": None if cancelled else _iso(delivered),
        "completedAt": None if cancelled else _iso(completed),
        "review": {
            "value": value,
            "valuation": {
                "communication": min(5, value + draw.randrange(2)),
                "serviceAsDescribed": value,
                "recommend": max(1, value - draw.randrange(2)),
            },
            "comment": "Exactly what I needed." if value > 3 else None,
            "createdAt": _iso(completed + timedelta(hours=3)),
        }
        if not cancelled and draw.random() < 0.55
        else None,
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"after:{position}".encode()).decode()


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return 0
    try:
        name, _, position = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(":")
    except ValueError:
        return None
    return whole_number(position) if name == "after" else None


def _error(status: int, code: str, message: str) -> Response:
    return JSONAnswer({"error": {"code": code, "message": message}}, status_code=status)
