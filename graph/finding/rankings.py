"""The log of rankings: each one that was shown can be worked out again from its entry, as long as consent lasts.

An entry says what was asked (opportunity, terms, model, taxonomy, version of the pool) and holds nothing of a worker.
What was shown of each worker, and the profile that it was worked out from, is a row of its own, encrypted and bound to
entry and grant; it goes in the transaction that ends the grant (`triggers`). Entries are kept for `KEPT`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlmodel import col

from graph.errors import GraphError
from graph.finding.consents import Vault
from graph.finding.pools import Ranked
from graph.finding.tables import MatchingRanking, MatchingShown
from graph.matching.model import MODEL, WEIGHTS, Feature
from graph.matching.profile import Profile
from graph.matching.worker_index import WorkerIndex
from graph.model import OccupationId, Opportunity, OpportunityId, Pay, PayPeriod, SkillId
from graph.taxonomy.importing import graph_of_version
from graph.taxonomy.store import live_version, load

KEPT = timedelta(days=365)
BUILT_IN = "built-in"


class UnknownRankingError(GraphError):
    """There is no entry with this id."""

    code = "RANKING_UNKNOWN"


class OtherModelError(GraphError):
    """The entry was made by another model or taxonomy than can be had now."""

    code = "RANKING_OTHER_MODEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One worker as an entry has them: by grant."""

    place: int
    grant_id: str
    score: float
    features: tuple[Feature, ...]
    profile: Profile
    digest: str
    """SHA-256 of the profile's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ranking as it was logged. `shown` has those whose grant is still in force; `count` is how many there were."""

    id: str
    at: datetime
    actor_id: str
    purpose: str
    request_id: str
    opportunity: Opportunity
    weights: dict[str, float]
    hours: dict[SkillId, float]
    model: str
    taxonomy: str
    pool_version: int
    count: int
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What became of working an entry out again."""

    entry: Entry
    differing: tuple[str, ...]
    """Grants whose score, features or digest differ."""
    same_order: bool

    @property
    def is_same(self) -> bool:
        """Whether all that is left of the entry came out as it was shown."""
        return self.same_order and not self.differing


class RankingLog:
    """Writes, reads and replays entries."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def write(
        self,
        ranked: Ranked,
        opportunity: Opportunity,
        *,
        actor_id: str,
        purpose: str,
        request_id: str,
        now: datetime,
    ) -> str:
        """Log what is about to be shown, and return the entry's id."""
        entry_id, taxonomy = uuid4().hex, live_version(self._engine.execution_options(read_only=True)) or BUILT_IN
        asked = {"opportunity": opportunity_to_json(opportunity), "weights": dict(WEIGHTS), "hours": ranked.hours}
        rows = []
        for place, each in enumerate(ranked.candidates, 1):
            inputs = ranked.entries[each.worker].profile.to_bytes()
            said = {
                "place": place,
                "score": each.score,
                "features": {feature.name: feature.value for feature in each.features},
                "digest": hashlib.sha256(inputs).hexdigest(),
                "profile": inputs.decode(),
            }
            rows.append(
                {
                    "ranking_id": entry_id,
                    "grant_id": each.worker,
                    "worker_id": ranked.entries[each.worker].worker_id,
                    "sealed": self._vault.seal(orjson.dumps(said), _shown_context(entry_id, each.worker)),
                }
            )
        with self._engine.begin() as connection:
            connection.execute(
                insert(MatchingRanking).values(
                    id=entry_id,
                    at=now,
                    actor_id=actor_id,
                    purpose=purpose,
                    request_id=request_id[:64],
                    opportunity_id=opportunity.id[:200],
                    taxonomy=taxonomy,
                    model=MODEL,
                    pool_version=ranked.version,
                    shown=len(ranked.candidates),
                    sealed=self._vault.seal(orjson.dumps(asked), _context(entry_id)),
                )
            )
            if rows:
                connection.execute(insert(MatchingShown), rows)
        return entry_id

    def entry(self, entry_id: str) -> Entry:
        """Return an entry with what is left of it. Raises `UnknownRankingError`."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            row = connection.execute(
                select(MatchingRanking.__table__).where(col(MatchingRanking.id) == entry_id)  # type: ignore[attr-defined]
            ).one_or_none()
            if row is None:
                raise UnknownRankingError("There is no ranking with this id; `gigway matching log` lists them.")
            parts = connection.execute(
                select(col(MatchingShown.grant_id), col(MatchingShown.sealed)).where(
                    col(MatchingShown.ranking_id) == entry_id
                )
            ).all()
        asked = orjson.loads(self._vault.open(row.sealed, _context(entry_id)))
        return Entry(
            id=entry_id,
            at=row.at,
            actor_id=row.actor_id,
            purpose=row.purpose,
            request_id=row.request_id,
            opportunity=opportunity_from_json(asked["opportunity"]),
            weights=asked["weights"],
            hours=asked["hours"],
            model=row.model,
            taxonomy=row.taxonomy,
            pool_version=row.pool_version,
            count=row.shown,
            shown=tuple(
                sorted(
                    (self._shown(entry_id, each.grant_id, each.sealed, asked["weights"]) for each in parts),
                    key=lambda each: each.place,
                )
            ),
        )

    def recent(self, *, limit: int) -> list[tuple[str, datetime, str, str, str, int]]:
        """Return the last entries: id, time, actor, purpose, opportunity and how many were shown."""
        query = select(
            col(MatchingRanking.id),
            col(MatchingRanking.at),
            col(MatchingRanking.actor_id),
            col(MatchingRanking.purpose),
            col(MatchingRanking.opportunity_id),
            col(MatchingRanking.shown),
        ).order_by(col(MatchingRanking.at).desc(), col(MatchingRanking.id))
        with self._engine.execution_options(read_only=True).connect() as connection:
            return [tuple(row) for row in connection.execute(query.limit(limit))]  # type: ignore[misc]

    def replay(self, entry_id: str) -> Replay:
        """Work an entry out again over its own taxonomy. Raises `GraphError`s."""
        entry = self.entry(entry_id)
        if entry.model != MODEL or entry.weights != dict(WEIGHTS):
            raise OtherModelError(f"The ranking was made by model {entry.model}; this is {MODEL}. Use that version.")
        is_kept = entry.taxonomy == BUILT_IN or load(self._engine, entry.taxonomy) is not None
        if not is_kept:
            raise OtherModelError(f"The ranking was made over taxonomy {entry.taxonomy}, which is not kept any more.")
        graph = graph_of_version(self._engine, None if entry.taxonomy == BUILT_IN else entry.taxonomy)
        index = WorkerIndex(graph)
        index.put((each.grant_id, each.profile) for each in entry.shown)
        again = {each.worker: each for each in index.rank(entry.opportunity, limit=len(entry.shown), hours=entry.hours)}
        differing = []
        for each in entry.shown:
            found = again.get(each.grant_id)
            digest = hashlib.sha256(each.profile.to_bytes()).hexdigest()
            if found is None or (found.score, found.features, digest) != (each.score, each.features, each.digest):
                differing.append(each.grant_id)
        return Replay(
            entry=entry, differing=tuple(differing), same_order=list(again) == [each.grant_id for each in entry.shown]
        )

    def _shown(self, entry_id: str, grant_id: str, sealed: bytes, weights: dict[str, float]) -> Shown:
        said = orjson.loads(self._vault.open(sealed, _shown_context(entry_id, grant_id)))
        return Shown(
            place=said["place"],
            grant_id=grant_id,
            score=said["score"],
            features=tuple(
                Feature(name=name, value=said["features"][name], weight=weight) for name, weight in weights.items()
            ),
            profile=Profile.from_bytes(said["profile"]),
            digest=said["digest"],
        )


def purge(connection: Connection, *, now: datetime) -> None:
    """Delete entries that are older than `KEPT`."""
    old = select(col(MatchingRanking.id)).where(col(MatchingRanking.at) < now - KEPT)
    connection.execute(delete(MatchingShown).where(col(MatchingShown.ranking_id).in_(old)))
    connection.execute(delete(MatchingRanking).where(col(MatchingRanking.at) < now - KEPT))


def opportunity_to_json(opportunity: Opportunity) -> dict[str, Any]:
    """Return what a ranking reads of an opportunity."""
    pay = opportunity.pay
    return {
        "id": opportunity.id,
        "title": opportunity.title,
        "organization": opportunity.organization,
        "occupation": opportunity.occupation,
        "required": sorted(opportunity.required),
        "preferred": sorted(opportunity.preferred),
        "place": opportunity.place,
        "remote": opportunity.remote,
        "pay": [str(pay.min), str(pay.max), pay.currency, pay.per.value],
        "posted_at": opportunity.posted_at.isoformat(),
        "closes_at": None if opportunity.closes_at is None else opportunity.closes_at.isoformat(),
        "hours_per_week": opportunity.hours_per_week,
        "simulated": opportunity.simulated,
    }


def opportunity_from_json(plain: dict[str, Any]) -> Opportunity:
    """Read it back."""
    least, most, currency, per = plain["pay"]
    return Opportunity(
        id=OpportunityId(plain["id"]),
        title=plain["title"],
        organization=plain["organization"],
        occupation=OccupationId(plain["occupation"]),
        required=frozenset(map(SkillId, plain["required"])),
        preferred=frozenset(map(SkillId, plain["preferred"])),
        place=plain["place"],
        remote=plain["remote"],
        pay=Pay(min=Decimal(least), max=Decimal(most), currency=currency, per=PayPeriod(per)),
        posted_at=datetime.fromisoformat(plain["posted_at"]),
        closes_at=None if plain["closes_at"] is None else datetime.fromisoformat(plain["closes_at"]),
        hours_per_week=plain["hours_per_week"],
        simulated=plain["simulated"],
    )


def _context(entry_id: str) -> str:
    return f"matching:ranking:{entry_id}"


def _shown_context(entry_id: str, grant_id: str) -> str:
    return f"matching:shown:{entry_id}:{grant_id}"
