"""Child processes: start, wait until they answer, stop them cleanly."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp

STOP_PATIENCE = 5.0
"""Seconds that a process has to end after SIGTERM before it is killed."""


class StartError(Exception):
    """A process did not come up. The message has the last lines of what it printed."""


class EndedError(Exception):
    """A process is gone that should be there. The message has the last lines of what it printed."""


class Process:
    """One `gigway` command as a child process whose output goes to a file."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = dict(environment)
        self._log = log
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process."""
        with self._log.open("wb") as output:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway",
                *self._arguments,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def ready(self, url: str, *, within: float = 60.0) -> None:
        """Wait until `url` answers with 200. Raises `StartError`."""
        limit = time.monotonic() + within
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as client:
            while time.monotonic() < limit:
                if self._child is None or self._child.returncode is not None:
                    raise StartError(f"{self.name} ended at once:\n{self._tail()}")
                try:
                    async with client.get(url) as response:
                        if response.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(0.05)
        raise StartError(f"{self.name} does not answer at {url}:\n{self._tail()}")

    async def stay(self) -> None:
        """Wait for as long as the process is there. Raises `EndedError` when it is not any more."""
        if self._child is not None:
            await self._child.wait()
        raise EndedError(f"{self.name} has ended:\n{self._tail()}")

    async def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL when it does not listen."""
        child = self._child
        if child is None or child.returncode is not None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(child.wait(), STOP_PATIENCE)
        except TimeoutError:
            child.kill()
            await child.wait()

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
