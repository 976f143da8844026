"""What the executor asks before every fetch and before every answer: the consent side of its `Gate` seam.

An entity becomes a subject (`Worker` by its id, `…Account` by the account's id), its subgraph a source
(`platform:<name>` or `internal`), its scopes categories. What is none of these is denied. The one exception is a
search: it is about nobody until it has found somebody, and gets a permit that grows (`search_permit.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from consent.leases.counting import records_to_count
from consent.leases.decision import Asker, Question, Reason
from consent.leases.keeper import LeaseKeeper
from consent.leases.permit import Answer, Disclosure, LeasePermit
from consent.leases.search_permit import SearchPermit
from consent.leases.transactions import NOTHING, Inquiry, LeasesUnavailableError
from consent.values import hot_value
from consent.vocabulary import SCOPE_PREFIX, SELF_PURPOSE, category_of, scope_of

INTERNAL = "internal"
_PLATFORM = "platform:"

SEARCHES: Mapping[str, str] = {"Opportunity": "matching"}
"""Types that are nobody's data and on which an actor may search for workers, and the category that the search needs."""

GatePermit = LeasePermit | SearchPermit

_MESSAGES: Mapping[Reason, str] = {
    "NOT_GRANTED": "The worker has not granted this.",
    "REFUSED": "The worker was asked for this and refused.",
    "EXPIRED": "The worker's consent has expired.",
    "ENDED": "The worker's consent has ended.",
    "ACCOUNT_CLOSED": "The account may not be read at present.",
    "PLATFORM_SUSPENDED": "The platform may not be read at present.",
    "CLIENT_SUSPENDED": "This client may not read.",
    "PURPOSE_MISSING": "The request has no purpose.",
    "SCOPE_MISSING": "The access token does not cover this.",
    "UNDECIDED": "Consent could not be checked.",
}


class GateSession(Protocol):
    """What the gate reads of a request's session."""

    @property
    def request_id(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> Literal["actor", "worker", "platform", "operator", "anonymous"]: ...  # noqa: D102
    @property
    def actor_id(self) -> str | None: ...  # noqa: D102
    @property
    def client_id(self) -> str | None: ...  # noqa: D102
    @property
    def worker_id(self) -> str | None: ...  # noqa: D102
    @property
    def purpose(self) -> str | None: ...  # noqa: D102
    @property
    def grant_id(self) -> str | None: ...  # noqa: D102
    @property
    def scopes(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def token_ref(self) -> str | None: ...  # noqa: D102
    @property
    def platform(self) -> str | None: ...  # noqa: D102
    @property
    def role(self) -> str | None: ...  # noqa: D102
    @property
    def counting(self) -> bool:
        """Whether the gateway itself reads, to count: under `statistics` (`counting.py`)."""
        ...


class GateQuestion(Protocol):
    """One entity of one ready fetch, as the engine asks."""

    @property
    def subgraph(self) -> str: ...  # noqa: D102
    @property
    def typename(self) -> str | None: ...  # noqa: D102
    @property
    def key(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def scopes(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def inherited(self) -> tuple[Any, ...]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeDenial:
    """Why a scope was refused, as the client reads it."""

    code: str
    message: str
    extensions: Mapping[str, Any] = field(default_factory=dict)


@hot_value
class ScopeDecision:
    """Scopes allowed under `permit`, and a denial for each of the others."""

    permit: GatePermit | None = None
    allowed: frozenset[str] = frozenset()
    denied: Mapping[str, ScopeDenial] = field(default_factory=dict)


class _Subject(NamedTuple):
    """Workers or accounts, and the platform that would be called; None when nothing but ourselves is read."""

    is_worker: bool
    platform: str | None


_Sorted = tuple[frozenset[str], Mapping[str, Reason]]


class ConsentGate:
    """Satisfies the engine's `Gate`. `sources` says what each subgraph reads; `authorize_url` where to ask."""

    def __init__(self, leases: LeaseKeeper, *, sources: Mapping[str, str], authorize_url: str) -> None:
        self._leases = leases
        self._authorize_url = authorize_url
        self.update_sources(sources)

    def update_sources(self, sources: Mapping[str, str]) -> None:
        """Replace the mapping of subgraphs to sources: called when a new registry version goes live."""
        self._sources = dict(sources)
        self._subjects: dict[tuple[str, str | None], _Subject | None] = {}

    def acquire(
        self, requests: Sequence[GateQuestion], session: GateSession
    ) -> asyncio.Future[Sequence[ScopeDecision]]:
        """Decide on `requests`, in order, in one transaction.

        If the future is cancelled, what it would have permitted is closed.
        """
        asker = asker_of(session)
        decided: dict[int, ScopeDecision] = {}
        inquiries: list[Inquiry] = []
        sorted_out: dict[frozenset[str], _Sorted] = {}
        for position, request in enumerate(requests):
            if request.typename in SEARCHES:
                search = self._search(request, session, asker)
                if search is not None:
                    decided[position] = ScopeDecision(permit=search, allowed=request.scopes)
                    continue
            scopes = sorted_out.get(request.scopes)
            if scopes is None:
                scopes = sorted_out[request.scopes] = _sort(request.scopes, session)
            inquiry = self._inquiry(request, scopes, asker, counting=session.counting)
            if inquiry is None:
                reason: Reason = "NOT_GRANTED" if asker is not None else "PURPOSE_MISSING"
                decided[position] = ScopeDecision(denied=self._deny(request, dict.fromkeys(request.scopes, reason)))
            else:
                inquiries.append(inquiry)

        def conclude(answers: Sequence[Answer] | None) -> Sequence[ScopeDecision]:
            left = iter([None] * len(inquiries) if answers is None else answers)
            return [
                decided[position] if position in decided else self._decision(request, next(left))
                for position, request in enumerate(requests)
            ]

        if inquiries:
            return self._leases.ask(inquiries, conclude)
        all_decided: asyncio.Future[Sequence[ScopeDecision]] = asyncio.get_running_loop().create_future()
        all_decided.set_result(conclude(()))
        return all_decided

    async def release(
        self,
        permits: Collection[GatePermit],
        session: GateSession,
        disclosed: Mapping[GatePermit, Mapping[str, int]],
    ) -> Mapping[GatePermit, frozenset[str]]:
        """Re-check `permits` and log the access; what is returned has ended and must not be delivered."""
        disclosures: list[Disclosure] = []
        searches: list[SearchPermit] = []
        for permit in permits:
            counts = disclosed.get(permit)
            records = NOTHING
            if counts:
                records = {scope.removeprefix(SCOPE_PREFIX): count for scope, count in counts.items()}
            if session.counting:
                records = records_to_count(records)
            if isinstance(permit, SearchPermit):
                searches.append(permit)
                shown = dict.fromkeys(records, 1)
                disclosures += [Disclosure(member, shown) for member in permit.members]
            else:
                disclosures.append(Disclosure(permit, records))
        ended: Collection[LeasePermit] = ()
        if disclosures:
            try:
                ended = await self._leases.release(disclosures)
            except LeasesUnavailableError:
                ended = [disclosure.permit for disclosure in disclosures]
        if not ended and not searches:
            return {}
        gone = set(ended)
        over: dict[GatePermit, frozenset[str]] = {
            permit: frozenset(map(scope_of, permit.categories)) for permit in permits if permit in gone
        }
        for search in searches:
            if search.ended or not gone.isdisjoint(search.members):
                over[search] = frozenset({scope_of(search.category)})
        return over

    def acknowledge(self, permits: Collection[GatePermit], session: GateSession) -> asyncio.Future[None]:
        """Close `permits`."""
        if any(isinstance(permit, SearchPermit) for permit in permits):
            return asyncio.ensure_future(self._close(permits))
        return self._leases.acknowledge([permit for permit in permits if isinstance(permit, LeasePermit)])

    async def _close(self, permits: Collection[GatePermit]) -> None:
        closing: list[LeasePermit] = []
        for permit in permits:
            closing += await permit.close() if isinstance(permit, SearchPermit) else [permit]
        await self._leases.acknowledge(closing)

    def _search(self, request: GateQuestion, session: GateSession, asker: Asker | None) -> SearchPermit | None:
        """Return the permit of a search, None when `request` is none or the asker may not search."""
        category = SEARCHES.get(request.typename or "")
        if category is None or request.scopes != {scope_of(category)} or asker is None:
            return None
        if self._sources.get(request.subgraph) != INTERNAL or session.kind != "actor":
            return None
        if asker.actor_id is None or asker.purpose is None or not request.scopes <= session.scopes:
            return None
        parents = _inherited(request)
        if any(parent.ended for parent in parents):
            return None
        return SearchPermit(self._leases, asker=asker, category=category, parents=parents)

    def _inquiry(
        self, request: GateQuestion, scopes: _Sorted, asker: Asker | None, *, counting: bool
    ) -> Inquiry | None:
        """Translate `request`; None when it is about nobody's data, or about nothing that could be granted."""
        if asker is None or request.key is None:
            return None
        kind = (request.subgraph, request.typename)
        if kind not in self._subjects:
            self._subjects[kind] = self._subject(*kind)
        subject, name = self._subjects[kind], request.key.get("id")
        if subject is None or not isinstance(name, str):
            return None
        categories, refused = scopes
        question = Question(
            asker=asker,
            categories=categories,
            worker_id=name if subject.is_worker else None,
            account_id=None if subject.is_worker else name,
            platform=subject.platform,
            counting=counting,
        )
        return Inquiry(question, _inherited(request) if request.inherited else (), refused)

    def _subject(self, subgraph: str, typename: str | None) -> _Subject | None:
        """Return whose data entities of a type in a subgraph are; None when nobody's."""
        source = self._sources.get(subgraph)
        is_worker = typename == "Worker"
        if source is None or not (is_worker or (typename or "").endswith("Account")):
            return None
        if source == INTERNAL:
            return _Subject(is_worker, None)
        return _Subject(is_worker, source.removeprefix(_PLATFORM)) if source.startswith(_PLATFORM) else None

    def _decision(self, request: GateQuestion, answer: Answer | None) -> ScopeDecision:
        """Translate `answer`. A scope that names no category is denied like one that was never granted."""
        if answer is None:
            return ScopeDecision(denied=self._deny(request, dict.fromkeys(request.scopes, "UNDECIDED")))
        if len(answer.allowed) == len(request.scopes):
            allowed = request.scopes  # a category each, and none besides was asked for
        else:
            allowed = frozenset(map(scope_of, answer.allowed))
        if len(allowed) == len(request.scopes):
            return ScopeDecision(answer.permit, allowed)
        reasons: dict[str, Reason] = dict.fromkeys(request.scopes - allowed, "NOT_GRANTED")
        reasons.update({scope_of(category): reason for category, reason in answer.denied.items()})
        return ScopeDecision(answer.permit, allowed, self._deny(request, reasons))

    def _deny(self, request: GateQuestion, reasons: Mapping[str, Reason]) -> dict[str, ScopeDenial]:
        source = self._sources.get(request.subgraph, INTERNAL)
        platform = None if source == INTERNAL else source.removeprefix(_PLATFORM)
        return {
            scope: ScopeDenial(
                code="CONSENT_ENDED" if reason == "ENDED" and request.inherited else "CONSENT_REQUIRED",
                message=_MESSAGES[reason],
                extensions={
                    "platform": platform,
                    "category": scope.removeprefix(SCOPE_PREFIX),
                    "reason": reason,
                    "authorizeUrl": self._authorize_url,
                },
            )
            for scope, reason in sorted(reasons.items())
        }


def _sort(scopes: frozenset[str], session: GateSession) -> _Sorted:
    """Return the categories that scopes name, those apart that are out of the question."""
    categories: set[str] = set()
    refused: dict[str, Reason] = {}
    for scope in scopes:
        category = category_of(scope)
        if category is None:
            continue
        if session.kind == "actor" and scope not in session.scopes:
            refused[category] = "SCOPE_MISSING"
        else:
            categories.add(category)
    return frozenset(categories), refused


def _inherited(request: GateQuestion) -> tuple[LeasePermit, ...]:
    """Return the leases behind a fetch's inputs; behind what a search found are those of all whom it shows."""
    found: list[LeasePermit] = []
    for permit in request.inherited:
        if isinstance(permit, SearchPermit):
            found += permit.members
        elif isinstance(permit, LeasePermit):
            found.append(permit)
    return tuple(dict.fromkeys(found))


def asker_of(session: GateSession) -> Asker | None:
    """Return who asks, as decisions know them; None for sessions that may read nothing personal."""
    match session.kind:
        case "actor":
            return Asker(
                kind="actor",
                actor_id=session.actor_id,
                client_id=session.client_id,
                purpose=session.purpose,
                grant_id=session.grant_id,
                request_id=session.request_id,
                token_ref=session.token_ref,
            )
        case "worker":
            return Asker(
                kind="worker",
                worker_id=session.worker_id,
                purpose=session.purpose if session.purpose == SELF_PURPOSE else None,
                request_id=session.request_id,
                token_ref=session.token_ref,
            )
        case _:
            return None
