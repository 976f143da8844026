"""Types of the market: training and who offers it, opportunities, and where they were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any

import strawberry

from graph import model
from graph.evidence.facts import Fidelity
from graph.model import OpportunityId, PayPeriod, TrainingId, TrainingMode
from graph.pages import Key
from graph.schema.candidate_types import CandidateConnection, find_candidates
from graph.schema.catalogue_types import Info, Occupation, Skill, occupations, skills
from graph.schema.connection import Connection, connection, span
from graph.schema.scalars import DateTime, Decimal, Money, graph_of, money
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.names import fold

strawberry.enum(PayPeriod, description="What pay is counted by.")
strawberry.enum(Fidelity, description="How far the shape of a platform's data rests on what it documents.")


def fidelity_of(origin: model.FeedOrigin | None) -> Fidelity:
    """Return how far something can be relied on; what is built in is assumed."""
    return Fidelity.HYPOTHETICAL if origin is None else Fidelity(origin.fidelity)


@lru_cache(maxsize=2)
def providers_of(graph: SkillGraph) -> Mapping[str, model.Provider]:
    """Return who offers training, by id."""
    return {each.provider.id: each.provider for each in graph.training.values()}


@strawberry.type(description="Which provider's feed something was read from, and how far that can be relied on.")
class FeedProvenance:
    """A feed's provenance as the schema shows it."""

    platform: str
    name: str
    connector_version: str
    fidelity: Fidelity
    simulated: bool
    read_at: DateTime = strawberry.field(description="When the last good copy was read.")

    @classmethod
    def of(cls, origin: model.FeedOrigin | None) -> FeedProvenance | None:
        """Show an origin."""
        if origin is None:
            return None
        return cls(
            platform=origin.platform,
            name=origin.name,
            connector_version=origin.version,
            fidelity=Fidelity(origin.fidelity),
            simulated=origin.simulated,
            read_at=DateTime(origin.read_at),
        )


@strawberry.type(description="A skill that was found in a provider's own words.")
class LinkedWords:
    """A link as the schema shows it."""

    skill: Skill
    words: str
    confidence: float = strawberry.field(description="From 0 to 1: the share of such links that people agree with.")

    @classmethod
    def of(cls, graph: SkillGraph, links: Iterable[model.LinkedWords]) -> list[LinkedWords]:
        """Show links."""
        return [
            cls(skill=Skill(node=graph.skills[each.skill]), words=each.words, confidence=each.confidence)
            for each in links
        ]


@strawberry.federation.type(keys=["id"])
class TrainingProvider:
    """Who offers training."""

    node: strawberry.Private[model.Provider]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def name(self) -> str:
        """What it calls itself."""
        return self.node.name

    @strawberry.field
    def simulated(self) -> bool:
        """Whether it is fictional."""
        return self.node.simulated

    @strawberry.field
    def fidelity(self) -> Fidelity:
        """How far what it is known to offer can be relied on."""
        return fidelity_of(self.node.origin)

    @strawberry.field
    def provenance(self) -> FeedProvenance | None:
        """Where its programmes were read; null for what is built in."""
        return FeedProvenance.of(self.node.origin)

    @strawberry.field
    def training(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Annotated[Connection[Training], strawberry.lazy("graph.schema.market_types")]:
        """Its programmes, by title."""
        graph = graph_of(info)
        own = [each for each in graph.training.values() if each.provider.id == self.node.id]
        entries: list[tuple[Key, model.Training]] = sorted(
            (((fold(each.title), each.id), each) for each in own), key=lambda entry: entry[0]
        )
        return connection(entries, span(first, after, last, before), lambda each: Training(node=each))

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> TrainingProvider | None:
        """Find the provider that another subgraph names."""
        node = providers_of(graph_of(info)).get(id)
        return None if node is None else cls(node=node)


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
        return TrainingProvider(node=self.node.provider)

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
    def description(self) -> str | None:
        """What its provider says of it."""
        return self.node.description

    @strawberry.field
    def place(self) -> str | None:
        """Where it is attended; null when online."""
        return self.node.place

    @strawberry.field
    def languages(self) -> list[str]:
        """Languages of instruction (ISO 639-1); none: not said."""
        return sorted(self.node.languages)

    @strawberry.field
    def licenses(self, info: Info) -> list[Occupation]:
        """Regulated occupations that it licenses its graduates for."""
        return occupations(graph_of(info), self.node.licenses)

    @strawberry.field
    def staffs(self, info: Info) -> list[Occupation]:
        """Occupations in which its graduates are given work."""
        return occupations(graph_of(info), self.node.staffs)

    @strawberry.field
    def staffed_by(self) -> str | None:
        """Who gives its graduates work."""
        return self.node.staffed_by

    @strawberry.field
    def url(self) -> str | None:
        """Where its provider describes it."""
        return self.node.url

    @strawberry.field
    def linked_words(self, info: Info) -> list[LinkedWords]:
        """Skills that were found in its provider's words; those named by ESCO are not among them."""
        return LinkedWords.of(graph_of(info), self.node.links)

    @strawberry.field
    def simulated(self) -> bool:
        """Whether it is fictional."""
        return self.node.provider.simulated

    @strawberry.field
    def fidelity(self) -> Fidelity:
        """How far what is said of it can be relied on."""
        return fidelity_of(self.node.provider.origin)

    @strawberry.field
    def provenance(self) -> FeedProvenance | None:
        """Where it was read; null for what is built in."""
        return FeedProvenance.of(self.node.provider.origin)

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
) -> CandidateConnection | None:
    """Search."""
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

    @strawberry.field
    def description(self) -> str | None:
        """What is said of it."""
        return self.node.description

    @strawberry.field
    def languages(self) -> list[str]:
        """Languages that one must speak (ISO 639-1)."""
        return sorted(self.node.languages)

    @strawberry.field
    def openings(self) -> int:
        """How many are sought."""
        return self.node.openings

    @strawberry.field
    def url(self) -> str | None:
        """Where one applies."""
        return self.node.url

    @strawberry.field
    def linked_words(self, info: Info) -> list[LinkedWords]:
        """Skills that were found in its words; those named by ESCO are not among them."""
        return LinkedWords.of(graph_of(info), self.node.links)

    @strawberry.field
    def fidelity(self) -> Fidelity:
        """How far what is said of it can be relied on."""
        return fidelity_of(self.node.origin)

    @strawberry.field
    def provenance(self) -> FeedProvenance | None:
        """Where it was read; null for what is built in."""
        return FeedProvenance.of(self.node.origin)

    candidates: CandidateConnection | None = strawberry.federation.field(
        resolver=resolve_candidates,
        requires_scopes=[["gig:matching"]],
        description="Workers who let the asking actor find them for its purpose, best match first.",
    )

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Opportunity | None:
        """Find the opportunity that another subgraph names."""
        node = graph_of(info).opportunities.get(OpportunityId(id))
        return None if node is None else cls(node=node)
