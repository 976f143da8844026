"""Root fields over what is not about anybody: search and filters over skills, occupations, training, opportunities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import strawberry

from graph.model import OccupationId, SkillId
from graph.pages import Key
from graph.schema.catalogue_types import Info, Occupation, Skill
from graph.schema.connection import Connection, connection, span
from graph.schema.counting_types import PayGuidance, SkillGap, resolve_pay_guidance, resolve_skill_gaps
from graph.schema.demand_types import (
    DemandSeries,
    SkillLink,
    Track,
    UnmetDemand,
    resolve_demand,
    resolve_demand_list,
    resolve_demand_regions,
    resolve_skills_in_text,
    resolve_tracks,
    resolve_unmet_demand,
)
from graph.schema.filters import (
    OccupationFilter,
    OpportunityFilter,
    SkillFilter,
    TrainingFilter,
    fitting_occupations,
    fitting_opportunities,
    fitting_skills,
    fitting_training,
)
from graph.schema.market_types import Opportunity, Training, TrainingProvider, providers_of
from graph.schema.scalars import graph_of, refusals, services_of
from graph.taxonomy.names import NameIndex

Found = TypeVar("Found", bound=str)
Node = TypeVar("Node")


@strawberry.type
class Query:
    """The root fields of the skill graph."""

    @strawberry.field
    def skills(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        filter: SkillFilter | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[Skill]:
        """Search skills by label and synonym."""
        graph = graph_of(info)
        with refusals():
            fits = fitting_skills(graph, filter or SkillFilter())
            found = _search(graph.skill_names, search, graph.skills, fits)
        return connection(found, span(first, after, last, before), lambda each: Skill(node=each))

    @strawberry.field
    def skill(self, info: Info, id: strawberry.ID) -> Skill | None:
        """Find a skill."""
        return Skill.resolve_reference(info, id)

    @strawberry.field
    def occupations(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        filter: OccupationFilter | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[Occupation]:
        """Search occupations by label and synonym."""
        graph = graph_of(info)
        with refusals():
            fits = fitting_occupations(graph, filter or OccupationFilter())
            found = _search(graph.occupation_names, search, graph.occupations, fits)
        return connection(found, span(first, after, last, before), lambda each: Occupation(node=each))

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
        filter: TrainingFilter | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[Training]:
        """Search programmes by title and by a skill that they teach."""
        graph = graph_of(info)
        teaching = graph.training_for(SkillId(skill)) if skill else None
        with refusals():
            fits = fitting_training(filter or TrainingFilter())
            found = _search(
                graph.training_names,
                search,
                graph.training,
                lambda each: (teaching is None or each.id in teaching) and fits(each),
            )
        return connection(found, span(first, after, last, before), lambda each: Training(node=each))

    @strawberry.field
    def training_providers(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[TrainingProvider]:
        """Search those who offer training by name."""
        providers = providers_of(graph_of(info))
        names = NameIndex.of_titles({each.id: each.name for each in providers.values()})
        with refusals():
            found = _search(names, search, providers)
        return connection(found, span(first, after, last, before), lambda each: TrainingProvider(node=each))

    @strawberry.field
    def training_provider(self, info: Info, id: strawberry.ID) -> TrainingProvider | None:
        """Find who offers training."""
        return TrainingProvider.resolve_reference(info, id)

    @strawberry.field
    def opportunities(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        occupation: strawberry.ID | None = strawberry.UNSET,
        filter: OpportunityFilter | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[Opportunity]:
        """Search what is open by title and by occupation."""
        graph, now = graph_of(info), services_of(info).clock()
        with refusals():
            fits = fitting_opportunities(graph, filter or OpportunityFilter())
            found = _search(
                graph.opportunity_names,
                search,
                graph.opportunities,
                lambda each: (
                    each.is_open(now) and (not occupation or each.occupation == OccupationId(occupation)) and fits(each)
                ),
            )
        return connection(found, span(first, after, last, before), lambda each: Opportunity(node=each))

    @strawberry.field
    def opportunity(self, info: Info, id: strawberry.ID) -> Opportunity | None:
        """Find an opportunity, open or closed."""
        return Opportunity.resolve_reference(info, id)

    demand: DemandSeries | None = strawberry.field(
        resolver=resolve_demand, description="Openings that ask for a skill, in a region or everywhere."
    )
    demand_series: Connection[DemandSeries] = strawberry.field(
        resolver=resolve_demand_list,
        description="The skills that openings of the last twelve months ask for, those that most ask for first.",
    )
    demand_regions: list[str] = strawberry.field(
        resolver=resolve_demand_regions, description="Regions that openings are counted for."
    )
    skill_gaps: Connection[SkillGap] = strawberry.field(
        resolver=resolve_skill_gaps,
        description="What workers who granted this actor `statistics` lack near open work, told of ten and more.",
    )
    pay_guidance: PayGuidance | None = strawberry.field(
        resolver=resolve_pay_guidance,
        description="What openings pay for a skill, and what workers earn by it; null where neither is told of ten.",
    )
    unmet_demand: Connection[UnmetDemand] = strawberry.field(
        resolver=resolve_unmet_demand, description="Skills that will be asked for and are hardly taught, most first."
    )
    tracks_to_open: Connection[Track] = strawberry.field(
        resolver=resolve_tracks,
        description=(
            "Programmes that it would pay most to open, best first; compared in one currency, by default the one that "
            "most open work there is paid in."
        ),
    )
    skills_in_text: list[SkillLink] = strawberry.field(
        resolver=resolve_skills_in_text, description="Skills that a text speaks of, surest first."
    )


def _search(
    names: NameIndex, search: str | None, nodes: Mapping[Found, Node], fits: Callable[[Node], bool] = lambda _: True
) -> list[tuple[Key, Node]]:
    """Return what a search text finds and a filter lets pass, in order, each with its sort key."""
    found = ((key, nodes[cast(Found, key[2])]) for key in names.search(search or None))
    return [(key, node) for key, node in found if fits(node)]
