"""A second gateway process for tests: takes one lease on account `u1`, says so, and then does as it is told.

Run as `python lease_holder.py DATABASE_URL`. Lines on stdin: `release`, `acknowledge`, `close`.
Answers on stdout: `leased`, `ended` (once, when the permit ends), `released <number of permits ended>`, `closed`.
"""

import asyncio
import sys

from consent.leases.gate import ConsentGate
from consent.leases.keeper import LeaseKeeper
from gateway.executor.hooks import GateRequest
from gateway.server.session import RequestSession
from gateway.storage.database import create_database_engine


async def main(url: str) -> None:
    engine = create_database_engine(url)
    keeper = LeaseKeeper(engine)
    keeper.start()
    gate = ConsentGate(keeper, sources={"uber": "platform:uber"}, authorize_url="https://consent.example/")
    session = RequestSession(
        request_id="holder",
        kind="actor",
        actor_id="acme",
        client_id="acme-app",
        purpose="job_matching",
        scopes=frozenset({"gig:engagements"}),
    )
    request = GateRequest(
        subgraph="uber", typename="UberAccount", key={"id": "u1"}, scopes=frozenset({"gig:engagements"})
    )
    (decision,) = await gate.acquire([request], session)
    if decision.permit is None:
        say("denied")
    else:
        decision.permit.on_end(lambda: say("ended"))
        say("leased")
    while True:
        match (await asyncio.to_thread(sys.stdin.readline)).strip():
            case "release":
                say(f"released {len(await gate.release([decision.permit], session, {}))}")
            case "acknowledge":
                await gate.acknowledge([decision.permit], session)
                say("acknowledged")
            case _:
                break
    await asyncio.to_thread(keeper.close)
    engine.dispose()
    say("closed")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
