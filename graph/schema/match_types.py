"""Types of matches: an opportunity for a worker, a worker for an opportunity; and the resolvers of the latter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import strawberry
from graphql import GraphQLError

from graph.matching import model as matching
from graph.matching.text import explain_match
from graph.matching.worker_index import judge
from graph.model import Language, OpportunityId
from graph.schema.catalogue_types import Info, Skill
from graph.schema.market_types import Opportunity
from graph.schema.scalars import checked_id, finding_of, graph_of, refusals, session_of
from graph.taxonomy.graph import SkillGraph
from graph.wording import Words, words_in

Explain = Callable[[Words], str]


@strawberry.type
class MatchFeature:
    """One part of a score."""

    name: str
    value: float
    weight: float
    contribution: float


@strawberry.type
class OpportunityMatch:
    """An opportunity and how well it suits."""

    explain: strawberry.Private[Explain]

    opportunity: Opportunity
    score: float = strawberry.field(description="From 0 to 1.")
    features: list[MatchFeature]
    missing: list[Skill]
    blocked_by: str | None = strawberry.field(
        description="What regulates the occupation, when the evidence shows neither practice in it nor a licence."
    )

    @strawberry.field
    def explanation(self, language: Language | None = Language.EN) -> str:
        """Say why it stands where it stands."""
        return self.explain(words_in(language))


@strawberry.type(description="How well a worker suits an opportunity, part by part.")
class CandidateMatch:
    """A worker's match as the schema shows it."""

    explain: strawberry.Private[Explain]

    opportunity: Opportunity
    score: float = strawberry.field(description="From 0 to 1.")
    features: list[MatchFeature]
    missing: list[Skill]

    @strawberry.field
    def explanation(self, language: Language | None = Language.EN) -> str:
        """Say why it stands where it stands."""
        return self.explain(words_in(language))


def features_of(features: Sequence[matching.Feature]) -> list[MatchFeature]:
    """Show the parts of a score."""
    return [
        MatchFeature(name=each.name, value=each.value, weight=each.weight, contribution=each.contribution)
        for each in features
    ]


def opportunity_match(graph: SkillGraph, match: matching.Match) -> OpportunityMatch:
    """Show how well an opportunity suits."""
    return OpportunityMatch(
        explain=lambda words: explain_match(
            graph, match.opportunity, match.missing, match.features, match.blocked_by, match.wishes, words
        ),
        opportunity=Opportunity(node=match.opportunity),
        score=match.score,
        features=features_of(match.features),
        missing=[Skill(node=graph.skills[each]) for each in match.missing],
        blocked_by=match.blocked_by,
    )


async def resolve_match(root: Any, info: Info, opportunity: strawberry.ID) -> CandidateMatch | None:
    """Match a worker with an opportunity by what they can be found by; null when they cannot be found for it."""
    graph, finding = graph_of(info), finding_of(info)
    with refusals():
        offered = graph.opportunities.get(OpportunityId(checked_id(opportunity)))
    if offered is None:
        raise GraphQLError("There is no opportunity with this id.", extensions={"code": "UNKNOWN_TARGET"})
    if finding is None:
        return None
    with refusals():
        found = await finding.search.profile(root.id, session_of(info))
    if found is None:
        return None
    profile = found.profile
    judged = await asyncio.to_thread(judge, graph, profile, offered)
    if judged is None:
        return None
    missing = matching.named(graph, offered.required - profile.held)
    return CandidateMatch(
        explain=lambda words: explain_match(
            graph, offered, missing, judged.features, wishes=profile.preferences, words=words
        ),
        opportunity=Opportunity(node=offered),
        score=judged.score,
        features=features_of(judged.features),
        missing=[Skill(node=graph.skills[each]) for each in missing],
    )
