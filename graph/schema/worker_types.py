"""Types of what a worker's evidence supports: skills, pathways, matches; and the evidence as other subgraphs send it.

`Worker` arrives as an entity's representation. Its `accounts` are plain data of types that this subgraph does not
know; `facts` reads them. Everything is computed when it is asked for and kept no longer than the request.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLError

from graph.evidence import estimate as evidence
from graph.evidence.facts import EngagementKind, Fidelity
from graph.evidence.profile_export import csv_of, json_ld_of
from graph.evidence.silence import Reason, Silence, silences
from graph.evidence.text import explain_skill
from graph.matching import model as matching
from graph.matching.preferences import PLAIN, Preferences
from graph.matching.profile import Profile
from graph.model import Language
from graph.schema.catalogue_types import Info, Skill
from graph.schema.connection import Connection, connection, span
from graph.schema.filters import OpportunityFilter, fitting_opportunities
from graph.schema.match_types import CandidateMatch, OpportunityMatch, opportunity_match, resolve_match
from graph.schema.pathway_types import Pathway, resolve_pathway
from graph.schema.scalars import DateTime, Decimal, Pairwise, finding_of, graph_of, refusals, services_of, session_of
from graph.schema.worker_counting import resolve_contribution, resolve_pay_contribution
from graph.schema.worker_evidence import facts_of, holding_of
from graph.taxonomy.graph import SkillGraph
from graph.wording import words_in

strawberry.enum(EngagementKind, description="Kinds of gig work.")

SCOPES = [["gig:skills"]]
MATCHING = [["gig:matching"]]
COUNTING = [["gig:skills", "gig:statistics"]]
COUNTING_PAY = [["gig:earnings", "gig:statistics"]]
MATCHING_PROFILE = [["gig:matching", "gig:skills"]]
EVIDENCE = (
    "accounts { id evidence { platform kind occupation { scheme code label mapping } terms completed cancelled hours "
    "firstAt lastAt recent ratings { name value min max sampleSize } credentials fidelity simulated } }"
)
PAID_WORK = "accounts { id paidWork { kind occupation { scheme code label mapping } terms currency hours amount } }"


@strawberry.enum
class OccupationMapping(Enum):
    """Whether a connector knows the occupation or guesses it."""

    EXACT = "EXACT"
    INFERRED = "INFERRED"


@strawberry.federation.type(shareable=True)
class OccupationRef:
    """The kind of work in a public classification."""

    scheme: str
    code: str
    label: str
    mapping: OccupationMapping


@strawberry.federation.type(shareable=True, inaccessible=True)
class SkillRating:
    """A mean rating with its scale and sample."""

    name: str
    value: Decimal
    min: Decimal
    max: Decimal
    sample_size: int | None


@strawberry.federation.type(shareable=True, inaccessible=True)
class SkillFact:
    """One kind of work at one platform, in numbers."""

    platform: str
    kind: EngagementKind
    occupation: OccupationRef | None
    terms: list[str]
    completed: int
    cancelled: int
    hours: Decimal | None
    first_at: DateTime | None
    last_at: DateTime | None
    recent: int
    ratings: list[SkillRating]
    credentials: list[str]
    fidelity: Fidelity
    simulated: bool


@strawberry.federation.type(shareable=True, inaccessible=True)
class PaidWork:
    """Hours and pay of one kind of work over twelve months."""

    kind: EngagementKind
    occupation: OccupationRef | None
    terms: list[str]
    currency: str
    hours: Decimal
    amount: Decimal


@strawberry.federation.interface
class PlatformAccount:
    """The worker's account at one platform; connectors implement it."""

    id: strawberry.ID = strawberry.federation.field(directives=[Pairwise()])
    evidence: list[SkillFact] | None = strawberry.federation.field(inaccessible=True)
    paid_work: list[PaidWork] | None = strawberry.federation.field(inaccessible=True)


@strawberry.type
class EvidenceSource:
    """Work that shows a skill, and its share in what shows it."""

    platform: str
    kind: EngagementKind
    completed: int
    hours: Decimal | None
    first_at: DateTime | None
    last_at: DateTime | None
    fidelity: Fidelity
    simulated: bool
    weight: float


@strawberry.type(description="A skill held, how well, how surely, and what shows it.")
class SkillEvidence:
    """A held skill as the schema shows it."""

    graph: strawberry.Private[SkillGraph]
    held: strawberry.Private[evidence.HeldSkill]

    skill: Skill
    proficiency: float = strawberry.field(description="Estimated proficiency from 0 to 1.")
    low: float = strawberry.field(description="Bounds of the 80 % credible interval.")
    high: float
    sources: list[EvidenceSource]

    @strawberry.field
    def explanation(self, language: Language | None = Language.EN) -> str:
        """Say what shows it, and how surely."""
        return explain_skill(self.graph, self.held, words_in(language))


strawberry.enum(Reason, name="UnclaimedReason", description="Why work shows no skill.")


@strawberry.type(description="Work that shows no skill, and why.")
class UnclaimedWork:
    """A fact that speaks for no skill, as the schema shows it."""

    platform: str
    kind: EngagementKind
    completed: int
    simulated: bool
    reason: Reason
    graph: strawberry.Private[SkillGraph]
    silence: strawberry.Private[Silence]

    @strawberry.field
    def explanation(self, language: Language | None = Language.EN) -> str:
        """Say why."""
        return self.silence.explain(self.graph, words_in(language))


@strawberry.enum
class ProfileFormat(Enum):
    """Formats of a skills profile."""

    JSON_LD = "JSON_LD"
    CSV = "CSV"


def refuse_accounts(platforms: list[str] | None = strawberry.UNSET) -> list[PlatformAccount]:
    """Refuse: accounts belong to another subgraph and are never asked for here."""
    raise GraphQLError("Accounts are resolved by another subgraph.", extensions={"code": "EXTERNAL_FIELD"})


async def resolve_skills(root: Any, info: Info) -> list[SkillEvidence] | None:
    """Assess the evidence."""
    graph = graph_of(info)
    holding = await asyncio.to_thread(holding_of, root, info)
    return [_skill_evidence(graph, each) for each in holding.skills.values()]


async def resolve_unclaimed(root: Any, info: Info) -> list[UnclaimedWork] | None:
    """Tell which evidence shows no skill."""
    graph = graph_of(info)
    found = await asyncio.to_thread(lambda: list(silences(graph, facts_of(root))))
    return [
        UnclaimedWork(
            platform=each.fact.platform,
            kind=each.fact.kind,
            completed=each.fact.completed,
            simulated=each.fact.simulated,
            reason=each.reason,
            graph=graph,
            silence=each,
        )
        for each in found
    ]


async def resolve_opportunities(
    root: Any,
    info: Info,
    search: str | None = strawberry.UNSET,
    filter: OpportunityFilter | None = strawberry.UNSET,
    blocked: bool | None = False,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
) -> Connection[OpportunityMatch] | None:
    """Rank what is open. A search or a filter leaves scores and order as they are."""
    graph, now = graph_of(info), services_of(info).clock()
    with refusals():
        fits = fitting_opportunities(graph, filter or OpportunityFilter())
        named = {key[2] for key in graph.opportunity_names.search(search)} if search else None

    def find() -> matching.Ranking:
        profile = Profile.of(holding_of(root, info), _own_wishes(root, info))
        ranking = matching.rank(graph, profile, now, blocked=bool(blocked))
        if named is None and not filter:
            return ranking
        return ranking.only(lambda each: (named is None or each.id in named) and fits(each))

    found = await asyncio.to_thread(find)
    return connection(found, span(first, after, last, before, usual=10), lambda each: opportunity_match(graph, each))


async def resolve_skills_profile(
    root: Any, info: Info, format: ProfileFormat | None = ProfileFormat.JSON_LD
) -> str | None:
    """Write the skills as a document."""
    graph = graph_of(info)
    holding = await asyncio.to_thread(holding_of, root, info)
    if format is ProfileFormat.CSV:
        return csv_of(graph, holding)
    return json_ld_of(graph, holding, services_of(info).clock())


async def resolve_matching_profile(root: Any, info: Info) -> str | None:
    """Write down what the worker would be found by."""
    finding = finding_of(info)

    def work_out() -> str:
        wishes = PLAIN if finding is None else finding.wishes.of(root.id)
        return Profile.of(holding_of(root, info), wishes).to_bytes().decode()

    return await asyncio.to_thread(work_out)


def _own_wishes(root: Any, info: Info) -> Preferences:
    """Return the worker's wishes when they ask themselves. An actor's `skills` grant does not cover these."""
    finding, session = finding_of(info), session_of(info)
    is_own = session.kind == "worker" and session.worker_id == root.id
    return finding.wishes.of(root.id) if finding is not None and is_own else PLAIN


@strawberry.federation.type(keys=["id"])
class Worker:
    """A worker with the evidence that the representation brought."""

    id: strawberry.ID = strawberry.federation.field(directives=[Pairwise()])
    given: strawberry.Private[Any]

    @classmethod
    def resolve_reference(cls, id: strawberry.ID, accounts: Any = None) -> Worker:
        """Take the worker that the gateway names, with what other subgraphs said of their accounts."""
        return cls(id=id, given=accounts)

    accounts: list[PlatformAccount] = strawberry.federation.field(resolver=refuse_accounts, external=True)
    skills: list[SkillEvidence] | None = strawberry.federation.field(
        resolver=resolve_skills,
        requires_scopes=SCOPES,
        requires=[EVIDENCE],
        description="Skills that the consented evidence supports, best supported first.",
    )
    unclaimed: list[UnclaimedWork] | None = strawberry.federation.field(
        resolver=resolve_unclaimed,
        requires_scopes=SCOPES,
        requires=[EVIDENCE],
        description="Work that shows no skill, and why: income such as sponsorships, or work of an unknown kind.",
    )
    pathway: list[Pathway] | None = strawberry.federation.field(
        resolver=resolve_pathway,
        requires_scopes=SCOPES,
        requires=[EVIDENCE],
        description="Plans from what is held to a target, best first.",
    )
    opportunities: Connection[OpportunityMatch] | None = strawberry.federation.field(
        resolver=resolve_opportunities,
        requires_scopes=SCOPES,
        requires=[EVIDENCE],
        description=(
            "Open opportunities, best match first. Work in a regulated occupation without practice in it or a licence "
            "is left out; with `blocked` it is listed instead."
        ),
    )
    match: CandidateMatch | None = strawberry.federation.field(
        resolver=resolve_match,
        requires_scopes=MATCHING,
        description="How well they suit an opportunity, by what the asking actor may find them by.",
    )
    matching_profile: str | None = strawberry.federation.field(
        resolver=resolve_matching_profile,
        requires_scopes=MATCHING_PROFILE,
        requires=[EVIDENCE],
        description="All that is kept of them for being found, as JSON: derived from evidence, with their own wishes.",
    )
    contribution: str | None = strawberry.federation.field(
        resolver=resolve_contribution,
        requires_scopes=COUNTING,
        requires=[EVIDENCE],
        description="What they add to numbers about many. Only the gateway itself reads it, to count; null to others.",
    )
    pay_contribution: str | None = strawberry.federation.field(
        resolver=resolve_pay_contribution,
        requires_scopes=COUNTING_PAY,
        requires=[PAID_WORK],
        description="The same of what they earn an hour. Only the gateway itself reads it, to count; null to others.",
    )
    skills_profile: str | None = strawberry.federation.field(
        resolver=resolve_skills_profile,
        requires_scopes=SCOPES,
        requires=[EVIDENCE],
        description="The skills as a document to take along: JSON-LD (schema.org, ESCO) or CSV.",
    )


def _skill_evidence(graph: SkillGraph, held: evidence.HeldSkill) -> SkillEvidence:
    return SkillEvidence(
        graph=graph,
        held=held,
        skill=Skill(node=graph.skills[held.skill]),
        proficiency=held.proficiency,
        low=held.low,
        high=held.high,
        sources=[
            EvidenceSource(
                platform=each.fact.platform,
                kind=each.fact.kind,
                completed=each.fact.completed,
                hours=None if each.fact.hours is None else Decimal(each.fact.hours),
                first_at=None if each.fact.first_at is None else DateTime(each.fact.first_at),
                last_at=None if each.fact.last_at is None else DateTime(each.fact.last_at),
                fidelity=each.fact.fidelity,
                simulated=each.fact.simulated,
                weight=each.weight,
            )
            for each in held.sources
        ],
    )
