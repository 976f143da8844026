"""One platform that is slow or broken beside queries that do not touch it: does their latency stay what it was?

    python tests/bench/isolation.py FOLDER [--rounds N] [--seconds S]

Runs the real gateway and sandbox as processes of their own. One worker has linked two platforms. Queries that read the
one are timed, while others ask for the other one the whole time. Rounds alternate between *good order* and *fault*, so
that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.demo.actor import ActorClient
from gateway.demo.browser import Browser
from gateway.demo.stage import Stage, set_stage

WATCHED, FAULTY = "uber", "lyft"
PERSONA = "alex.sandberg@sandbox.example"
FAULTS: Mapping[str, Mapping[str, Any]] = {"30 s latency": {"latency_ms": 30_000}, "100 % errors": {"error_rate": 1.0}}
QUERY = """query ($worker: ID!) { worker(id: $worker) { accounts(platforms: ["%s"]) {
  platform { name } profile { displayName } } } }"""
TIMED_AT_ONCE = 2
TIMED_PER_SECOND = 12.0
"""Few, for a minute: the watched platform's own rate limit (2,000 an hour) must not be used up."""
OTHERS_PER_SECOND = 4.0


async def main(folder: Path, rounds: int, seconds: float) -> int:
    """Measure, print, and return 1 when a p99 is more than half as long again under a fault."""
    ratios = [await _measure(folder, name, fault, rounds, seconds) for name, fault in FAULTS.items()]
    return 1 if max(ratios) > 1.5 else 0


async def _measure(folder: Path, name: str, fault: Mapping[str, Any], rounds: int, seconds: float) -> float:
    """Print how the timed queries fare with and without a fault, and return the ratio of their p99s."""
    async with AsyncExitStack() as stack:
        ports = [_free_port() for _ in range(3)]
        stage = await stack.enter_async_context(
            set_stage(folder, port=ports[0], sandbox_port=ports[1], actor_port=ports[2])
        )
        browser = await stack.enter_async_context(Browser())
        actor = await stack.enter_async_context(
            ActorClient(stage.issuer, stage.client_id, stage.client_secret, stage.redirect_uri)
        )
        bench = _Bench(stage, actor, *await _set_up(stage, browser, actor))
        stack.push_async_callback(bench.close)
        await bench.round(seconds / 2, {})
        good: list[float] = []
        bad: list[float] = []
        for number in range(rounds):
            for fault_is_on in (False, True) if number % 2 == 0 else (True, False):
                (bad if fault_is_on else good).extend(await bench.round(seconds, fault if fault_is_on else {}))
    ratio = _p99(bad) / _p99(good)
    print(
        f"{name:<14} p50 {statistics.median(good) * 1000:6.1f} → {statistics.median(bad) * 1000:6.1f} ms   "
        f"p99 {_p99(good) * 1000:6.1f} → {_p99(bad) * 1000:6.1f} ms   ratio {ratio:.2f}   "
        f"({len(good)} and {len(bad)} queries)",
        flush=True,
    )
    return ratio


class _Bench:
    """Asks both platforms and times the answers of one."""

    def __init__(self, stage: Stage, actor: ActorClient, token: str, worker: str) -> None:
        self._stage = stage
        self._actor = actor
        self._token = token
        self._worker = worker
        self._others: set[asyncio.Task[Any]] = set()

    async def round(self, seconds: float, fault: Mapping[str, Any]) -> list[float]:
        """Return the seconds of each timed query of one round."""
        await self._switch({"reset": True})
        await self._switch(fault)
        end = time.monotonic() + seconds
        background = asyncio.create_task(self._ask_others(end))
        timed = await asyncio.gather(*(self._time(end) for _ in range(TIMED_AT_ONCE)))
        await background
        return [each for times in timed for each in times]

    async def close(self) -> None:
        """Wait for nobody any more."""
        waiting = list(self._others)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _time(self, end: float) -> list[float]:
        times = []
        while time.monotonic() < end:
            due = time.monotonic() + 1 / TIMED_PER_SECOND
            started = time.perf_counter()
            _, answer, _ = await self._actor.query(self._token, QUERY % WATCHED, {"worker": self._worker})
            times.append(time.perf_counter() - started)
            (account,) = answer["data"]["worker"]["accounts"]
            assert account["profile"], answer
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        return times

    async def _ask_others(self, end: float) -> None:
        """Ask for the other platform at a steady rate, whether it answers or not."""
        while time.monotonic() < end:
            task = asyncio.create_task(self._ask_other())
            self._others.add(task)
            task.add_done_callback(self._others.discard)
            await asyncio.sleep(1 / OTHERS_PER_SECOND)

    async def _ask_other(self) -> None:
        await self._actor.query(self._token, QUERY % FAULTY, {"worker": self._worker})

    async def _switch(self, switches: Mapping[str, Any]) -> None:
        url = f"{self._stage.sandbox}/control/platforms/{FAULTY}"
        async with self._stage.control.post(url, json=dict(switches)) as answer:
            answer.raise_for_status()


async def _set_up(stage: Stage, browser: Browser, actor: ActorClient) -> tuple[str, str]:
    """Sign in, link both platforms, and grant the actor everything that the query asks for."""
    page = await browser.open(f"{stage.issuer}/sign-in")
    await browser.submit(page, page.form("/sign-in/demo"), button=("persona", "alex"))
    for platform in (WATCHED, FAULTY):
        page = await browser.open(f"{stage.issuer}/link/{platform}")
        sign_in = await browser.submit(page, page.form(f"/link/{platform}"))
        form = next(form for form in sign_in.forms if ("persona", PERSONA) in form.buttons + form.fields)
        await browser.submit(sign_in, form, button=("persona", PERSONA))
    url, state, verifier = actor.ask(
        {
            "type": "gig_data",
            "platforms": [WATCHED, FAULTY],
            "categories": ["profile", "engagements"],
            "purpose": "job_matching",
            "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds"),
        }
    )
    page = await browser.open(url)
    page = await browser.submit(page, page.form("/consent/"), button=("answer", "all"))
    form = page.form("/consent/")
    ticked = [(name, value) for name, value, _ in form.choices]
    back = await browser.submit(page, form, ticked=ticked, button=("answer", "allow"), stop_at=stage.redirect_uri)
    token = await actor.redeem(back.url, state, verifier)
    return token["access_token"], token["worker"]


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.folder, options.rounds, options.seconds)))
