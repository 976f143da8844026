"""The graph subgraph: root fields over skills, occupations, training and opportunities, and `Worker`'s derived fields.

`build_schema` gives the Strawberry federation schema. It holds no worker's data between requests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph.catalogue_types import (
    Info,
    Occupation,
    OccupationConnection,
    OccupationEdge,
    Opportunity,
    OpportunityConnection,
    OpportunityEdge,
    Skill,
    SkillConnection,
    SkillEdge,
    Training,
    TrainingConnection,
    TrainingEdge,
)
from graph.demand_types import (
    DemandSeries,
    SkillLink,
    UnmetDemandConnection,
    resolve_demand,
    resolve_skills_in_text,
    resolve_unmet_demand,
)
from graph.linking.linker import Linker
from graph.model import OccupationId, OpportunityId, SkillId, TrainingId
from graph.names import NameIndex
from graph.pages import Key, Page, page_of
from graph.scalars import SCALARS, Finding, graph_of, page_info, refusals, services_of
from graph.taxonomy import SkillGraph
from graph.worker_types import PlatformAccount, Worker

PAGE_SIZE = 20


class GraphSchema(strawberry.federation.Schema):
    """The schema with the graph and the clock that its resolvers use."""

    graph: SkillGraph
    clock: Callable[[], datetime]
    linker: Linker | None
    finding: Finding | None


@strawberry.type
class Query:
    """The root fields of the skill graph."""

    @strawberry.field
    def skills(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> SkillConnection:
        """Search skills by label and synonym."""
        graph = graph_of(info)
        page = _search(graph.skill_names, search, first, after)
        return SkillConnection(
            edges=[
                SkillEdge(cursor=cursor, node=Skill(node=graph.skills[SkillId(each)])) for cursor, each in page.items
            ],
            page_info=page_info(page),
            total_count=page.total,
        )

    @strawberry.field
    def skill(self, info: Info, id: strawberry.ID) -> Skill | None:
        """Find a skill."""
        return Skill.resolve_reference(info, id)

    @strawberry.field
    def occupations(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> OccupationConnection:
        """Search occupations by label and synonym."""
        graph = graph_of(info)
        page = _search(graph.occupation_names, search, first, after)
        return OccupationConnection(
            edges=[
                OccupationEdge(cursor=cursor, node=Occupation(node=graph.occupations[OccupationId(each)]))
                for cursor, each in page.items
            ],
            page_info=page_info(page),
            total_count=page.total,
        )

    @strawberry.field
    def occupation(self, info: Info, id: strawberry.ID) -> Occupation | None:
        """Find an occupation."""
        return Occupation.resolve_reference(info, id)

    @strawberry.field
    def training(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        skill: strawberry.ID | None = strawberry.UNSET,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> TrainingConnection:
        """Search programmes by title and by a skill that they teach."""
        graph = graph_of(info)
        teaching = graph.training_for(SkillId(skill)) if skill else None
        page = _search(
            graph.training_names, search, first, after, lambda each: teaching is None or TrainingId(each) in teaching
        )
        return TrainingConnection(
            edges=[
                TrainingEdge(cursor=cursor, node=Training(node=graph.training[TrainingId(each)]))
                for cursor, each in page.items
            ],
            page_info=page_info(page),
            total_count=page.total,
        )

    @strawberry.field
    def opportunities(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        occupation: strawberry.ID | None = strawberry.UNSET,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> OpportunityConnection:
        """Search what is open by title and by occupation."""
        graph, now = graph_of(info), services_of(info).clock()

        def is_asked_for(each: str) -> bool:
            offered = graph.opportunities[OpportunityId(each)]
            return offered.is_open(now) and (not occupation or offered.occupation == OccupationId(occupation))

        page = _search(graph.opportunity_names, search, first, after, is_asked_for)
        return OpportunityConnection(
            edges=[
                OpportunityEdge(cursor=cursor, node=Opportunity(node=graph.opportunities[OpportunityId(each)]))
                for cursor, each in page.items
            ],
            page_info=page_info(page),
            total_count=page.total,
        )

    @strawberry.field
    def opportunity(self, info: Info, id: strawberry.ID) -> Opportunity | None:
        """Find an opportunity, open or closed."""
        return Opportunity.resolve_reference(info, id)

    demand: DemandSeries | None = strawberry.field(
        resolver=resolve_demand, description="Openings that ask for a skill, in a region or everywhere."
    )
    unmet_demand: UnmetDemandConnection = strawberry.field(
        resolver=resolve_unmet_demand, description="Skills that will be asked for and are hardly taught, most first."
    )
    skills_in_text: list[SkillLink] = strawberry.field(
        resolver=resolve_skills_in_text, description="Skills that a text speaks of, surest first."
    )


def build_schema(
    graph: SkillGraph,
    clock: Callable[[], datetime],
    *,
    linker: Linker | None = None,
    finding: Finding | None = None,
) -> GraphSchema:
    """Return the executable schema of the subgraph.

    `clock` gives aware instants. `linker` links texts to skills; by default the lexical engine, built when first used.
    Without `finding` nobody can be found.
    """
    schema = GraphSchema(
        query=Query,
        types=[Worker, PlatformAccount, Skill, Occupation, Training, Opportunity],
        federation_version="2.9",
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    schema.graph = graph
    schema.clock = clock
    schema.linker = linker
    schema.finding = finding
    return schema


def _search(
    names: NameIndex,
    search: str | None,
    first: int | None,
    after: str | None,
    is_asked_for: Callable[[str], bool] = lambda _: True,
) -> Page[str]:
    with refusals():
        found: list[tuple[Key, str]] = [(key, key[2]) for key in names.search(search or None) if is_asked_for(key[2])]
        return page_of(found, first=PAGE_SIZE if first is None else first, after=after or None)
