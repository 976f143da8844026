"""Types of what is not about anybody: skills, occupations, training, opportunities, and their pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from graph import model
from graph.model import Language, OccupationId, OpportunityId, PayPeriod, SkillId, TrainingId, TrainingMode
from graph.scalars import DateTime, Decimal, Money, PageInfo, graph_of, money
from graph.taxonomy import SkillGraph

if TYPE_CHECKING:
    from graph.candidate_types import CandidateConnection

strawberry.enum(Language, description="Languages of labels.")
strawberry.enum(TrainingMode, description="How training is attended.")
strawberry.enum(PayPeriod, description="What pay is counted by.")

Info = strawberry.Info[Any, Any]
MAX_RELATED = 100


@strawberry.federation.type(
    keys=["id"], description="A skill; `id` is `esco:<uuid>` for ESCO concepts, `uri` the concept's URI."
)
class Skill:
    """A skill as the schema shows it."""

    node: strawberry.Private[model.Skill]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def uri(self) -> str | None:
        """The concept's URI."""
        return self.node.uri

    @strawberry.field
    def label(self, language: Language | None = Language.EN) -> str:
        """The label, English where there is none in the language."""
        return self.node.labels.get(language or Language.EN, self.node.name)

    @strawberry.field
    def alt_labels(self, language: Language | None = Language.EN) -> list[str]:
        """Synonyms."""
        return list(self.node.synonyms.get(language or Language.EN, ()))

    @strawberry.field
    def description(self) -> str | None:
        """What it is, in a sentence."""
        return self.node.description or None

    @strawberry.field
    def broader(self, info: Info) -> list[Skill]:
        """What it is a kind of."""
        return skills(graph_of(info), graph_of(info).broader(self.node.id))

    @strawberry.field
    def occupations(self, info: Info, first: int | None = 20) -> list[Occupation]:
        """Occupations that it belongs to, those that it is essential to first."""
        graph, count = graph_of(info), 20 if first is None else min(MAX_RELATED, max(0, first))
        return [Occupation(node=graph.occupations[each]) for each in graph.occupations_with(self.node.id)[:count]]

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Skill | None:
        """Find the skill that another subgraph names."""
        node = graph_of(info).skills.get(SkillId(id))
        return None if node is None else cls(node=node)


@strawberry.federation.type(keys=["id"])
class Occupation:
    """An occupation as the schema shows it."""

    node: strawberry.Private[model.Occupation]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def uri(self) -> str | None:
        """The concept's URI."""
        return self.node.uri

    @strawberry.field
    def label(self, language: Language | None = Language.EN) -> str:
        """The label, English where there is none in the language."""
        return self.node.labels.get(language or Language.EN, self.node.name)

    @strawberry.field
    def isco_code(self) -> str | None:
        """The ISCO-08 unit group."""
        return self.node.isco or None

    job_zone: int | None = strawberry.field(
        resolver=lambda root: root.node.job_zone,
        description="Preparation from 1 (little) to 5 (extensive), as O*NET job zones.",
    )

    @strawberry.field
    def regulated(self) -> bool:
        """Whether work in it needs a licence."""
        return self.node.regulation is not None

    @strawberry.field
    def essential_skills(self, info: Info) -> list[Skill]:
        """Skills without which one does not work in it."""
        return skills(graph_of(info), graph_of(info).essential(self.node.id))

    @strawberry.field
    def optional_skills(self, info: Info) -> list[Skill]:
        """Skills that some have."""
        return skills(graph_of(info), graph_of(info).optional(self.node.id))

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Occupation | None:
        """Find the occupation that another subgraph names."""
        node = graph_of(info).occupations.get(OccupationId(id))
        return None if node is None else cls(node=node)


@strawberry.type
class TrainingProvider:
    """Who offers training."""

    id: strawberry.ID
    name: str
    simulated: bool


@strawberry.federation.type(keys=["id"])
class Training:
    """A programme as the schema shows it."""

    node: strawberry.Private[model.Training]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def title(self) -> str:
        """What it is called."""
        return self.node.title

    @strawberry.field
    def provider(self) -> TrainingProvider:
        """Who offers it."""
        provider = self.node.provider
        return TrainingProvider(id=strawberry.ID(provider.id), name=provider.name, simulated=provider.simulated)

    @strawberry.field
    def teaches(self, info: Info) -> list[Skill]:
        """What one can afterwards."""
        return skills(graph_of(info), self.node.teaches)

    @strawberry.field
    def requires(self, info: Info) -> list[Skill]:
        """What one must be able to do before."""
        return skills(graph_of(info), self.node.requires)

    @strawberry.field
    def hours(self) -> int:
        """How long it takes."""
        return self.node.hours

    @strawberry.field
    def cost(self) -> Money:
        """What it costs."""
        return money(self.node.cost, self.node.currency)

    mode: TrainingMode = strawberry.field(resolver=lambda root: root.node.mode, description="How it is attended.")

    @strawberry.field
    def certificate(self) -> str | None:
        """What graduates are given."""
        return self.node.certificate

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Training | None:
        """Find the programme that another subgraph names."""
        node = graph_of(info).training.get(TrainingId(id))
        return None if node is None else cls(node=node)


@strawberry.type
class PayRange:
    """A range of pay."""

    min: Decimal
    max: Decimal
    currency: str
    per: PayPeriod


async def resolve_candidates(
    root: Any, info: Info, first: int | None = 10, after: str | None = strawberry.UNSET
) -> Annotated[CandidateConnection, strawberry.lazy("graph.candidate_types")] | None:
    """Search, once all types are there."""
    from graph.candidate_types import find_candidates  # the type of the answer refers to this module's

    return await find_candidates(root.node, info, first=first, after=after or None)


@strawberry.federation.type(keys=["id"])
class Opportunity:
    """An opportunity as the schema shows it."""

    node: strawberry.Private[model.Opportunity]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def title(self) -> str:
        """What the work is called."""
        return self.node.title

    @strawberry.field
    def organization(self) -> str:
        """Who offers it."""
        return self.node.organization

    @strawberry.field
    def occupation(self, info: Info) -> Occupation:
        """What kind of work it is."""
        return Occupation(node=graph_of(info).occupations[self.node.occupation])

    @strawberry.field
    def required_skills(self, info: Info) -> list[Skill]:
        """What one must be able to do."""
        return skills(graph_of(info), self.node.required)

    @strawberry.field
    def preferred_skills(self, info: Info) -> list[Skill]:
        """What is welcome."""
        return skills(graph_of(info), self.node.preferred)

    @strawberry.field
    def place(self) -> str | None:
        """Where it is."""
        return self.node.place

    @strawberry.field
    def remote(self) -> bool:
        """Whether it can be done from elsewhere."""
        return self.node.remote

    @strawberry.field
    def pay(self) -> PayRange:
        """What it pays."""
        pay = self.node.pay
        return PayRange(min=Decimal(pay.min), max=Decimal(pay.max), currency=pay.currency, per=pay.per)

    @strawberry.field
    def posted_at(self) -> DateTime:
        """Since when it is open."""
        return DateTime(self.node.posted_at)

    @strawberry.field
    def closes_at(self) -> DateTime | None:
        """Until when it is open."""
        return None if self.node.closes_at is None else DateTime(self.node.closes_at)

    @strawberry.field
    def hours_per_week(self) -> int | None:
        """How many hours a week are asked for."""
        return self.node.hours_per_week

    @strawberry.field
    def simulated(self) -> bool:
        """Whether it is fictional."""
        return self.node.simulated

    candidates: Annotated[CandidateConnection, strawberry.lazy("graph.candidate_types")] | None = (
        strawberry.federation.field(
            resolver=resolve_candidates,
            requires_scopes=[["gig:matching"]],
            description="Workers who let the asking actor find them for its purpose, best match first.",
        )
    )

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Opportunity | None:
        """Find the opportunity that another subgraph names."""
        node = graph_of(info).opportunities.get(OpportunityId(id))
        return None if node is None else cls(node=node)


@strawberry.type
class SkillEdge:
    """A skill in a page."""

    cursor: str
    node: Skill


@strawberry.type
class SkillConnection:
    """A page of skills."""

    edges: list[SkillEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type
class OccupationEdge:
    """An occupation in a page."""

    cursor: str
    node: Occupation


@strawberry.type
class OccupationConnection:
    """A page of occupations."""

    edges: list[OccupationEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type
class TrainingEdge:
    """A programme in a page."""

    cursor: str
    node: Training


@strawberry.type
class TrainingConnection:
    """A page of programmes."""

    edges: list[TrainingEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type
class OpportunityEdge:
    """An opportunity in a page."""

    cursor: str
    node: Opportunity


@strawberry.type
class OpportunityConnection:
    """A page of opportunities."""

    edges: list[OpportunityEdge]
    page_info: PageInfo
    total_count: int


def skills(graph: SkillGraph, ids: Iterable[SkillId]) -> list[Skill]:
    """Return skills by label."""
    nodes = sorted((graph.skills[each] for each in ids), key=lambda each: (each.name, each.id))
    return [Skill(node=each) for each in nodes]
