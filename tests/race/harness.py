"""Gives grants, asks through all processes at once, revokes at random moments, and counts what came too late."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from consent.grants.lifecycle import GrantService
from consent.grants.visibility import SubjectGates
from consent.leases.keeper import LeaseKeeper
from consent.models import Actor, PlatformGate, Worker
from consent.stops.stopping import Stops
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.vocabulary import seed
from tests.granting import give_grant
from tests.race.processes import Processes
from tests.race.slow_platform import SlowPlatform

CLIENTS_PER_WORKER = 3
AFTERMATH_SECONDS = 0.15
"""How long clients go on asking under a grant after its revocation was confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One race."""

    gate: str
    database_url: str
    revocations: int
    processes: int
    workers: int
    seed: int
    unrest: bool


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was counted. `late` counts what happened under a grant after its revocation was confirmed."""

    late: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    revocations: int = 0
    confirmed: int = 0
    undisturbed: int = 0
    undisturbed_confirmed: int = 0
    waits_ms: list[float] = field(default_factory=list)
    beyond_ms: list[float] = field(default_factory=list)
    """How long each revocation took beyond the slowest upstream call that it cut; all of it where none was running."""
    kills: int = 0
    pauses: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing happened too late."""
        return not self.late

    def line(self) -> str:
        """Return the counts as one line."""
        waits, beyond = sorted(self.waits_ms) or [0.0], sorted(self.beyond_ms) or [0.0]
        return (
            f"started={self.late['started']} finished={self.late['finished']} delivered={self.late['delivered']} "
            f"revocations={self.revocations} confirmed={self.confirmed} "
            f"p50_ms={waits[len(waits) // 2]:.1f} p99_ms={waits[int(len(waits) * 0.99)]:.1f} max_ms={waits[-1]:.1f} "
            f"beyond_p50_ms={beyond[len(beyond) // 2]:.1f} beyond_p99_ms={beyond[int(len(beyond) * 0.99)]:.1f} "
            f"undisturbed={self.undisturbed_confirmed}/{self.undisturbed} fetches={self.seen['started']} "
            f"answers={self.seen['delivered']} kills={self.kills} pauses={self.pauses}"
        )


async def run(plan: Plan) -> Outcome:
    """Run `plan` from an empty database to its last revocation."""
    engine = create_database_engine(plan.database_url)
    try:
        return await _Race(plan, engine).run()
    finally:
        engine.dispose()


Note = Callable[[str, str], None]
"""Called with what happened (`started`, `finished`, `cut` or `delivered`) and what it belongs to."""


@dataclass(slots=True, kw_only=True)
class _Revoked:
    """An undisturbed revocation, with the span in which upstream calls could be cut by it."""

    owner: str
    began: float
    ended: float


class Watch:
    """Knows which grants (or lanes, with one grant at a time) are revoked and counts what happens under them."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._confirmed: set[str] = set()
        self._running: dict[str, deque[float]] = {}
        self._cut: dict[str, list[tuple[float, float]]] = {}
        self._revoked: list[_Revoked] = []

    def note(self, what: str, owner: str) -> None:
        """Count something that happened."""
        self._outcome.seen[what] += 1
        now = time.monotonic()
        if what == "started":
            self._running.setdefault(owner, deque()).append(now)
        elif what in ("finished", "cut") and (running := self._running.get(owner)):
            began = running.popleft()
            if what == "cut":
                self._cut.setdefault(owner, []).append((began, now))
        if owner in self._confirmed and what != "cut":
            self._outcome.late[what] += 1

    def judge(self) -> None:
        """Work out, when all upstream calls have ended, how long revocations took beyond the slowest one cut."""
        for each in self._revoked:
            cut = [
                ended - began
                for began, ended in self._cut.get(each.owner, ())
                if began <= each.ended and ended >= each.began
            ]
            waited = each.ended - each.began
            self._outcome.beyond_ms.append(max(0.0, waited - max(cut, default=0.0)) * 1000)

    def __contains__(self, owner: object) -> bool:
        return owner in self._confirmed

    def live(self, owner: str) -> None:
        """A new grant was given."""
        self._confirmed.discard(owner)

    async def revoke(self, owner: str, processes: Processes, revoke: Callable[[], Awaitable[str]]) -> None:
        """Revoke until it is confirmed. `revoke` returns the answer's status; it fails when its process dies."""
        started, disturbed, first = time.monotonic(), processes.someone_is_paused, ""
        pauses = processes.pauses
        while first != "confirmed":
            try:
                async with asyncio.timeout(30):
                    status = await revoke()
            except (OSError, ValueError, TimeoutError):
                disturbed = True
                await asyncio.sleep(0.01)
                continue
            first = first or status
            if status == "confirmed":
                break
        disturbed = disturbed or processes.pauses != pauses
        ended = time.monotonic()
        waited = (ended - started) * 1000
        # What lay in a socket's buffer when the confirmation came was there before it: count it first.
        for _ in range(20):
            await asyncio.sleep(0)
        self._confirmed.add(owner)
        self._outcome.confirmed += first == "confirmed"
        if not disturbed:
            self._outcome.undisturbed += 1
            self._outcome.undisturbed_confirmed += first == "confirmed"
            self._outcome.waits_ms.append(waited)
            self._revoked.append(_Revoked(owner=owner, began=started, ended=ended))


class _Race:
    def __init__(self, plan: Plan, engine: Engine) -> None:
        self._plan = plan
        self._engine = engine
        self._chance = random.Random(plan.seed)
        self._outcome = Outcome()
        self._watch = Watch(self._outcome)
        self._grants = GrantService(engine, Stops(engine, LeaseKeeper(engine)))
        self._platform = SlowPlatform(self._watch.note, self._chance)
        self._processes: Processes

    async def run(self) -> Outcome:
        plan = self._plan
        accounts = await asyncio.to_thread(self._prepare)
        port = await self._platform.start()
        self._processes = Processes(plan.processes, [plan.database_url, str(port), plan.gate], self._chance)
        await self._processes.start()
        disturbing = asyncio.create_task(self._processes.disturb()) if plan.unrest else None
        try:
            await asyncio.gather(*(self._worker(worker, account) for worker, account in accounts))
        finally:
            if disturbing is not None:
                disturbing.cancel()
                await asyncio.gather(disturbing, return_exceptions=True)
            await self._processes.close()
            await self._platform.close()
        self._watch.judge()
        self._outcome.kills, self._outcome.pauses = self._processes.kills, self._processes.pauses
        return self._outcome

    def _prepare(self) -> list[tuple[str, str]]:
        migrate(self._engine)
        seed(self._engine)
        now = datetime.now(UTC)
        accounts: list[tuple[str, str]] = []
        with Session(self._engine) as session:
            session.merge(PlatformGate(platform="uber", open=True, updated_at=now))
            session.merge(Actor(id="acme", legal_name="Acme AB", trading_name="Acme", created_at=now))
            for _ in range(self._plan.workers):
                worker = Worker(created_at=now)
                session.add(worker)
                session.flush()
                account = f"account-{worker.id}"
                SubjectGates().open(session, account_id=account, worker_id=worker.id, platform="uber")
                accounts.append((worker.id, account))
            session.commit()
        return accounts

    async def _worker(self, worker: str, account: str) -> None:
        """Grant, let clients ask, revoke while they do, go on asking for a while; again and again."""
        while self._outcome.revocations < self._plan.revocations:
            self._outcome.revocations += 1
            grant = await asyncio.to_thread(self._give, worker)
            asking = [asyncio.create_task(self._client(account, grant)) for _ in range(CLIENTS_PER_WORKER)]
            await asyncio.sleep(self._chance.uniform(0.01, 0.2))
            await self._watch.revoke(grant, self._processes, partial(self._revoke, grant))
            await asyncio.sleep(AFTERMATH_SECONDS)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    def _give(self, worker: str) -> str:
        return give_grant(
            self._engine,
            self._grants,
            worker_id=worker,
            client_id="acme-app",
            actor_id="acme",
            granted=[("uber", "engagements")],
        )

    async def _client(self, account: str, grant: str) -> None:
        """Ask again and again, through whichever process answers."""
        while True:
            try:
                async with asyncio.timeout(10):
                    answer = await _call(
                        self._processes.port(), {"op": "query", "account": account, "grant": grant}, self._watch.note
                    )
            except (OSError, ValueError, TimeoutError):
                await asyncio.sleep(0.01)
                continue
            if "data" not in answer:
                await asyncio.sleep(self._chance.uniform(0, 0.04))

    async def _revoke(self, grant: str) -> str:
        """Revoke through any process; another one takes over when that one dies."""
        answer = await _call(self._processes.port(), {"op": "revoke", "grant": grant}, self._watch.note)
        return str(answer["status"])


class _Call(asyncio.Protocol):
    """One request and its answer, noted in the very moment when its last byte is read."""

    def __init__(self, request: dict[str, Any], note: Any) -> None:
        self._request = request
        self._note = note
        self._received = b""
        self.answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(json.dumps(self._request).encode() + b"\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"\n") and not self.answer.done():
            answer = json.loads(self._received)
            if "data" in answer:
                self._note("delivered", answer["grant"])
            self.answer.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_result({})


async def _call(port: int, request: dict[str, Any], note: Any) -> dict[str, Any]:
    transport, protocol = await asyncio.get_running_loop().create_connection(
        lambda: _Call(request, note), "127.0.0.1", port
    )
    try:
        answer = await protocol.answer
    finally:
        transport.abort()
    if not answer:
        raise ConnectionResetError
    return answer


class _Request(asyncio.Protocol):
    """One HTTP request; `look` is called in the very moment when the answer's last byte is read."""

    def __init__(self, head: bytes, body: bytes, look: Callable[[bytes], None]) -> None:
        self._request = head + body
        self._look = look
        self._received = b""
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or self.status.done():
            return
        first, *lines = head.lower().split(b"\r\n")
        status = int(first.split()[1])
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        if status == 204 or (length is not None and len(body) >= length):
            self._look(body)
            self.status.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.status.done():
            self.status.set_result(0)


async def request(
    port: int, method: str, path: str, body: str, token: str, look: Callable[[bytes], None] = lambda answer: None
) -> int:
    """Send a request to a gateway, have its answer looked at, and return its status. Raises `ConnectionResetError`."""
    encoded = body.encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(encoded)}\r\n\r\n"
    ).encode()
    transport, protocol = await asyncio.get_running_loop().create_connection(
        lambda: _Request(head, encoded, look), "127.0.0.1", port
    )
    try:
        status = await protocol.status
        if not status:
            raise ConnectionResetError
        return status
    finally:
        transport.abort()
