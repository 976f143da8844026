"""Decisions, each made once for all equal questions for as long as it holds.

A decision rests on facts and on the time. The facts are those of the current transaction, or of one before it where
the database itself says, in this one, that nobody else has written since (`LeaseStore.begin`): then reading would find
the same. The time matters only where a grant runs out. Nothing that is kept here outlives either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from consent.leases.counting import facts_to_count, logged_as
from consent.leases.decision import Cover, Question, Reason, SubjectFacts, decide
from consent.leases.facts import load_facts
from consent.leases.permit import LeaseTerms
from consent.leases.store import LeaseStore
from consent.values import hot_value

_MOST = 10_000
"""How many decisions are kept at most."""


@hot_value
class Ruling:
    """A decision: the terms of the leases that are to be given, and a reason for each category that is denied.

    `worker_id` is in whose log denials are written; None when in nobody's. It holds until `until`.
    """

    terms: tuple[LeaseTerms, ...]
    denied: Mapping[str, Reason]
    worker_id: str | None
    platform: str
    until: datetime | None


class Rulings:
    """The decisions of one store's transactions, for as long as nobody else writes."""

    def __init__(self, store: LeaseStore) -> None:
        self._store = store
        self._known: dict[tuple[object, ...], Ruling] = {}

    def give(self, questions: Sequence[Question], now: datetime) -> list[Ruling]:
        """Return the decision on each question, in the store's current transaction."""
        matters = [question.matter for question in questions]
        known = self._known
        undecided: dict[tuple[object, ...], Question] = {}
        for matter, question in zip(matters, questions, strict=True):
            ruling = known.get(matter)
            if ruling is None or (ruling.until is not None and ruling.until <= now):
                undecided[matter] = question
        if len(known) + len(undecided) > _MOST:
            known.clear()
            undecided = dict(zip(matters, questions, strict=True))
        if undecided:
            known.update(zip(undecided, self._decide(list(undecided.values()), now), strict=True))
        return [known[matter] for matter in matters]

    def _decide(self, questions: Sequence[Question], now: datetime) -> list[Ruling]:
        rulings = _rule(questions, load_facts(self._store, questions, past=False), now)
        if any(ruling.denied for ruling in rulings):
            rulings = _rule(questions, load_facts(self._store, questions, past=True), now)
        return rulings


def _rule(questions: Sequence[Question], facts: Sequence[SubjectFacts], now: datetime) -> list[Ruling]:
    return [_ruling(question, fact, now) for question, fact in zip(questions, facts, strict=True)]


def _ruling(question: Question, facts: SubjectFacts, now: datetime) -> Ruling:
    decision = decide(question, facts_to_count(question, facts), now)
    platform = facts.account_platform or question.platform or "internal"
    return Ruling(
        terms=tuple([_terms(question, cover, facts, platform) for cover in decision.covers]),
        denied=decision.denied,
        worker_id=facts.worker_id if facts.worker_live else None,
        platform=platform,
        until=min((grant.expires_at for grant in facts.grants if grant.expires_at > now), default=None),
    )


def _terms(question: Question, cover: Cover, facts: SubjectFacts, platform: str) -> LeaseTerms:
    grant = cover.grant.terms if cover.grant is not None else None
    return LeaseTerms(
        grant_id=grant.id if grant is not None else None,
        worker_id=facts.worker_id or "",
        actor_id=question.asker.actor_id,
        client_ids=(question.asker.client_id, grant.client_id if grant is not None else None),
        account_id=question.account_id,
        platform=platform,
        categories=cover.categories,
        logged=logged_as(question, cover.categories),
        expires_at=cover.grant.expires_at if cover.grant is not None else None,
    )
