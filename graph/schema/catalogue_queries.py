"""Root fields over what is not about anybody: search and filters over skills, occupations, training, opportunities."""

from __future__ import annotations

from collections.abc import Callable

import strawberry

from graph import model
from graph.model import OccupationId, OpportunityId, SkillId, TrainingId, TrainingMode
from graph.pages import Key, Page, page_of
from graph.schema.catalogue_types import Info, Occupation, Skill
from graph.schema.connection import Connection, connection
from graph.schema.counting_types import PayGuidance, SkillGap, resolve_pay_guidance, resolve_skill_gaps
from graph.schema.demand_types import (
    DemandSeries,
    SkillLink,
    Track,
    UnmetDemand,
    resolve_demand,
    resolve_demand_regions,
    resolve_skills_in_text,
    resolve_tracks,
    resolve_unmet_demand,
)
from graph.schema.market_types import Opportunity, Training, TrainingProvider, providers_of
from graph.schema.scalars import Decimal, graph_of, refusals, services_of
from graph.taxonomy.names import NameIndex, fold

PAGE_SIZE = 20


@strawberry.input(description="An amount in one currency; what is in another currency does not fit.")
class AmountLimit:
    """A limit on money."""

    amount: Decimal
    currency: str


@strawberry.input(description="All that is given must fit.")
class SkillFilter:
    """Which skills are asked for."""

    knowledge: bool | None = strawberry.UNSET
    occupation: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Essential or optional.")


@strawberry.input(description="All that is given must fit.")
class OccupationFilter:
    """Which occupations are asked for."""

    isco: str | None = strawberry.field(default=strawberry.UNSET, description="How its ISCO-08 code begins.")
    max_job_zone: int | None = strawberry.UNSET
    regulated: bool | None = strawberry.UNSET
    skill: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Essential to it.")


@strawberry.input(description="All that is given must fit.")
class TrainingFilter:
    """Which programmes are asked for."""

    provider: strawberry.ID | None = strawberry.UNSET
    mode: TrainingMode | None = strawberry.UNSET
    place: str | None = strawberry.field(default=strawberry.UNSET, description="Attended there, or online.")
    language: str | None = strawberry.field(default=strawberry.UNSET, description="Taught in it, or not said.")
    max_hours: int | None = strawberry.UNSET
    max_cost: AmountLimit | None = strawberry.UNSET
    licenses: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="An occupation.")
    staffs: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="An occupation.")
    simulated: bool | None = strawberry.UNSET


@strawberry.input(description="All that is given must fit.")
class OpportunityFilter:
    """Which opportunities are asked for."""

    skill: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Required.")
    place: str | None = strawberry.field(default=strawberry.UNSET, description="There, or from elsewhere.")
    remote: bool | None = strawberry.UNSET
    language: str | None = strawberry.field(default=strawberry.UNSET, description="It takes no other language.")
    min_pay_per_hour: AmountLimit | None = strawberry.field(
        default=strawberry.UNSET, description="The middle of the range, for an hour of full-time work."
    )
    max_job_zone: int | None = strawberry.UNSET
    simulated: bool | None = strawberry.UNSET


@strawberry.type
class Query:
    """The root fields of the skill graph."""

    @strawberry.field
    def skills(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        filter: SkillFilter | None = strawberry.UNSET,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> Connection[Skill]:
        """Search skills by label and synonym."""
        graph, wanted = graph_of(info), filter or SkillFilter()
        own = None
        if wanted.occupation:
            occupation = OccupationId(wanted.occupation)
            own = graph.essential(occupation) | graph.optional(occupation)

        def fits(each: str) -> bool:
            node = graph.skills[SkillId(each)]
            return _is(wanted.knowledge, node.is_knowledge) and (own is None or node.id in own)

        page = _search(graph.skill_names, search, first, after, fits)
        return connection(page, lambda each: Skill(node=graph.skills[SkillId(each)]))

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
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> Connection[Occupation]:
        """Search occupations by label and synonym."""
        graph, wanted = graph_of(info), filter or OccupationFilter()

        def fits(each: str) -> bool:
            node = graph.occupations[OccupationId(each)]
            return (
                _is(wanted.regulated, node.regulation is not None)
                and (not wanted.isco or node.isco.startswith(wanted.isco))
                and (not wanted.skill or SkillId(wanted.skill) in graph.essential(node.id))
                and (not wanted.max_job_zone or (node.job_zone or 0) <= wanted.max_job_zone)
            )

        page = _search(graph.occupation_names, search, first, after, fits)
        return connection(page, lambda each: Occupation(node=graph.occupations[OccupationId(each)]))

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
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> Connection[Training]:
        """Search programmes by title and by a skill that they teach."""
        graph, wanted = graph_of(info), filter or TrainingFilter()
        teaching = graph.training_for(SkillId(skill)) if skill else None

        def fits(each: str) -> bool:
            node = graph.training[TrainingId(each)]
            return (teaching is None or node.id in teaching) and _training_fits(node, wanted)

        page = _search(graph.training_names, search, first, after, fits)
        return connection(page, lambda each: Training(node=graph.training[TrainingId(each)]))

    @strawberry.field
    def training_providers(
        self,
        info: Info,
        search: str | None = strawberry.UNSET,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> Connection[TrainingProvider]:
        """Search those who offer training by name."""
        providers = providers_of(graph_of(info))
        names = NameIndex.of_titles({each.id: each.name for each in providers.values()})
        page = _search(names, search, first, after)
        return connection(page, lambda each: TrainingProvider(node=providers[each]))

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
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
    ) -> Connection[Opportunity]:
        """Search what is open by title and by occupation."""
        graph, now, wanted = graph_of(info), services_of(info).clock(), filter or OpportunityFilter()

        def fits(each: str) -> bool:
            offered = graph.opportunities[OpportunityId(each)]
            zone = graph.occupations[offered.occupation].job_zone or 0
            return (
                offered.is_open(now)
                and (not occupation or offered.occupation == OccupationId(occupation))
                and (not wanted.max_job_zone or zone <= wanted.max_job_zone)
                and _opportunity_fits(offered, wanted)
            )

        page = _search(graph.opportunity_names, search, first, after, fits)
        return connection(page, lambda each: Opportunity(node=graph.opportunities[OpportunityId(each)]))

    @strawberry.field
    def opportunity(self, info: Info, id: strawberry.ID) -> Opportunity | None:
        """Find an opportunity, open or closed."""
        return Opportunity.resolve_reference(info, id)

    demand: DemandSeries | None = strawberry.field(
        resolver=resolve_demand, description="Openings that ask for a skill, in a region or everywhere."
    )
    demand_regions: list[str] = strawberry.field(
        resolver=resolve_demand_regions, description="Regions that openings are counted for."
    )
    skill_gaps: Connection[SkillGap] = strawberry.field(
        resolver=resolve_skill_gaps,
        description="What workers who granted this actor `statistics` lack near open work, told of ten and more.",
    )
    pay_guidance: PayGuidance | None = strawberry.field(
        resolver=resolve_pay_guidance, description="What openings pay for a skill; null for fewer than ten."
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


def _training_fits(node: model.Training, wanted: TrainingFilter) -> bool:
    is_online = node.mode is TrainingMode.ONLINE
    return (
        _is(wanted.simulated, node.provider.simulated)
        and (not wanted.provider or node.provider.id == wanted.provider)
        and (not wanted.mode or node.mode is wanted.mode)
        and (not wanted.place or is_online or fold(node.place or "") == fold(wanted.place))
        and (not wanted.language or not node.languages or wanted.language.lower() in node.languages)
        and (not isinstance(wanted.max_hours, int) or node.hours <= wanted.max_hours)
        and (not wanted.max_cost or (node.currency == wanted.max_cost.currency and node.cost <= wanted.max_cost.amount))
        and (not wanted.licenses or OccupationId(wanted.licenses) in node.licenses)
        and (not wanted.staffs or OccupationId(wanted.staffs) in node.staffs)
    )


def _opportunity_fits(node: model.Opportunity, wanted: OpportunityFilter) -> bool:
    least = wanted.min_pay_per_hour
    return (
        _is(wanted.simulated, node.simulated)
        and _is(wanted.remote, node.remote)
        and (not wanted.skill or SkillId(wanted.skill) in node.required)
        and (not wanted.place or node.remote or fold(node.place or "") == fold(wanted.place))
        and (not wanted.language or node.languages <= {wanted.language.lower()})
        and (not least or (node.pay.currency == least.currency and node.pay.per_hour >= least.amount))
    )


def _is(wanted: object, value: bool) -> bool:
    """Whether a yes-or-no that is asked for holds; anything holds where nothing is asked for."""
    return not isinstance(wanted, bool) or wanted is value


def _search(
    names: NameIndex,
    search: str | None,
    first: int | None,
    after: str | None,
    fits: Callable[[str], bool] = lambda _: True,
) -> Page[str]:
    with refusals():
        found: list[tuple[Key, str]] = [(key, key[2]) for key in names.search(search or None) if fits(key[2])]
        return page_of(found, first=PAGE_SIZE if first is None else first, after=after or None)
