"""The gateway processes of a race: started, killed and replaced, paused and woken."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass

PAUSE_SECONDS = 2.6
"""Longer than a revocation waits before it answers `stopping`."""


@dataclass(slots=True)
class Running:
    """One process and the port it answers on."""

    process: Process
    port: int
    paused: bool = False


class Processes:
    """A changing set of gateway processes."""

    def __init__(self, count: int, arguments: list[str], chance: random.Random) -> None:
        self._count = count
        self._arguments = arguments
        self._chance = chance
        self._running: list[Running] = []
        self._started: list[Process] = []
        self.kills = 0
        self.pauses = 0

    async def start(self) -> None:
        """Start them all; every second one hears no notifications."""
        self._running = list(await asyncio.gather(*(self._spawn(number % 2 == 1) for number in range(self._count))))

    async def close(self) -> None:
        """Kill them all."""
        for process in self._started:
            if process.returncode is None:
                process.kill()
            await process.wait()

    @property
    def someone_is_paused(self) -> bool:
        """Whether a process is stopped at this moment."""
        return any(running.paused for running in self._running)

    def port(self) -> int:
        """Return the port of any process that is not paused."""
        return self._chance.choice([running.port for running in self._running if not running.paused])

    async def disturb(self) -> None:
        """Kill and replace, or pause and wake, one process after the other until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 1.5))
            victim = self._chance.choice(self._running)
            if self._chance.random() < 0.5:
                victim.process.kill()
                await victim.process.wait()
                self._running.remove(victim)
                self.kills += 1
                self._running.append(await self._spawn(self._chance.random() < 0.5))
            else:
                victim.paused = True
                victim.process.send_signal(signal.SIGSTOP)
                self.pauses += 1
                try:
                    await asyncio.sleep(PAUSE_SECONDS)
                finally:
                    victim.process.send_signal(signal.SIGCONT)
                victim.paused = False

    async def _spawn(self, deaf: bool) -> Running:
        """Start one process and wait until it answers."""
        arguments = [*self._arguments, *(["deaf"] if deaf else [])]
        process = await self._execute("tests.race.gateway_process", *arguments)
        assert process.stdout is not None
        line = await process.stdout.readline()
        return Running(process, int(line))

    async def _execute(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *arguments, stdout=PIPE, env=None if environment is None else dict(environment)
        )
        self._started.append(process)
        return process
