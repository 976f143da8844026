"""A course catalogue: programmes of several schools, described with ESCO concepts. HYPOTHETICAL.

    GET /v1/courses?offset=&limit=   {"total", "items"}; the ETag speaks for the whole catalogue

Invented after what course catalogues publish: outcomes and entry requirements, workload, fee, delivery, award.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.market.courses import Course, courses
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platform import Platform
from connectors.sandbox.providers.envelope import ProblemEnvelope, conditional, digest_of, problem
from connectors.sandbox.quota import Quota
from connectors.sandbox.world import World

__all__ = ["build"]

Json = dict[str, Any]

LARGEST_PAGE = 100


def build(world: World) -> Platform:
    """Return the course catalogue."""
    offered = [_json(each) for each in courses(world)]
    etag = digest_of(offered)

    async def listed(request: Request) -> Response:
        offset = whole_number(request.query_params.get("offset", "0"))
        limit = whole_number(request.query_params.get("limit", "50"))
        if offset is None or limit is None or not 1 <= limit <= LARGEST_PAGE:
            return problem(400, f"offset and limit are whole numbers, limit at most {LARGEST_PAGE}")
        page = JSONAnswer({"total": len(offered), "items": offered[offset : offset + limit]})
        return conditional(request, etag, page)

    return Platform(
        name="course_catalogue",
        title="Course catalogue",
        summary="Courses of several schools with ESCO outcomes. Offsets with a total, ETags, no accounts.",
        fidelity="HYPOTHETICAL",
        accounts=(),
        routes=[Route("/v1/courses", listed)],
        envelope=ProblemEnvelope(),
        quota=Quota(limit=120, seconds=60, counted_by="address"),
    )


def _json(course: Course) -> Json:
    return {
        "code": course.code,
        "name": course.title,
        "summary": course.summary,
        "school": course.school,
        "outcomes": [{"esco": uri} for uri in course.outcomes],
        "entry": {"courses": list(course.after)},
        "workload": {"hours": course.hours},
        "fee": {"amount": course.price, "currency": "EUR"},
        "delivery": course.delivery,
        "campus": None if course.city is None else {"city": course.city},
        "taught_in": list(course.languages),
        "award": course.award,
        "qualifies_for": list(course.qualifies_for),
        "placement": None
        if course.employer is None
        else {"employer": course.employer, "occupations": list(course.places_in)},
    }
