"""Pure: may this asker read these categories of this subject now? Facts and a question in, a `Decision` out.

Nothing here reads a clock or a database. `keeper.py` loads the facts and acts on the decision in one transaction,
so that what is decided still holds when the lease is written.
What is not provably allowed is denied, and an actor that never had a grant of this worker always reads the same
reason (`NOT_GRANTED`), whatever the state of the worker, the account or the platform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from consent.values import hot_value
from consent.vocabulary import ANY_PLATFORM, CATEGORIES, SELF_PURPOSE

Reason = Literal[
    "NOT_GRANTED",
    "REFUSED",
    "EXPIRED",
    "ENDED",
    "ACCOUNT_CLOSED",
    "PLATFORM_SUSPENDED",
    "CLIENT_SUSPENDED",
    "PURPOSE_MISSING",
    "SCOPE_MISSING",
    "UNDECIDED",
]
"""Why a category was denied. `UNDECIDED`: the store could not be asked."""


@hot_value
class Asker:
    """Who asks, for what. `grant_id` binds an actor's session to one grant; `worker_id` is set for workers."""

    kind: Literal["actor", "worker"]
    actor_id: str | None = None
    client_id: str | None = None
    worker_id: str | None = None
    purpose: str | None = None
    grant_id: str | None = None
    request_id: str | None = None
    token_ref: str | None = None


@hot_value
class Question:
    """One entity of one fetch. Exactly one of `account_id` and `worker_id` names the subject.

    `platform` is the platform that would be called, None when the source is internal. `counting`: the gateway itself
    reads, to count (`counting.py`).
    """

    asker: Asker
    categories: frozenset[str]
    account_id: str | None = None
    worker_id: str | None = None
    platform: str | None = None
    counting: bool = False

    @property
    def matter(self) -> tuple[object, ...]:
        """All that a decision depends on: equal in questions that differ only in the request that they come with."""
        asker = self.asker
        return (
            self.account_id,
            self.worker_id,
            self.platform,
            self.categories,
            self.counting,
            asker.kind,
            asker.actor_id,
            asker.client_id,
            asker.worker_id,
            asker.purpose,
            asker.grant_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTerms:
    """What never changes in a grant: parties, purpose and items (`(platform, category)` → granted or refused).

    `versions` says under which version of its words each category that belongs to no platform was granted or refused.
    `anywhere` says of each category that was asked for whether it is granted on any platform.
    """

    id: str
    worker_id: str
    actor_id: str
    client_id: str
    purpose: str
    items: Mapping[tuple[str, str], bool]
    versions: Mapping[str, int] = field(default_factory=dict)
    anywhere: Mapping[str, bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what is asked for again and again."""
        anywhere: dict[str, bool] = {}
        for (_, category), granted in self.items.items():
            anywhere[category] = granted or anywhere.get(category, False)
        object.__setattr__(self, "anywhere", anywhere)


@hot_value
class GrantState:
    """A grant as it stands. `live` is its status alone; `expires_at` counts besides."""

    terms: GrantTerms
    live: bool
    expires_at: datetime
    expired: bool = False


@hot_value
class SubjectFacts:
    """What is known of one question's subject.

    `grants` holds every live grant of this worker to this actor; others among them do no harm.
    `past` holds the ended ones; it only
    serves to give a reason, and may be empty on a first try.
    """

    worker_id: str | None = None
    worker_live: bool = False
    account_platform: str | None = None
    account_open: bool = False
    platform_open: bool = False
    asker_open: bool = False
    closed_clients: frozenset[str] = frozenset()
    grants: Sequence[GrantState] = ()
    past: Sequence[GrantState] = ()


@hot_value
class Cover:
    """The grant under which some categories may be read; None for workers themselves."""

    grant: GrantState | None
    categories: frozenset[str]


@hot_value
class Decision:
    """Covers of what is allowed, and a reason for each category that is not."""

    covers: tuple[Cover, ...] = ()
    denied: Mapping[str, Reason] = field(default_factory=dict)


def decide(question: Question, facts: SubjectFacts, now: datetime) -> Decision:
    """Decide on each category of `question`. Of several covering grants the one that expires last is taken."""
    asker = question.asker
    if asker.purpose is None:
        return _deny_all(question, "PURPOSE_MISSING")
    if asker.kind == "actor" and not (asker.actor_id and asker.client_id and facts.asker_open):
        return _deny_all(question, "CLIENT_SUSPENDED")
    if facts.worker_id is None or not facts.worker_live or not _source_fits(question, facts):
        return _deny_all(question, "NOT_GRANTED")
    if asker.kind == "worker":
        return _decide_own(question, facts)
    if asker.purpose == SELF_PURPOSE:
        return _deny_all(question, "NOT_GRANTED")
    # From the last to expire to the first: whichever covers a category first is the one that is taken.
    current = [grant for grant in facts.grants if _is_in_force(question, facts, grant, now)]
    if len(current) > 1:
        current.sort(key=lambda grant: (grant.expires_at, grant.terms.id), reverse=True)
    shut = _shut(facts)
    if shut is None and current and _covers_all(current[0], facts.account_platform, question.categories):
        return Decision(covers=(Cover(grant=current[0], categories=question.categories),))
    chosen: dict[str, tuple[GrantState, set[str]]] = {}
    denied: dict[str, Reason] = {}
    for category in question.categories:
        grant = _covering(current, facts.account_platform, category)
        if grant is None:
            denied[category] = _reason(question, facts, category, now)
        elif shut is not None:
            denied[category] = shut
        else:
            chosen.setdefault(grant.terms.id, (grant, set()))[1].add(category)
    covers = tuple(Cover(grant=grant, categories=frozenset(names)) for grant, names in chosen.values())
    return Decision(covers=covers, denied=denied)


def _deny_all(question: Question, reason: Reason) -> Decision:
    return Decision(denied=dict.fromkeys(sorted(question.categories), reason))


def _source_fits(question: Question, facts: SubjectFacts) -> bool:
    """A platform is only ever asked about one of its own accounts."""
    return question.platform is None or (
        question.account_id is not None and question.platform == facts.account_platform
    )


def _decide_own(question: Question, facts: SubjectFacts) -> Decision:
    if question.asker.purpose != SELF_PURPOSE or question.asker.worker_id != facts.worker_id:
        return _deny_all(question, "NOT_GRANTED")
    if (shut := _shut(facts)) is not None:
        return _deny_all(question, shut)
    known = frozenset(name for name in question.categories if _may_exist(name))
    return Decision(
        covers=(Cover(grant=None, categories=known),) if known else (),
        denied=dict.fromkeys(sorted(question.categories - known), "NOT_GRANTED"),
    )


def _may_exist(category: str) -> bool:
    term = CATEGORIES.get(category)
    return term is not None and not term.forbidden


def _shut(facts: SubjectFacts) -> Reason | None:
    """The gate that is closed, when the subject is an account."""
    if facts.account_platform is None:
        return None
    if not facts.account_open:
        return "ACCOUNT_CLOSED"
    return None if facts.platform_open else "PLATFORM_SUSPENDED"


def _concerns(question: Question, facts: SubjectFacts, grant: GrantState) -> bool:
    """Whether `grant` is between these parties, for this purpose, and the one the session is bound to, if any."""
    terms, asker = grant.terms, question.asker
    return (
        terms.worker_id == facts.worker_id
        and terms.actor_id == asker.actor_id
        and terms.purpose == asker.purpose
        and (asker.grant_id is None or asker.grant_id == terms.id)
    )


def _granted(terms: GrantTerms, platform: str | None, category: str) -> bool | None:
    """Whether an item was granted or refused; on any platform when `platform` is None; None when not asked.

    What is granted on `*` belongs to no platform, and so to every one.
    """
    if platform is not None:
        granted = terms.items.get((platform, category))
        return terms.items.get((ANY_PLATFORM, category)) if granted is None else granted
    return terms.anywhere.get(category)


def _is_in_force(question: Question, facts: SubjectFacts, grant: GrantState, now: datetime) -> bool:
    return (
        grant.live
        and grant.expires_at > now
        and grant.terms.client_id not in facts.closed_clients
        and _concerns(question, facts, grant)
    )


def _covers_all(grant: GrantState, platform: str | None, categories: frozenset[str]) -> bool:
    """Whether the grant that expires last is all that it takes, as it mostly is."""
    for category in categories:
        if not (_may_exist(category) and _granted(grant.terms, platform, category)):
            return False
    return bool(categories)


def _covering(grants: Sequence[GrantState], platform: str | None, category: str) -> GrantState | None:
    if _may_exist(category):
        for grant in grants:
            if _granted(grant.terms, platform, category):
                return grant
    return None


def _reason(question: Question, facts: SubjectFacts, category: str, now: datetime) -> Reason:
    """Say why nothing covers `category`: by the newest grant that mentions it."""
    platform = facts.account_platform
    concerning = [grant for grant in (*facts.grants, *facts.past) if _concerns(question, facts, grant)]
    current = [grant for grant in concerning if grant.live and grant.expires_at > now]
    if any(_granted(grant.terms, platform, category) is False for grant in current):
        return "REFUSED"
    if any(_granted(grant.terms, platform, category) for grant in current):
        return "CLIENT_SUSPENDED"  # it would cover, but for the client that it was given through
    once = [grant for grant in concerning if _granted(grant.terms, platform, category)]
    if once:
        last = max(once, key=lambda grant: (grant.expires_at, grant.terms.id))
        return "EXPIRED" if last.expired or last.live else "ENDED"
    refused = any(_granted(grant.terms, platform, category) is False for grant in concerning)
    return "REFUSED" if refused else "NOT_GRANTED"
