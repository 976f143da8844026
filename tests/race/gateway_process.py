"""One gateway process, reduced to what the race is about: gate, upstream call, answer at the client's socket.

Run as `python -m tests.race.gateway_process DATABASE_URL PLATFORM_PORT GATE [deaf]`; prints its port.
Requests and answers are lines of JSON: `{"op": "query", "account": …, "grant": …}`, `{"op": "revoke", "grant": …}`.
It does with the gate what the executor does: acquire, fetch while the permit lives, release, write, acknowledge.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from uuid import uuid4

from consent.grants.lifecycle import GrantService
from consent.leases.gate import ConsentGate
from consent.leases.keeper import LeaseKeeper
from consent.stops.stopping import Revocation, Stops
from gateway.executor.hooks import GateRequest
from gateway.server.session import RequestSession
from gateway.storage.database import create_database_engine
from tests.race.check_then_fetch import CheckThenFetch

PAGES = 2
SCOPE = "gig:engagements"


class GatewayProcess:
    """Answers queries and revocations."""

    def __init__(self, url: str, platform_port: int, gate: str, *, deaf: bool) -> None:
        self._engine = create_database_engine(url)
        self._serving: set[asyncio.Task[None]] = set()
        self._platform_port = platform_port
        self._leases = LeaseKeeper(self._engine, listen=not deaf)
        self._leases.start()
        self._grants = GrantService(self._engine, Stops(self._engine, self._leases))
        self._naive = CheckThenFetch(self._engine) if gate == "check-then-fetch" else None
        self._gate: Any = self._naive or ConsentGate(
            self._leases, sources={"uber": "platform:uber"}, authorize_url="https://consent.example/"
        )

    async def warm_up(self) -> None:
        """Do what a gateway does before it is ready."""
        await self._grants.warm_up()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it leaves."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)  # streams forget their task when the client goes, and what it holds open with it
        task.add_done_callback(self._serving.discard)
        try:
            while line := await reader.readline():
                request = json.loads(line)
                if request["op"] == "query":
                    await self._query(request["account"], request["grant"], writer)
                else:
                    revocation = await self._revoke(request["grant"])
                    await _say(writer, {"status": revocation.status, "open": revocation.open_leases})
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _query(self, account: str, grant: str, writer: asyncio.StreamWriter) -> None:
        session = RequestSession(
            request_id=uuid4().hex,
            kind="actor",
            actor_id="acme",
            client_id="acme-app",
            purpose="job_matching",
            grant_id=grant,
            scopes=frozenset({SCOPE}),
        )
        request = GateRequest(subgraph="uber", typename="UberAccount", key={"id": account}, scopes=frozenset({SCOPE}))
        (decision,) = await self._gate.acquire([request], session)
        permit = decision.permit
        if permit is None:
            await _say(writer, {"denied": True})
            return
        try:
            fetched = await self._fetch(permit, grant)
            ended = await self._gate.release([permit], session, {permit: {SCOPE: 1}})
            delivered = fetched is not None and permit not in ended
            await _say(writer, {"grant": grant, "data": fetched} if delivered else {"ended": True})
        finally:
            await self._gate.acknowledge([permit], session)

    async def _fetch(self, permit: Any, grant: str) -> int | None:
        """Fetch a few pages; None as soon as the permit has ended."""
        fetching = asyncio.ensure_future(self._pages(permit, grant))
        unsubscribe = permit.on_end(fetching.cancel)
        try:
            return await fetching
        except asyncio.CancelledError:
            return None
        finally:
            unsubscribe()

    async def _pages(self, permit: Any, grant: str) -> int | None:
        size = 0
        for _ in range(PAGES):
            if permit.ended:
                return None
            reader, writer = await asyncio.open_connection("127.0.0.1", self._platform_port)
            try:
                if permit.ended:
                    return None
                writer.write(grant.encode() + b"\n")
                size += len(await reader.read(-1))
            finally:
                writer.transport.abort()
        return size

    async def _revoke(self, grant: str) -> Revocation:
        if self._naive is not None:
            await self._naive.revoke(self._engine, grant)
            return Revocation(status="confirmed", waited_ms=0, open_leases=0)
        return await self._grants.revoke(grant, by="worker", reason="race")


async def _say(writer: asyncio.StreamWriter, answer: dict[str, object]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


async def main(url: str, platform_port: str, gate: str, *options: str) -> None:
    """Serve until killed."""
    process = GatewayProcess(url, int(platform_port), gate, deaf="deaf" in options)
    await process.warm_up()
    server = await asyncio.start_server(process.serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
