"""Being found: the stores, the search, and the background reads, which go through the engine like any actor's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consent.columns import utc_now
from consent.models import new_id
from consent.search_permit import SearchAdmission
from consent.standing import StandingConsents
from consent.vocabulary import scope_of
from gateway.engine import Engine, EngineResponse
from gateway.server.session import RequestSession
from gateway.server.wiring.storage import StorageParts
from graph.finding.book import WishBook
from graph.finding.candidates import CandidateSearch
from graph.finding.consents import FindableGrant
from graph.finding.pools import Pools
from graph.finding.rankings import RankingLog
from graph.finding.refresher import Refresher
from graph.finding.vectors import VectorStore
from graph.finding.wishes import WishStore
from graph.scalars import Finding
from graph.taxonomy import SkillGraph

BACKGROUND = "background refresh"
"""What the access log shows in place of a token."""

_QUERY = "query Refresh($worker: ID!) { worker(id: $worker) { matchingProfile } }"
_SCOPES = frozenset({scope_of("matching"), scope_of("skills")})


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingParts:
    """What finding workers is made of."""

    finding: Finding
    book: WishBook
    consents: StandingConsents
    vectors: VectorStore

    def refresher(self, storage: StorageParts, engine: Engine) -> Refresher:
        """Return what keeps vectors fresh: it reads as the actor of each grant, for its purpose, bound to it."""

        async def read(grant: FindableGrant) -> EngineResponse:
            session = RequestSession(
                request_id=new_id(),
                kind="actor",
                actor_id=grant.actor_id,
                client_id=grant.client_id,
                purpose=grant.purpose,
                grant_id=grant.grant_id,
                scopes=_SCOPES,
                token_ref=BACKGROUND,
            )
            worker = storage.sealer.seal_for_actor(grant.worker_id, grant.actor_id)
            return await engine.execute(_QUERY, {"worker": worker}, None, session, session.scopes)

        return Refresher(storage.database, self.consents, self.vectors, read, clock=utc_now)


def build_finding(storage: StorageParts, graph: Callable[[], SkillGraph]) -> FindingParts:
    """Return the parts over the skill graph that is live."""
    database, vault = storage.database, storage.vault
    consents = StandingConsents(database)
    vectors = VectorStore(database, vault, consents)
    rankings = RankingLog(database, vault)
    search = CandidateSearch(Pools(graph, vectors, utc_now), rankings, SearchAdmission(), utc_now)
    wishes = WishStore(database, vault, utc_now)
    return FindingParts(
        finding=Finding(search=search, wishes=wishes),
        book=WishBook(wishes, vectors, graph),
        consents=consents,
        vectors=vectors,
    )
