"""Leases: the permission for one fetch, given, re-checked and closed in transactions shared by many requests.

One thread per process owns one database connection. Requests queue what they need; the thread takes all that has
queued while the last commit ran and settles it in one transaction (group commit), in this order:

1. read what has been stopped since, and end the permits that it concerns (SQLite can vouch for it, under the write
   lock, that nobody else has written: then there is nothing to read);
2. close what was acknowledged;
3. re-check what is about to be handed over, and write the access events;
4. decide on what is asked, and write leases and denials.

Why nothing is delivered after a stop was confirmed: a stop and a lease transaction exclude each other (`ddl.py`),
so a lease is either written before the stop, and then keeps it from being confirmed until it is closed
(`consent.stops`), or its decision sees the stop. What is released after a stop is refused by step 1.
A notice that is lost or late only costs time.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Engine

from consent.columns import utc_now
from consent.leases.book import LeaseBook
from consent.leases.counting import facts_to_count, logged_as
from consent.leases.decision import Cover, Decision, Question, Reason, SubjectFacts, decide
from consent.leases.denials import DenialTally, DeniedAccess
from consent.leases.facts import KnownFacts, load_facts
from consent.leases.notifications import StopListener
from consent.leases.permit import Answer, Disclosure, Lease, LeasePermit
from consent.leases.rows import Row, access_row, denial_row, lease_row, salts
from consent.leases.store import RESTORED, LeaseStore, LeaseStoreError, StopNumber, database_restored
from consent.values import hot_value

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.005
"""How often stops are looked for while permits are open and nothing else wakes the thread."""

CLOCK_SECONDS = 60.0
"""How often a process compares its clock with the database's; while they differ it allows nothing."""

_IDLE_SECONDS = 5.0
_LINGER_SECONDS = 0.001
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
class _Work:
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]
    inquiries: Sequence[Inquiry] = ()
    answers: list[Answer] = field(default_factory=list)
    disclosures: Sequence[Disclosure] = ()
    ended: list[LeasePermit] = field(default_factory=list)
    closing: Collection[LeasePermit] = ()
    denials: Sequence[DeniedAccess] = ()
    error: LeasesUnavailableError | None = None


class LeaseKeeper:
    """Gives, re-checks and closes leases for one process. `start` it before use, `close` it at the end.

    `poll` is how often, in seconds, stops are looked for while permits are open; `listen` also lets PostgreSQL tell.
    `master_keys` is told to other processes (`processes.py`).
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], datetime] = utc_now,
        poll: float = POLL_SECONDS,
        listen: bool = True,
        master_keys: str = "",
    ) -> None:
        self._engine = engine
        self._master_keys = master_keys
        self._clock = clock
        self._poll = poll
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._store: LeaseStore | None = None
        self._facts: KnownFacts | None = None
        self._book = LeaseBook()
        self._listener = StopListener(engine, self.poke) if listen else None
        self._tally = DenialTally()
        self._salts = salts()
        self._next_lease = 0
        self._seen = StopNumber()
        self._trouble: str | None = None
        self._clock_due = 0.0
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self.commits = 0

    @property
    def process_id(self) -> int | None:
        """This process's number in `gateway_process`; None while it holds no connection."""
        return self._store.process_id if self._store is not None else None

    @property
    def trouble(self) -> str | None:
        """Why nothing can be allowed at the moment, as a code; None while all is well."""
        return self._trouble

    def start(self) -> None:
        """Open the connection, prove to be alive and start the thread. Raises what the database raises."""
        self._store = self._new_store()
        self._seen = self._store.seen
        self._next_lease = self._store.process_id * _LEASES_PER_PROCESS
        self._thread = threading.Thread(target=self._run, name="consent-leases", daemon=True)
        self._thread.start()
        if self._listener is not None:
            self._listener.start()

    def close(self) -> None:
        """Stop the thread; what is still open ends and is given up."""
        if self._listener is not None:
            self._listener.close()
        self._closed.set()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    async def acquire(self, inquiries: Sequence[Inquiry]) -> list[Answer]:
        """Answer `inquiries` in order, all in one transaction. Raises `LeasesUnavailableError`."""
        work = self._submit(inquiries=inquiries)
        await work.done
        if work.error is not None:
            raise work.error
        return work.answers

    async def release(self, disclosures: Sequence[Disclosure]) -> list[LeasePermit]:
        """Write the access events of `disclosures` and return the permits that have ended: theirs is not delivered.

        Raises `LeasesUnavailableError` when nothing could be written: nothing may be delivered then.
        """
        ended = [disclosure.permit for disclosure in disclosures if disclosure.permit.ended]
        if len(ended) == len(disclosures):
            return ended  # what has ended stays so: there is nothing to look up, and a revocation waits for it
        work = self._submit(disclosures=disclosures)
        await work.done
        if work.error is not None:
            raise work.error
        return work.ended

    async def acknowledge(self, permits: Collection[LeasePermit]) -> None:
        """Close `permits`. While the database does not answer they stay open and are closed as soon as it does."""
        await self._submit(closing=permits).done

    async def record_denials(self, denials: Sequence[DeniedAccess]) -> None:
        """Log denials that were decided without a lease. Raises `LeasesUnavailableError`."""
        work = self._submit(denials=denials)
        await work.done
        if work.error is not None:
            raise work.error

    def poke(self) -> None:
        """Look for stops now. May be called from any thread."""
        self._queue.put(None)

    def _submit(
        self,
        *,
        inquiries: Sequence[Inquiry] = (),
        disclosures: Sequence[Disclosure] = (),
        closing: Collection[LeasePermit] = (),
        denials: Sequence[DeniedAccess] = (),
    ) -> _Work:
        loop = asyncio.get_running_loop()
        work = _Work(
            loop=loop,
            done=loop.create_future(),
            inquiries=inquiries,
            disclosures=disclosures,
            closing=closing,
            denials=denials,
        )
        if self._closed.is_set() or self._thread is None:
            work.error = LeasesUnavailableError("leases are not kept")
            work.done.set_result(None)
        else:
            self._queue.put(work)
        return work

    # -- everything below runs in the thread ------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed.is_set():
            batch = self._take()
            try:
                if batch or self._book.has_debts or self._trouble or time.monotonic() >= self._clock_due:
                    self._settle(batch)
                else:
                    self._look_for_stops()
            except Exception as error:
                self._fail(batch, error)
            _finish(batch)
        self._shut_down()

    def _take(self) -> list[_Work]:
        """Wait for work, or until it is time to look for stops, and take all there is."""
        batch: list[_Work] = []
        with suppress(queue.Empty):
            item = self._queue.get(timeout=self._poll if self._book or self._book.has_debts else _IDLE_SECONDS)
            while True:
                if item is not None:
                    batch.append(item)
                if self._queue.empty() and item is not None and all(work.closing for work in batch):
                    # Nobody waits for an answer: let it share the transaction of somebody who does.
                    item = self._queue.get(timeout=_LINGER_SECONDS)
                else:
                    item = self._queue.get_nowait()
        return batch

    def _settle(self, batch: Sequence[_Work]) -> None:
        """Settle `batch` in one transaction."""
        for work in batch:
            for permit in work.closing:
                self._book.close(permit)
        store = self._connected()
        is_due = self._trouble is not None or time.monotonic() >= self._clock_due
        if is_due:
            store.check_clock()
        if store.begin():
            self._facts = KnownFacts(store)
            self._book.stop(store.stops())
            self._seen = store.seen
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
            self._trouble, self._clock_due = None, time.monotonic() + CLOCK_SECONDS
        self._book.settle()
        for permit in entry.logged:
            permit.logged = True
        for work, answer in answers:
            work.answers.append(answer)
            if answer.permit is not None:
                self._book.open(answer.permit)

    def _write(self, store: LeaseStore, batch: Sequence[_Work], entry: _Entry) -> list[tuple[_Work, Answer]]:
        """Bring the rows of a transaction together, write and commit them; return what is to be answered."""
        for debt in self._book.unlogged:
            entry.log(debt.permit, debt.lease, debt.reason)
        for work in batch:
            for disclosure in work.disclosures:
                self._release(work, disclosure, entry)
            for denial in work.denials:
                self._deny(denial, entry)
        asked = [(work, inquiry) for work in batch for inquiry in work.inquiries]
        answers = self._answer_all(store, asked, entry) if asked else []
        for denial, repeats in self._tally.due(entry.now):
            entry.events.append(denial_row(denial, repeats, entry.at, next(self._salts)))
        store.write(leases=entry.leases, events=entry.events, closed=self._book.unclosed)
        return [(work, answer) for (work, _), answer in zip(asked, answers, strict=True)]

    def _look_for_stops(self) -> None:
        """Look between transactions: reading needs no lock, because it only ever ends permits."""
        if self._store is not None:
            self._book.stop(self._store.stops())
            self._seen = self._store.seen
            self._book.expire(self._clock())

    def _new_store(self) -> LeaseStore:
        """Connect. A database that knows less than it did was restored beneath us: nothing is allowed under it."""
        store = LeaseStore(self._engine, master_keys=self._master_keys)
        try:
            store.stops_after(self._seen)
        except Exception:
            store.abandon()
            raise
        return store

    def _connected(self) -> LeaseStore:
        """Return the store. A restored database is none for good: other connections may still be to the one before."""
        if self._trouble == RESTORED:
            raise database_restored()
        if self._store is None:
            self._store = self._new_store()
            self._next_lease = self._store.process_id * _LEASES_PER_PROCESS
        return self._store

    def _answer_all(self, store: LeaseStore, asked: Sequence[tuple[_Work, Inquiry]], entry: _Entry) -> list[Answer]:
        questions = [inquiry.question for _, inquiry in asked]
        assert self._facts is not None
        facts = self._facts.load(questions)
        decisions = _decide_all(questions, facts, entry.now)
        if any(decision.denied for decision in decisions):
            facts = load_facts(store, questions, past=True)
            decisions = _decide_all(questions, facts, entry.now)
        return [
            self._answer(inquiry, decision, fact, work.loop, entry)
            for (work, inquiry), decision, fact in zip(asked, decisions, facts, strict=True)
        ]

    def _answer(
        self, inquiry: Inquiry, decision: Decision, facts: SubjectFacts, loop: asyncio.AbstractEventLoop, entry: _Entry
    ) -> Answer:
        """Write the leases and denials of one decision. Data of a permit that has ended is never worked on."""
        question, covers, denied = inquiry.question, decision.covers, decision.denied
        if inquiry.refused:
            denied = {**inquiry.refused, **denied}
        if inquiry.inherited and any(parent.ended or parent not in self._book for parent in inquiry.inherited):
            denied = {**denied, **dict.fromkeys(question.categories, _ENDED)}
            covers = ()
        platform = facts.account_platform or question.platform or "internal"
        leases = tuple([self._lease(question, cover, facts, platform) for cover in covers])
        for lease in leases:
            entry.leases.append(lease_row(lease, question.asker, entry.process_id, entry.at))
        if denied and facts.worker_id is not None and facts.worker_live:
            for category, reason in denied.items():
                denial = DeniedAccess(
                    asker=question.asker,
                    worker_id=facts.worker_id,
                    platform=platform,
                    account_id=question.account_id,
                    category=category,
                    reason=reason,
                )
                self._deny(denial, entry)
        permit = (
            LeasePermit(asker=question.asker, leases=leases, parents=inquiry.inherited, loop=loop) if leases else None
        )
        return Answer(permit=permit, allowed=permit.categories if permit is not None else frozenset(), denied=denied)

    def _lease(self, question: Question, cover: Cover, facts: SubjectFacts, platform: str) -> Lease:
        self._next_lease += 1
        terms = cover.grant.terms if cover.grant is not None else None
        return Lease(
            id=self._next_lease,
            grant_id=terms.id if terms is not None else None,
            worker_id=facts.worker_id or "",
            actor_id=question.asker.actor_id,
            client_ids=(question.asker.client_id, terms.client_id if terms is not None else None),
            account_id=question.account_id,
            platform=platform,
            categories=cover.categories,
            logged=logged_as(question, cover.categories),
            expires_at=cover.grant.expires_at if cover.grant is not None else None,
        )

    def _release(self, work: _Work, disclosure: Disclosure, entry: _Entry) -> None:
        permit = disclosure.permit
        if permit.ended or permit not in self._book:
            work.ended.append(permit)
            return
        for lease in permit.leases:
            entry.log(permit, lease, None, disclosure.records)
        entry.logged.append(permit)

    def _deny(self, denial: DeniedAccess, entry: _Entry) -> None:
        if self._tally.is_new(denial, entry.now):
            entry.denied.append(denial)
            entry.events.append(denial_row(denial, 1, entry.at, next(self._salts)))

    def _fail(self, batch: Sequence[_Work], error: Exception) -> None:
        """Deny what was asked, deliver nothing, keep what has to be closed; forget a connection that is gone."""
        code = error.code if isinstance(error, LeaseStoreError) else "LEASES_UNAVAILABLE"
        if code != self._trouble:  # it is tried again at once, and would be said as often
            _log.error("consent:leases:fail", extra={"error": type(error).__name__, "code": code})
        self._trouble = code
        for work in batch:
            work.error = LeasesUnavailableError("the database cannot be asked")
        store = self._store
        if store is not None and (not store.rolled_back() or code == RESTORED):
            self._store = None
            self._book.abandon()
            store.abandon()
        self._closed.wait(self._poll)

    def _shut_down(self) -> None:
        self._book.end_all()
        if self._store is not None:
            try:
                self._book.close_all()
                self._settle(())
                now = self._clock()
                entry = _Entry(self._store, now, self._salts)
                rest = [denial_row(*due, entry.at, next(self._salts)) for due in self._tally.due(now, everything=True)]
                self._store.retire(rest, now)
            except Exception as error:
                _log.error("consent:leases:fail", extra={"error": type(error).__name__})
                self._store.abandon()
            self._store = None
        remaining: list[_Work] = []
        with suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if item is not None:
                    item.error = LeasesUnavailableError("leases are not kept")
                    remaining.append(item)
        _finish(remaining)


def _decide_all(questions: Sequence[Question], facts: Sequence[SubjectFacts], now: datetime) -> list[Decision]:
    return [
        decide(question, facts_to_count(question, fact), now) for question, fact in zip(questions, facts, strict=True)
    ]


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
        for category in lease.logged:
            count = records.get(category, 0)
            if count or reason is not None or not permit.logged:
                self.events.append(access_row(permit.asker, lease, category, reason, count, self.at, next(self._salts)))


def _finish(batch: Sequence[_Work]) -> None:
    """Wake those who wait, one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for work in batch:
        by_loop.setdefault(work.loop, []).append(work.done)
    for loop, futures in by_loop.items():
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, futures)


def _resolve(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
