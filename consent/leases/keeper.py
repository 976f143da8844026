"""Leases: the permission for one fetch, given, re-checked and closed in transactions shared by many requests.

One connection per process settles what all requests need (`transactions`), many of them at a time (group commit):

* on PostgreSQL, in a thread, which takes all that has queued while the last commit was on its way;
* on SQLite, in the event loop itself, once it has gone round: a transaction is some tenths of a millisecond of
  computing there and waits for nothing, and to hand it to a thread and back costs as much again. Whatever would have to
  wait (the write lock is taken, a connection is to be made, the disk is to be flushed) is the thread's here too.

Why nothing is delivered after a stop was confirmed: a stop and a lease transaction exclude each other (`ddl.py`),
so a lease is either written before the stop, and then keeps it from being confirmed until it is closed
(`consent.stops`), or its decision sees the stop. What is released after a stop is refused, because a transaction
begins by reading what has been stopped. A notice that is lost or late only costs time.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine

from consent.columns import utc_now
from consent.leases.denials import DeniedAccess
from consent.leases.gathering import LINGER_SECONDS, Gathering
from consent.leases.notifications import StopListener
from consent.leases.permit import Answer, Disclosure, LeasePermit
from consent.leases.transactions import Inquiry, LeasesUnavailableError, LeaseTransactions, Work

T = TypeVar("T")

POLL_SECONDS = 0.005
"""How often stops are looked for while permits are open and nothing else leads to a look."""

LISTENING_SECONDS = 0.05
"""The same where PostgreSQL tells of stops: what it tells may be lost, and then takes so much longer."""

_IDLE_SECONDS = 5.0


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
        self._transactions = LeaseTransactions(engine, clock=clock, master_keys=master_keys)
        self._one_at_a_time = threading.Lock()
        self._poll = poll
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._listener = StopListener(engine, self.poke) if listen else None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_local = engine.dialect.name == "sqlite"
        self._commits_seen = 0
        self._gatherings: dict[asyncio.AbstractEventLoop, Gathering] = {}

    @property
    def process_id(self) -> int | None:
        """This process's number in `gateway_process`; None while it holds no connection."""
        return self._transactions.process_id

    @property
    def trouble(self) -> str | None:
        """Why nothing can be allowed at the moment, as a code; None while all is well."""
        return self._transactions.trouble

    @property
    def commits(self) -> int:
        """How many transactions there have been."""
        return self._transactions.commits

    def start(self) -> None:
        """Open the connection, prove to be alive and start the thread. Raises what the database raises."""
        self._transactions.connect()
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

    def ask(self, inquiries: Sequence[Inquiry], conclude: Callable[[Sequence[Answer] | None], T]) -> asyncio.Future[T]:
        """Like `acquire`, for who must not lose the answers when cancelled: they are concluded from in any case.

        `conclude` is given None when the database could not be asked.
        """
        return self._submit(inquiries=inquiries, conclude=conclude).done

    def acknowledge(self, permits: Collection[LeasePermit]) -> asyncio.Future[None]:
        """Close `permits`. While the database does not answer they stay open and are closed as soon as it does.

        They are closed whether or not anybody awaits the future, which may be that of others too: shield it.
        """
        if self._is_local and self._is_running and not any(permit.ended for permit in permits):
            return self._gathering(asyncio.get_running_loop()).close(permits)
        return self._submit(closing=permits).done  # whoever stopped what has ended waits for its end

    async def record_denials(self, denials: Sequence[DeniedAccess]) -> None:
        """Log denials that were decided without a lease. Raises `LeasesUnavailableError`."""
        work = self._submit(denials=denials)
        await work.done
        if work.error is not None:
            raise work.error

    @property
    def _is_running(self) -> bool:
        return self._thread is not None and not self._closed.is_set()

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
        conclude: Callable[[Sequence[Answer] | None], Any] | None = None,
    ) -> Work:
        loop = asyncio.get_running_loop()
        work = Work(
            loop=loop,
            done=loop.create_future(),
            inquiries=inquiries,
            disclosures=disclosures,
            closing=closing,
            denials=denials,
            conclude=conclude,
        )
        if not self._is_running:
            work.error = LeasesUnavailableError("leases are not kept")
            work.resolve()
        elif self._is_local:
            self._gathering(loop).add(work)
        else:
            self._hand_over([work])
        return work

    def _hand_over(self, batch: Sequence[Work]) -> None:
        """Leave `batch` to the thread; if that has gone meanwhile, say so."""
        for work in batch:
            self._queue.put(work)
        if self._closed.is_set():
            self._give_up()

    # -- in an event loop, on SQLite ---------------------------------------------------------------------------

    def _gathering(self, loop: asyncio.AbstractEventLoop) -> Gathering:
        gathering = self._gatherings.get(loop)
        if gathering is None:
            self._gatherings = {each: kept for each, kept in self._gatherings.items() if not each.is_closed()}
            gathering = Gathering(loop, settle=self._settle_here, look=self._look_here, poll=self._poll)
            self._gatherings[loop] = gathering
        return gathering

    def _settle_here(self, batch: Sequence[Work]) -> None:
        """Settle `batch` at once, or leave it to the thread."""
        if not self._settled(batch):
            self._hand_over(batch)
            return
        self._resolve(batch)
        if self._transactions.wants_checkpoint:
            self.poke()

    def _settled(self, batch: Sequence[Work]) -> bool:
        if self._closed.is_set() or not self._one_at_a_time.acquire(blocking=False):
            return False
        try:
            return self._transactions.try_settle(batch)
        except Exception as error:
            self._transactions.fail(batch, error)
            self.poke()  # the thread tries again what the database has to be told
            return True
        finally:
            self._one_at_a_time.release()

    def _look_here(self) -> bool:
        """Look for stops between transactions; false when there is nothing that could be stopped."""
        if self._closed.is_set():
            return False
        before, self._commits_seen = self._commits_seen, self.commits
        if before != self._commits_seen:
            return True  # a transaction has looked
        if self._one_at_a_time.acquire(blocking=False):
            try:
                if not self._transactions.has_open:
                    return False
                self._transactions.look_for_stops()
            except Exception as error:
                self._transactions.fail((), error)
                self.poke()
            finally:
                self._one_at_a_time.release()
        return True

    # -- in the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed.is_set():
            batch = self._take()
            with self._one_at_a_time:
                has_failed = False
                try:
                    self._work_on(batch)
                except Exception as error:
                    has_failed = True
                    self._transactions.fail(batch, error)
            self._finish(batch)
            if has_failed:
                self._closed.wait(self._poll)
        with self._one_at_a_time:
            self._transactions.retire()
        self._give_up()

    def _work_on(self, batch: Sequence[Work]) -> None:
        transactions = self._transactions
        if batch or transactions.has_debts or transactions.is_due:
            transactions.settle(batch)
        else:
            transactions.look_for_stops()
        transactions.checkpoint()

    def _take(self) -> list[Work]:
        """Wait for work, or until it is time to look for stops, and take all there is."""
        batch: list[Work] = []
        with suppress(queue.Empty):
            item = self._queue.get(timeout=self._patience())
            while True:
                if item is not None:
                    batch.append(item)
                if self._queue.empty() and item is not None and all(work.can_wait for work in batch):
                    item = self._queue.get(timeout=LINGER_SECONDS)
                else:
                    item = self._queue.get_nowait()
        return batch

    def _patience(self) -> float:
        """Return how long to wait for work before looking for stops, or trying again, without any."""
        transactions = self._transactions
        if transactions.has_debts or transactions.trouble is not None:
            return self._poll
        if self._is_local or not transactions.has_open:
            return _IDLE_SECONDS
        is_told = self._listener is not None and self._listener.hears
        return max(self._poll, LISTENING_SECONDS) if is_told else self._poll

    def _give_up(self) -> None:
        """Answer who still waits."""
        remaining: list[Work] = []
        with suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if item is not None:
                    item.error = LeasesUnavailableError("leases are not kept")
                    remaining.append(item)
        self._finish(remaining)

    def _finish(self, batch: Sequence[Work]) -> None:
        """Wake those who wait, one call into each event loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Work]] = {}
        for work in batch:
            by_loop.setdefault(work.loop, []).append(work)
        for loop, works in by_loop.items():
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._resolve, works)

    def _resolve(self, batch: Sequence[Work]) -> None:
        """Wake those who wait, in their loop. What was given to who has gone away meanwhile is closed again."""
        for work in batch:
            lost = [answer.permit for answer in work.answers if answer.permit] if work.done.cancelled() else []
            if lost:
                self.acknowledge(lost)
            work.resolve()
        if self._is_local and self._transactions.has_open:
            self._gathering(asyncio.get_running_loop()).watch()
