"""`Opportunity.candidates`: workers who let the asking actor find them, as keys; each answers for itself by `match`.

Opportunities have candidates, who are workers, who have opportunities: the circle is closed here, where `Worker` is
taken from the schema that is asked, so that no module imports one that imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from graph.finding.candidates import Found
from graph.model import Opportunity
from graph.schema.catalogue_types import Info
from graph.schema.scalars import PageInfo, finding_of, permit_of, refusals, session_of

if TYPE_CHECKING:
    from strawberry.types.base import StrawberryObjectDefinition

    from graph.schema.worker_types import Worker

PAGE_SIZE = 10


@strawberry.type
class CandidateEdge:
    """A worker in a page."""

    cursor: str
    worker: strawberry.Private[str]

    @strawberry.field
    def node(self, info: Info) -> Annotated[Worker, strawberry.lazy("graph.schema.worker_types")]:
        """Give their key."""
        named = cast("StrawberryObjectDefinition", info.schema.get_type_by_name("Worker"))
        return cast("type[Worker]", named.origin)(id=strawberry.ID(self.worker), given=None)


@strawberry.type(description="Workers who suit, best first, with the log's entry of this ranking.")
class CandidateConnection:
    """A page of workers."""

    edges: list[CandidateEdge]
    page_info: PageInfo
    ranking: strawberry.ID | None = strawberry.field(description="By this id the operator can replay the ranking.")


async def find_candidates(
    opportunity: Opportunity, info: Info, *, first: int | None, after: str | None
) -> CandidateConnection:
    """Search."""
    finding = finding_of(info)
    if finding is None:
        return _shown(Found(workers=(), has_next=False, has_previous=False, ranking=None))
    with refusals():
        found = await finding.search.find(
            opportunity,
            session_of(info),
            permit_of(info, "Opportunity", opportunity.id),
            first=PAGE_SIZE if first is None else first,
            after=after,
        )
    return _shown(found)


def _shown(found: Found) -> CandidateConnection:
    cursors = [cursor for cursor, _ in found.workers]
    return CandidateConnection(
        edges=[CandidateEdge(cursor=cursor, worker=worker) for cursor, worker in found.workers],
        page_info=PageInfo(
            has_next_page=found.has_next,
            has_previous_page=found.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        ranking=None if found.ranking is None else strawberry.ID(found.ranking),
    )
