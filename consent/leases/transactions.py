"""The transactions of leases: what is asked, handed over and acknowledged together is settled together, in this order.

1. read what has been stopped since, and end the permits that it concerns (SQLite can vouch for it, under the write
   lock, that nobody else has written: then there is nothing to read);
2. close what was acknowledged;
3. re-check what is about to be handed over, and write the access events;
4. decide on what is asked, and write leases and denials.

Nothing here knows of threads: `keeper` sees to it that one transaction follows the other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine

from consent.leases.book import LeaseBook
from consent.leases.decision import Asker, Question, Reason
from consent.leases.denials import DenialTally, DeniedAccess
from consent.leases.facts import fact_keys
from consent.leases.opening import open_store
from consent.leases.permit import Answer, Disclosure, Lease, LeasePermit, LeaseTerms
from consent.leases.rows import Row, access_row, denial_row, lease_row, salts
from consent.leases.rulings import Ruling, Rulings
from consent.leases.store import RESTORED, LeaseStore, LeaseStoreError, StopNumber, database_restored
from consent.values import hot_value

_log = logging.getLogger(__name__)

CLOCK_SECONDS = 60.0
"""How often a process compares its clock with the database's; while they differ it allows nothing."""

_LEASES_PER_PROCESS = 1 << 40
NOTHING: Mapping[str, int] = MappingProxyType({})
_ENDED: Reason = "ENDED"


class LeasesUnavailableError(Exception):
    """The database could not be asked: nothing is allowed."""


@hot_value
class Inquiry:
    """One question, with the permits that the inputs of its fetch came under.

    `refused` are categories that were asked for but are out of the question; they are denied and logged with it.
    """

    question: Question
    inherited: tuple[LeasePermit, ...] = ()
    refused: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Work:
    """What one call asks for, and what comes of it. `done` is resolved in its own loop, by `resolve`."""

    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    inquiries: Sequence[Inquiry] = ()
    answers: list[Answer] = field(default_factory=list)
    disclosures: Sequence[Disclosure] = ()
    ended: list[LeasePermit] = field(default_factory=list)
    closing: Collection[LeasePermit] = ()
    denials: Sequence[DeniedAccess] = ()
    error: LeasesUnavailableError | None = None
    conclude: Callable[[Sequence[Answer] | None], Any] | None = None
    """Makes the result of the answers, or of None where there are none because of `error`."""

    @property
    def can_wait(self) -> bool:
        """Whether nobody waits for it: then it may share the transaction of somebody who does.

        The end of what was stopped is waited for by whoever stopped it.
        """
        return bool(self.closing) and not any(permit.ended for permit in self.closing)

    def resolve(self) -> None:
        """Wake who waits."""
        if self.done.done():
            return
        try:
            answers = None if self.error is not None else self.answers
            self.done.set_result(None if self.conclude is None else self.conclude(answers))
        except Exception as error:
            self.done.set_exception(error)


class LeaseTransactions:
    """One connection at a time, what this process holds open, and the transactions that change both.

    It is for one caller at a time. `master_keys` is told to other processes (`processes.py`).
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime], master_keys: str) -> None:
        self._engine = engine
        self._clock = clock
        self._master_keys = master_keys
        self._store: LeaseStore | None = None
        self._rulings: Rulings | None = None
        self._book = LeaseBook()
        self._tally = DenialTally()
        self._salts = salts()
        self._next_lease = 0
        self._seen = StopNumber()
        self._clock_due = 0.0
        self.trouble: str | None = None
        self.commits = 0

    @property
    def process_id(self) -> int | None:
        """This process's number in `gateway_process`; None while it holds no connection."""
        return self._store.process_id if self._store is not None else None

    @property
    def has_open(self) -> bool:
        """Whether permits are open."""
        return bool(self._book)

    @property
    def has_debts(self) -> bool:
        """Whether the database still has to be told something."""
        return self._book.has_debts

    @property
    def is_due(self) -> bool:
        """Whether the next transaction has to prove that the database can be trusted and written."""
        return self.trouble is not None or time.monotonic() >= self._clock_due

    def connect(self) -> None:
        """Connect, unless that is done. Raises what the database raises."""
        self._connected()

    def try_settle(self, batch: Sequence[Work]) -> bool:
        """Settle `batch` unless something would have to be waited for. Raises what `settle` raises."""
        store = self._store
        if store is None or self.is_due:
            return False
        has_news = store.try_begin()
        if has_news is None:
            return False
        self._close(batch)
        self._settle(store, batch, has_news=has_news, is_due=False)
        return True

    def settle(self, batch: Sequence[Work]) -> None:
        """Settle `batch` in one transaction. Raises what the database raises; then `fail` is to follow."""
        self._close(batch)
        store = self._connected()
        is_due = self.is_due
        if is_due:
            store.check_clock()
        questions = [inquiry.question for work in batch for inquiry in work.inquiries]
        has_news = store.begin(fact_keys(questions) if questions else None)
        self._settle(store, batch, has_news=has_news, is_due=is_due)

    def _settle(self, store: LeaseStore, batch: Sequence[Work], *, has_news: bool, is_due: bool) -> None:
        decides = any(work.inquiries or work.disclosures for work in batch)
        if has_news and decides:
            self._catch_up(store)
        now = self._clock()
        self._book.expire(now)
        if is_due:
            store.prove_writable()
        entry = _Entry(store, now, self._salts)
        try:
            answers = self._write(store, batch, entry)
        except Exception:
            self._tally.forget(entry.denied)
            raise
        self.commits += 1
        if is_due:
            self.trouble, self._clock_due = None, time.monotonic() + CLOCK_SECONDS
        self._book.settle()
        if has_news and not decides:
            self._catch_up(store)  # nothing rested on it, so it came with the commit
        for permit in entry.logged:
            permit.logged = True
        for work, answer in answers:
            work.answers.append(answer)
            if answer.permit is not None:
                self._book.open(answer.permit)

    def _catch_up(self, store: LeaseStore) -> None:
        """Read what has been stopped since the transaction before."""
        self._rulings = Rulings(store)
        self._book.stop(store.stops())
        self._seen = store.seen

    def look_for_stops(self) -> None:
        """Look between transactions: reading needs no lock, because it only ever ends permits."""
        if self._store is not None:
            if self._store.has_news():
                self._book.stop(self._store.stops())
                self._seen = self._store.seen
            self._book.expire(self._clock())

    def fail(self, batch: Sequence[Work], error: Exception) -> None:
        """Deny what was asked, deliver nothing, keep what has to be closed; forget a connection that is gone."""
        code = error.code if isinstance(error, LeaseStoreError) else "LEASES_UNAVAILABLE"
        if code != self.trouble:  # it is tried again at once, and would be said as often
            _log.error("consent:leases:fail", extra={"error": type(error).__name__, "code": code})
        self.trouble = code
        for work in batch:
            work.error = LeasesUnavailableError("the database cannot be asked")
        store = self._store
        if store is not None and (not store.rolled_back() or code == RESTORED):
            self._store = None
            self._book.abandon()
            store.abandon()

    def checkpoint(self) -> None:
        """Let the database tidy up, if that is due."""
        if self._store is not None:
            self._store.checkpoint()

    @property
    def wants_checkpoint(self) -> bool:
        """Whether `checkpoint` is due."""
        return self._store is not None and self._store.wants_checkpoint

    def retire(self) -> None:
        """End everything, tell the log, and give the connection up."""
        self._book.end_all()
        store = self._store
        if store is None:
            return
        try:
            self._book.close_all()
            self.settle(())
            now = self._clock()
            entry = _Entry(store, now, self._salts)
            rest = [denial_row(*due, entry.at, next(self._salts)) for due in self._tally.due(now, everything=True)]
            store.retire(rest, now)
        except Exception as error:
            _log.error("consent:leases:fail", extra={"error": type(error).__name__})
            store.abandon()
        self._store = None

    def _connected(self) -> LeaseStore:
        """Connect, unless that is done. Raises for a database that was restored beneath us.

        There is no way back from that: other connections may still be to the one before.
        """
        if self.trouble == RESTORED:
            raise database_restored()
        if self._store is None:
            store = open_store(self._engine, master_keys=self._master_keys)
            try:
                store.stops_after(self._seen)
            except Exception:
                store.abandon()
                raise
            self._store, self._seen = store, store.seen
            self._next_lease = store.process_id * _LEASES_PER_PROCESS
        return self._store

    def _close(self, batch: Sequence[Work]) -> None:
        for work in batch:
            for permit in work.closing:
                self._book.close(permit)

    def _write(self, store: LeaseStore, batch: Sequence[Work], entry: _Entry) -> list[tuple[Work, Answer]]:
        """Bring the rows of a transaction together, write and commit them; return what is to be answered."""
        for debt in self._book.unlogged:
            entry.log(debt.permit, debt.lease, debt.reason)
        for work in batch:
            for disclosure in work.disclosures:
                self._release(work, disclosure, entry)
            for denial in work.denials:
                self._deny(denial, entry)
        asked = [(work, inquiry) for work in batch for inquiry in work.inquiries]
        answers = self._answer_all(asked, entry) if asked else []
        for denial, repeats in self._tally.due(entry.now):
            entry.events.append(denial_row(denial, repeats, entry.at, next(self._salts)))
        store.write(leases=entry.leases, events=entry.events, closed=self._book.unclosed)
        return [(work, answer) for (work, _), answer in zip(asked, answers, strict=True)]

    def _answer_all(self, asked: Sequence[tuple[Work, Inquiry]], entry: _Entry) -> list[Answer]:
        assert self._rulings is not None
        rulings = self._rulings.give([inquiry.question for _, inquiry in asked], entry.now)
        return [
            self._answer(inquiry, ruling, work.loop, entry)
            for (work, inquiry), ruling in zip(asked, rulings, strict=True)
        ]

    def _answer(self, inquiry: Inquiry, ruling: Ruling, loop: asyncio.AbstractEventLoop, entry: _Entry) -> Answer:
        """Write the leases and denials of one decision. Data of a permit that has ended is never worked on."""
        question, terms, denied = inquiry.question, ruling.terms, ruling.denied
        if inquiry.refused:
            denied = {**inquiry.refused, **denied}
        if inquiry.inherited and any(parent.ended or parent not in self._book.opened for parent in inquiry.inherited):
            denied = {**denied, **dict.fromkeys(question.categories, _ENDED)}
            terms = ()
        if denied and ruling.worker_id is not None:
            for category, reason in denied.items():
                denial = DeniedAccess(
                    asker=question.asker,
                    worker_id=ruling.worker_id,
                    platform=ruling.platform,
                    account_id=question.account_id,
                    category=category,
                    reason=reason,
                )
                self._deny(denial, entry)
        if not terms:
            return Answer(None, frozenset(), denied)
        leases = tuple([self._lease(each, question.asker, entry) for each in terms])
        permit = LeasePermit(question.asker, leases, inquiry.inherited, loop)
        return Answer(permit, permit.categories, denied)

    def _lease(self, terms: LeaseTerms, asker: Asker, entry: _Entry) -> Lease:
        self._next_lease += 1
        lease = Lease(self._next_lease, terms)
        entry.leases.append(lease_row(lease, asker, entry.process_id, entry.at))
        return lease

    def _release(self, work: Work, disclosure: Disclosure, entry: _Entry) -> None:
        permit = disclosure.permit
        if permit.ended or permit not in self._book.opened:
            work.ended.append(permit)
            return
        for lease in permit.leases:
            entry.log(permit, lease, None, disclosure.records)
        entry.logged.append(permit)

    def _deny(self, denial: DeniedAccess, entry: _Entry) -> None:
        if self._tally.is_new(denial, entry.now):
            entry.denied.append(denial)
            entry.events.append(denial_row(denial, 1, entry.at, next(self._salts)))


class _Entry:
    """The rows of one transaction as they come together."""

    def __init__(self, store: LeaseStore, now: datetime, salts: Iterator[str]) -> None:
        self.now = now
        self._salts = salts
        self.at = store.instant(now)
        self.process_id = store.process_id
        self.leases: list[Row] = []
        self.events: list[Row] = []
        self.logged: list[LeasePermit] = []
        self.denied: list[DeniedAccess] = []

    def log(self, permit: LeasePermit, lease: Lease, reason: str | None, records: Mapping[str, int] = NOTHING) -> None:
        """Log each category of `lease`; of a further part of an answer only those with records in it."""
        for category in lease.terms.logged:
            count = records.get(category, 0)
            if count or reason is not None or not permit.logged:
                self.events.append(access_row(permit.asker, lease, category, reason, count, self.at, next(self._salts)))
