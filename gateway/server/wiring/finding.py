"""Being found: the stores, the search, and the background reads, which go through the engine like any actor's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from consent.columns import utc_now
from consent.grants.standing import StandingConsents
from consent.leases.search_permit import SearchAdmission
from consent.models import new_id
from consent.vocabulary import COUNTED, scope_of
from gateway.engine import Engine, EngineResponse
from gateway.server.session import RequestSession
from gateway.server.wiring.storage import StorageParts
from graph.counting.publisher import Publisher
from graph.counting.releases import ReleaseStore
from graph.finding.book import WishBook
from graph.finding.candidates import CandidateSearch
from graph.finding.consents import FindableGrant, Reads
from graph.finding.pools import Pools
from graph.finding.rankings import RankingLog
from graph.finding.refresher import Refresher
from graph.finding.vectors import VectorStore
from graph.finding.wishes import WishStore
from graph.schema.scalars import Finding
from graph.taxonomy.graph import SkillGraph

BACKGROUND = "background refresh"
"""What the access log shows in place of a token."""

COUNTING = "background count"
"""The same, for numbers about many."""

_PROFILE = "query Refresh($worker: ID!) { worker(id: $worker) { matchingProfile } }"
_CONTRIBUTION = "query Count($worker: ID!) { worker(id: $worker) { contribution } }"
_CONTRIBUTION_AND_PAY = "query Count($worker: ID!) { worker(id: $worker) { contribution payContribution } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingParts:
    """What finding workers is made of."""

    finding: Finding
    book: WishBook
    consents: StandingConsents
    vectors: VectorStore

    def refresher(self, storage: StorageParts, engine: Engine) -> Refresher:
        """Return what keeps vectors fresh: it reads as the actor of each grant, for its purpose, bound to it."""

        read = _reader(storage, engine, lambda grant: _PROFILE, _session_to_find)
        return Refresher(storage.database, self.consents, self.vectors, read, clock=utc_now)

    def publisher(self, storage: StorageParts, engine: Engine) -> Publisher:
        """Return what makes the monthly numbers: it reads likewise, to count."""
        read = _reader(storage, engine, _query_to_count, _session_to_count)
        return Publisher(self.consents, self.finding.releases, read, clock=utc_now)


def _reader(
    storage: StorageParts,
    engine: Engine,
    query_for: Callable[[FindableGrant], str],
    session_for: Callable[[FindableGrant], RequestSession],
) -> Reads:
    async def read(grant: FindableGrant) -> EngineResponse:
        session = session_for(grant)
        worker = storage.sealer.seal_for_actor(grant.worker_id, grant.actor_id)
        return await engine.execute(query_for(grant), {"worker": worker}, None, session, session.scopes)

    return read


def _session_to_find(grant: FindableGrant) -> RequestSession:
    return RequestSession(
        request_id=new_id(),
        kind="actor",
        actor_id=grant.actor_id,
        client_id=grant.client_id,
        purpose=grant.purpose,
        grant_id=grant.grant_id,
        scopes=frozenset({scope_of("matching"), scope_of("skills")}),
        token_ref=BACKGROUND,
    )


def _query_to_count(grant: FindableGrant) -> str:
    return _CONTRIBUTION_AND_PAY if grant.counts_pay else _CONTRIBUTION


def _session_to_count(grant: FindableGrant) -> RequestSession:
    scopes = frozenset({scope_of("statistics"), *map(scope_of, COUNTED)})
    return replace(_session_to_find(grant), scopes=scopes, token_ref=COUNTING, counting=True)


def build_finding(storage: StorageParts, graph: Callable[[], SkillGraph]) -> FindingParts:
    """Return the parts over the skill graph that is live."""
    database, vault = storage.database, storage.vault
    consents = StandingConsents(database)
    vectors = VectorStore(database, vault, consents)
    rankings = RankingLog(database, vault)
    search = CandidateSearch(Pools(graph, vectors, utc_now), rankings, SearchAdmission(), utc_now)
    wishes = WishStore(database, vault, utc_now)
    return FindingParts(
        finding=Finding(search=search, wishes=wishes, releases=ReleaseStore(database, vault, consents)),
        book=WishBook(wishes, vectors, graph),
        consents=consents,
        vectors=vectors,
    )
