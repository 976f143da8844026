"""A job board: what employers advertise, in their words, and how much there was in the months before. HYPOTHETICAL.

GET /api/adverts?after=&size=    {"adverts", "next"}    GET /api/statistics.csv   month,city,occupation,title,adverts
"""

import csv
from io import StringIO
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.market.adverts import Advert, adverts, counts
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platform import Platform
from connectors.sandbox.providers.envelope import ProblemEnvelope, conditional, digest_of, problem
from connectors.sandbox.quota import Quota
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

LARGEST_PAGE = 100


def build(world: World) -> Platform:
    """Return the job board."""
    board = _Board(world)
    return Platform(
        name="job_board",
        title="Job board",
        summary="Adverts in employers' words, by cursor, and monthly counts as CSV. No accounts.",
        fidelity="HYPOTHETICAL",
        accounts=(),
        routes=[Route("/api/adverts", board.adverts), Route("/api/statistics.csv", board.statistics)],
        envelope=ProblemEnvelope(),
        quota=Quota(limit=120, seconds=60, counted_by="address"),
    )


class _Board:
    def __init__(self, world: World) -> None:
        self._world = world
        self._adverts = adverts(world)
        self._statistics = _csv(world)

    async def adverts(self, request: Request) -> Response:
        size = whole_number(request.query_params.get("size", "50"))
        if size is None or not 1 <= size <= LARGEST_PAGE:
            return problem(400, f"size is a whole number from 1 to {LARGEST_PAGE}")
        now = self._world.clock()
        listed = [each for each in self._adverts if each.deadline is None or now < each.deadline]
        after = request.query_params.get("after", "")
        numbers = [each.number for each in listed]
        if after and (whole_number(after) is None or int(after) not in numbers):
            return problem(400, "there is no such cursor")
        start = numbers.index(int(after)) + 1 if after else 0
        page = listed[start : start + size]
        more = start + size < len(listed)
        body = {"adverts": [_json(each) for each in page], "next": page[-1].number if more else None}
        return conditional(request, digest_of((numbers, start, size)), JSONAnswer(body))

    async def statistics(self, request: Request) -> Response:
        return conditional(request, digest_of(self._statistics), Response(self._statistics, media_type="text/csv"))


def _csv(world: World) -> str:
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["month", "city", "occupation", "title", "adverts"])
    for each in counts(world):
        writer.writerow([each.month, each.city, each.trade.uri, each.trade.title, each.openings])
    return out.getvalue()


def _json(advert: Advert) -> Json:
    return {
        "number": advert.number,
        "headline": advert.headline,
        "text": advert.text,
        "employer": {"name": advert.employer},
        "profession": advert.trade,
        "must_have": list(advert.must),
        "nice_to_have": list(advert.nice),
        "workplace": None if advert.city is None else {"municipality": advert.city},
        "languages": list(advert.languages),
        "hourly_pay": {"from": advert.low, "to": advert.high, "currency": "EUR"},
        "positions": advert.positions,
        "weekly_hours": advert.weekly_hours,
        "published": advert.published.isoformat().replace("+00:00", "Z"),
        "deadline": None if advert.deadline is None else advert.deadline.isoformat().replace("+00:00", "Z"),
    }
