"""Acme's subgraph in Python, with Strawberry: `python strawberry_subgraph.py PORT`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from graphql import GraphQLError
from strawberry.asgi import GraphQL
from strawberry.types import Info

COURIERS = json.loads((Path(__file__).parent / "couriers.json").read_text(encoding="utf-8"))

AccountStanding = strawberry.enum(
    Enum("AccountStanding", {name: name for name in ("ACTIVE", "INACTIVE", "SUSPENDED", "DEACTIVATED", "UNKNOWN")})
)
EngagementKind = strawberry.enum(Enum("EngagementKind", {"DELIVERY": "DELIVERY"}))
EngagementStatus = strawberry.enum(Enum("EngagementStatus", {"COMPLETED": "COMPLETED", "CANCELLED": "CANCELLED"}))
CancelledBy = strawberry.enum(Enum("CancelledBy", {name: name for name in ("WORKER", "CLIENT", "PLATFORM")}))
OccupationMapping = strawberry.enum(Enum("OccupationMapping", {"EXACT": "EXACT", "INFERRED": "INFERRED"}))
TimePrecision = strawberry.enum(Enum("TimePrecision", {"INSTANT": "INSTANT", "DAY": "DAY", "MONTH": "MONTH"}))
DurationBasis = strawberry.enum(Enum("DurationBasis", {name: name for name in ("TRACKED", "ELAPSED", "REPORTED")}))
EarningKind = strawberry.enum(Enum("EarningKind", {"BASE": "BASE", "TIP": "TIP"}))
RaterRole = strawberry.enum(Enum("RaterRole", {name: name for name in ("CLIENT", "PLATFORM", "ALGORITHM")}))


@strawberry.type
class GigProfile:
    display_name: str | None
    headline: str | None
    city: str | None
    country_code: str | None
    member_since: date | None
    status: AccountStanding | None
    total_engagements: int | None


@strawberry.type
class AcmeBike:
    wheel_inches: int
    electric: bool


@strawberry.type
class OccupationRef:
    scheme: str
    code: str
    label: str
    mapping: OccupationMapping


@strawberry.type
class Period:
    start: datetime | None
    end: datetime | None
    timezone: str | None
    precision: TimePrecision


@strawberry.type
class Duration:
    seconds: int
    basis: DurationBasis


@strawberry.type
class Distance:
    native: Decimal
    native_unit: str


@strawberry.type
class EarningLine:
    kind: EarningKind
    amount: Decimal
    currency: str
    source_code: str | None


@strawberry.type
class RatingScheme:
    name: str
    min: Decimal
    max: Decimal
    higher_is_better: bool


@strawberry.type
class RatingWindow:
    from_: datetime | None = strawberry.field(name="from")
    to: datetime | None
    lifetime: bool


@strawberry.type
class Rating:
    scheme: RatingScheme
    value: Decimal
    sample_size: int | None
    window: RatingWindow
    rater_role: RaterRole
    per_item: bool
    text: str | None


@strawberry.type
class Engagement:
    ref: str
    kind: EngagementKind
    title: str | None
    occupation: OccupationRef | None
    status: EngagementStatus
    cancelled_by: CancelledBy | None
    period: Period | None
    duration: Duration | None
    distance: Distance | None
    earnings: list[EarningLine] | None


@strawberry.type
class EngagementEdge:
    cursor: str
    node: Engagement


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class EngagementConnection:
    edges: list[EngagementEdge]
    page_info: PageInfo
    total_count: int | None


@strawberry.federation.type(keys=["id"])
class AcmeAccount:
    id: strawberry.ID
    courier: strawberry.Private[Any]

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> AcmeAccount:
        courier = COURIERS.get(info.context["request"].headers.get("x-courier-token", ""))
        if courier is None:
            raise GraphQLError("This token is not ours.", extensions={"code": "UNAUTHENTICATED"})
        return cls(id=id, courier=courier)

    @strawberry.field
    def profile(self) -> GigProfile | None:
        given = self.courier["profile"]
        return GigProfile(
            display_name=given["displayName"],
            headline=None,
            city=given["city"],
            country_code=given["countryCode"],
            member_since=date.fromisoformat(given["memberSince"]),
            status=AccountStanding[given["status"]],
            total_engagements=None,
        )

    @strawberry.field
    def bikes(self) -> list[AcmeBike] | None:
        return [AcmeBike(wheel_inches=each["wheelInches"], electric=each["electric"]) for each in self.courier["bikes"]]

    @strawberry.field
    def ratings(self) -> list[Rating] | None:
        return [
            Rating(
                scheme=RatingScheme(
                    name=each["scheme"]["name"],
                    min=Decimal(each["scheme"]["min"]),
                    max=Decimal(each["scheme"]["max"]),
                    higher_is_better=each["scheme"]["higherIsBetter"],
                ),
                value=Decimal(each["value"]),
                sample_size=each["sampleSize"],
                window=RatingWindow(from_=None, to=None, lifetime=True),
                rater_role=RaterRole[each["raterRole"]],
                per_item=each["perItem"],
                text=None,
            )
            for each in self.courier["ratings"]
        ]

    @strawberry.field
    def engagements(
        self, first: int = 20, after: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> EngagementConnection | None:
        known = [_engagement(delivery, index) for index, delivery in enumerate(self.courier["deliveries"])]
        known = [each for each in known if since is None or each.period.start >= since]
        refs = [each.ref for each in known]
        begin = refs.index(after) + 1 if after is not None else 0
        nodes = known[begin : begin + first]
        return EngagementConnection(
            edges=[EngagementEdge(cursor=node.ref, node=node) for node in nodes],
            page_info=PageInfo(
                has_next_page=begin + first < len(known),
                has_previous_page=begin > 0,
                start_cursor=nodes[0].ref if nodes else None,
                end_cursor=nodes[-1].ref if nodes else None,
            ),
            total_count=len(known),
        )


def _engagement(delivery: dict[str, Any], index: int) -> Engagement:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=index + 1)
    done = delivery["done"]
    pay = EarningLine(kind=EarningKind.BASE, amount=Decimal(delivery["cents"]) / 100, currency="EUR", source_code="pay")
    return Engagement(
        ref=delivery["id"],
        kind=EngagementKind.DELIVERY,
        title=None,
        occupation=None,
        status=EngagementStatus.COMPLETED if done else EngagementStatus.CANCELLED,
        cancelled_by=None if done else CancelledBy.CLIENT,
        period=Period(
            start=start, end=start + timedelta(hours=delivery["hours"]), timezone=None, precision=TimePrecision.INSTANT
        ),
        duration=Duration(seconds=delivery["hours"] * 3600, basis=DurationBasis.TRACKED),
        distance=Distance(native=Decimal(delivery["kilometers"]), native_unit="km"),
        earnings=[pay] if done else [],
    )


@strawberry.type
class Query:
    @strawberry.field
    def version(self) -> str:
        return "1"


if __name__ == "__main__":
    schema = strawberry.federation.Schema(query=Query, types=[AcmeAccount])
    uvicorn.run(GraphQL(schema), host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
