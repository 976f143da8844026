"""Leases: the permission for one fetch, given, re-checked and closed in transactions shared by many requests.

One thread per process owns one database connection. Requests queue what they need; the thread takes all that has
queued while the last commit ran and settles it in one transaction (group commit), in this order:

1. read what has been stopped since, and end the permits that it concerns;
2. close what was acknowledged;
3. re-check what is about to be handed over, and write the access events;
4. decide on what is asked, and write leases and denials.

Why nothing is delivered after a stop was confirmed: a stop and a lease transaction exclude each other (`ddl.py`),
so a lease is either written before the stop, and then keeps it from being confirmed until it is closed
(`stops.py`), or its decision sees the stop. What is released after a stop is refused by step 1.
A notice that is lost or late only costs time. `reference` for the argument: docs/security.md.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from consent.columns import utc_now
from consent.decision import Asker, Decision, Question, SubjectFacts, decide
from consent.denials import DenialTally, DeniedAccess
from consent.lease_facts import load_facts
from consent.lease_store import LeaseStore
from consent.permit import Answer, Disclosure, Lease, LeasePermit

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.01
"""How often stops are looked for while permits are open and nothing else wakes the thread."""

_LEASES_PER_PROCESS = 1 << 40


class LeasesUnavailableError(Exception):
    """The database could not be asked: nothing is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question, with the permits that the inputs of its fetch came under."""

    question: Question
    inherited: tuple[LeasePermit, ...] = ()


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
    """Gives, re-checks and closes leases for one process. `start` it before use, `close` it at the end."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now, poll: float = POLL_SECONDS) -> None:
        self._engine = engine
        self._clock = clock
        self._poll = poll
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._store: LeaseStore | None = None
        self._open: set[LeasePermit] = set()
        self._unclosed: list[int] = []
        self._events: list[Sequence[object]] = []
        self._tally = DenialTally()
        self._next_expiry: datetime | None = None
        self._next_lease = 0
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._idle_watchers: set[Callable[[], None]] = set()
        self.commits = 0

    @property
    def process_id(self) -> int | None:
        """This process's number in `gateway_process`; None while it holds no connection."""
        return self._store.process_id if self._store is not None else None

    def start(self) -> None:
        """Open the connection, prove to be alive and start the thread. Raises what the database raises."""
        self._store = LeaseStore(self._engine)
        self._next_lease = self._store.process_id * _LEASES_PER_PROCESS
        self._thread = threading.Thread(target=self._run, name="consent-leases", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; what is still open ends and is given up."""
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
                if batch or self._unclosed or self._events:
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
        waiting = bool(self._open or self._unclosed or self._events)
        with suppress(queue.Empty):
            item = self._queue.get(timeout=self._poll if waiting else 5.0)
            while True:
                if item is not None:
                    batch.append(item)
                item = self._queue.get_nowait()
        return batch

    def _settle(self, batch: Sequence[_Work]) -> None:
        store = self._connected()
        for work in batch:
            for permit in work.closing:
                self._close_permit(permit)
        given: list[tuple[_Work, list[Answer]]] = []
        store.begin()
        self._apply(store.stops())
        now = self._clock()
        self._expire(now)
        if self._unclosed:
            store.delete_leases(self._unclosed)
        events = list(self._events)
        for work in batch:
            for disclosure in work.disclosures:
                self._release(work, disclosure, events, now)
            for denial in work.denials:
                if self._tally.is_new(denial, now):
                    events.append(self._denial_row(denial, 1, now))
        leases: list[Sequence[object]] = []
        inquiries = [inquiry for work in batch for inquiry in work.inquiries]
        if inquiries:
            decided = iter(self._decide(store, inquiries, now))
            for work in batch:
                answers = [
                    self._answer(inquiry, *next(decided), work.loop, now, leases, events) for inquiry in work.inquiries
                ]
                given.append((work, answers))
        events += [self._denial_row(denial, repeats, now) for denial, repeats in self._tally.due(now)]
        store.insert_leases(leases)
        store.insert_events(events)
        store.commit()
        self.commits += 1
        self._unclosed.clear()
        self._events.clear()
        for work, answers in given:
            work.answers = answers
            for answer in answers:
                if answer.permit is not None:
                    self._open_permit(answer.permit)

    def _look_for_stops(self) -> None:
        """A poll between transactions: reading needs no lock, because it only ever ends permits."""
        if self._store is not None:
            self._apply(self._store.stops())
            self._expire(self._clock())

    def _connected(self) -> LeaseStore:
        if self._store is None:
            self._store = LeaseStore(self._engine)
            self._next_lease = self._store.process_id * _LEASES_PER_PROCESS
        return self._store

    def _decide(
        self, store: LeaseStore, inquiries: Sequence[Inquiry], now: datetime
    ) -> list[tuple[Decision, SubjectFacts]]:
        questions = [inquiry.question for inquiry in inquiries]
        facts = load_facts(store, questions, past=False)
        decisions = [decide(question, fact, now) for question, fact in zip(questions, facts, strict=True)]
        if any(decision.denied for decision in decisions):
            facts = load_facts(store, questions, past=True)
            decisions = [decide(question, fact, now) for question, fact in zip(questions, facts, strict=True)]
        return list(zip(decisions, facts, strict=True))

    def _answer(
        self,
        inquiry: Inquiry,
        decision: Decision,
        facts: SubjectFacts,
        loop: asyncio.AbstractEventLoop,
        now: datetime,
        leases: list[Sequence[object]],
        events: list[Sequence[object]],
    ) -> Answer:
        question, parents = inquiry.question, inquiry.inherited
        denied = dict(decision.denied)
        covers = decision.covers
        if any(parent.ended or parent not in self._open for parent in parents):
            denied.update(dict.fromkeys(question.categories, "ENDED"))
            covers = ()
        platform = facts.account_platform or question.platform or "internal"
        given: list[Lease] = []
        for cover in covers:
            self._next_lease += 1
            terms = cover.grant.terms if cover.grant is not None else None
            lease = Lease(
                id=self._next_lease,
                grant_id=terms.id if terms is not None else None,
                worker_id=facts.worker_id or "",
                actor_id=question.asker.actor_id,
                client_ids=(question.asker.client_id, terms.client_id if terms is not None else None),
                account_id=question.account_id,
                platform=platform,
                categories=cover.categories,
                expires_at=cover.grant.expires_at if cover.grant is not None else None,
            )
            given.append(lease)
            leases.append(_lease_row(lease, question.asker, now))
        if facts.worker_id is not None and facts.worker_live:
            for category, reason in denied.items():
                denial = DeniedAccess(
                    asker=question.asker,
                    worker_id=facts.worker_id,
                    platform=platform,
                    account_id=question.account_id,
                    category=category,
                    reason=reason,
                )
                if self._tally.is_new(denial, now):
                    events.append(self._denial_row(denial, 1, now))
        allowed = frozenset().union(*(lease.categories for lease in given))
        permit = LeasePermit(asker=question.asker, leases=tuple(given), parents=parents, loop=loop) if given else None
        return Answer(permit=permit, allowed=allowed, denied=denied)

    def _release(self, work: _Work, disclosure: Disclosure, events: list[Sequence[object]], now: datetime) -> None:
        permit = disclosure.permit
        if permit.ended or permit not in self._open:
            work.ended.append(permit)
            return
        for lease in permit.leases:
            for category in sorted(lease.categories):
                records = disclosure.records.get(category, 0)
                if records or not permit.logged:
                    events.append(_event_row(permit.asker, lease, category, None, records, now))
        permit.logged = True

    def _denial_row(self, denial: DeniedAccess, repeats: int, now: datetime) -> Sequence[object]:
        asker = denial.asker
        return (
            now,
            denial.worker_id,
            asker.actor_id,
            asker.client_id,
            None,
            None,
            asker.purpose,
            denial.platform,
            denial.account_id,
            denial.category,
            "deny",
            denial.reason,
            0,
            repeats,
            asker.request_id,
            asker.token_ref,
            os.urandom(16).hex(),
        )

    # -- the book of open permits -----------------------------------------------------------------------------

    def _open_permit(self, permit: LeasePermit) -> None:
        self._open.add(permit)
        for parent in permit.parents:
            parent.children += 1
        for lease in permit.leases:
            if lease.expires_at is not None and (self._next_expiry is None or lease.expires_at < self._next_expiry):
                self._next_expiry = lease.expires_at

    def _close_permit(self, permit: LeasePermit) -> None:
        """Mark `permit` as done; its rows go when nothing computed from its data is open any more."""
        permit.closing = True
        if permit.children or permit not in self._open:
            return
        self._open.discard(permit)
        now = self._clock()
        for lease in permit.leases:
            self._unclosed.append(lease.id)
            if not permit.logged:
                reason = "DISCARDED" if permit.ended else "NOT_DELIVERED"
                self._events += [
                    _event_row(permit.asker, lease, category, reason, 0, now) for category in sorted(lease.categories)
                ]
        permit.logged = True
        for parent in permit.parents:
            parent.children -= 1
            if parent.closing:
                self._close_permit(parent)

    def _apply(self, stops: Sequence[tuple[str, str]]) -> None:
        for kind, ref in stops:
            for permit in self._open:
                if not permit.ended and any(lease.is_stopped_by(kind, ref) for lease in permit.leases):
                    permit.end()
        if stops:
            self._end_heirs()

    def _expire(self, now: datetime) -> None:
        if self._next_expiry is None or now < self._next_expiry:
            return
        self._next_expiry = None
        for permit in self._open:
            for lease in permit.leases:
                if lease.expires_at is None:
                    continue
                if lease.expires_at <= now:
                    permit.end()
                elif self._next_expiry is None or lease.expires_at < self._next_expiry:
                    self._next_expiry = lease.expires_at
        self._end_heirs()

    def _end_heirs(self) -> None:
        """End what was computed from data whose permit has ended, to any depth."""
        found = True
        while found:
            found = False
            for permit in self._open:
                if not permit.ended and any(parent.ended for parent in permit.parents):
                    permit.end()
                    found = True

    # -- failure and end --------------------------------------------------------------------------------------

    def _fail(self, batch: Sequence[_Work], error: Exception) -> None:
        """Deny what was asked, deliver nothing, keep what has to be closed; forget a connection that is gone."""
        _log.error("consent:leases:fail", extra={"error": type(error).__name__})
        for work in batch:
            work.error = LeasesUnavailableError("the database cannot be asked")
        store = self._store
        if store is not None and not store.rolled_back():
            self._store = None
            for permit in self._open:
                permit.end()
            self._open.clear()
            self._unclosed.clear()
            with suppress(Exception):
                store.close()
        self._closed.wait(self._poll)

    def _shut_down(self) -> None:
        for permit in self._open:
            permit.end()
        if self._store is not None:
            with suppress(Exception):
                for permit in list(self._open):
                    permit.children = 0
                    self._close_permit(permit)
                now = self._clock()
                self._events += [
                    self._denial_row(denial, repeats, now) for denial, repeats in self._tally.due(now, everything=True)
                ]
                self._settle(())
                self._store.retire(now)
                self._store.proof.drop()
            with suppress(Exception):
                self._store.close()
            self._store = None
        remaining: list[_Work] = []
        with suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if item is not None:
                    item.error = LeasesUnavailableError("leases are not kept")
                    remaining.append(item)
        _finish(remaining)


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


def _lease_row(lease: Lease, asker: Asker, now: datetime) -> Sequence[object]:
    return (
        lease.id,
        lease.grant_id,
        lease.worker_id,
        asker.actor_id,
        asker.client_id,
        lease.account_id,
        lease.platform,
        " ".join(sorted(lease.categories)),
        now,
    )


def _event_row(
    asker: Asker, lease: Lease, category: str, reason: str | None, records: int, now: datetime
) -> Sequence[object]:
    return (
        now,
        lease.worker_id,
        asker.actor_id,
        asker.client_id,
        lease.grant_id,
        lease.id,
        asker.purpose,
        lease.platform,
        lease.account_id,
        category,
        "allow",
        reason,
        records,
        1,
        asker.request_id,
        asker.token_ref,
        os.urandom(16).hex(),
    )
