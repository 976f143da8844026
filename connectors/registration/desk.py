"""Registration for whoever may take its steps: a platform's engineers for their own platform, operators for all.

    a party ─► may it? ─► the step (in a thread) ─► what follows from it: a conformance run, a drain

A conformance run is made in this process and goes on after the answer; every process sees it (`runs`), and where its
process ends, it is lost and can be begun again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, Protocol

from connectors.conformance import SandboxAccount, run_conformance
from connectors.conformance.samples import Mapped, Sample, map_samples
from connectors.environment import Environment
from connectors.observation import Observer
from connectors.registration.check_slots import CheckSlots
from connectors.registration.loading import Loadings, PlacedVersion
from connectors.registration.runs import LONGEST_RUN, ConformanceRuns, RunState
from connectors.registration.service import Registration
from connectors.registration.values import Checked, Refusal, Submission, VersionView
from connectors.schema import AnyConnector, Connector

_log = logging.getLogger(__name__)

WAIT_SECONDS = 15.0
"""How long an answer waits for a conformance run before it says that the run goes on."""
LOADING_SECONDS = 10.0
"""How long an answer waits until every process has loaded a version before it says that some have not."""

Permission = Literal["read", "develop", "decide"]
PERMISSIONS: tuple[Permission, ...] = ("read", "develop", "decide")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who takes a step: for a `platform` (its name), or as an operator (None). `name` stands in the history."""

    name: str
    platform: str | None
    permissions: frozenset[Permission]

    @property
    def is_operator(self) -> bool:
        """Whether all platforms are this party's."""
        return self.platform is None

    def may(self, permission: Permission, platform: str) -> bool:
        """Whether this party may do that for `platform`. Only operators decide."""
        is_theirs = self.is_operator or self.platform == platform
        return is_theirs and permission in self.permissions and (permission != "decide" or self.is_operator)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSandbox:
    """A platform's own sandbox, and an account in it."""

    url: str
    account: SandboxAccount = field(repr=False)


class Drained(Protocol):
    """How the wait for readers of a closed platform went."""

    @property
    def status(self) -> Literal["confirmed", "stopping"]:
        """`stopping`: a process that reads the platform is neither done nor proven dead."""
        ...


class RegistrationDesk:
    """The steps. `drain` waits until nothing reads a platform any more, after it was closed."""

    def __init__(
        self,
        registration: Registration,
        observer: Observer,
        environment: Environment,
        runs: ConformanceRuns,
        *,
        simulated: frozenset[str],
        drain: Callable[[str], Awaitable[Drained]],
    ) -> None:
        """`simulated` are the platforms that Gigway's own sandbox serves."""
        self.registration = registration
        self.observer = observer
        self.loadings = Loadings(registration, observer)
        self._runs = runs
        self._environment = environment
        self._simulated = simulated
        self._drain = drain
        self._running: dict[int, asyncio.Task[None]] = {}
        self._slots = CheckSlots()

    def run_state(self, version_id: int) -> RunState | None:
        """Return how the conformance run of a version stands, in whatever process it is. Blocks."""
        return "RUNNING" if version_id in self._running else self._runs.state(version_id)

    async def version(self, party: Party, version_id: int) -> PlacedVersion | None:
        """Return a version that a party may see, as it stands."""
        version = await asyncio.to_thread(self.registration.version, version_id)
        if version is None or not party.may("read", version.platform):
            return None
        return await asyncio.to_thread(self.loadings.placed, version)

    async def check(self, sdl: str, samples: Sequence[Sample] = ()) -> tuple[Checked, list[Mapped]]:
        """Check a text, and show what its mappings make of `samples`. Whoever may take any step may check."""
        checked = await self._checked(sdl)
        if not isinstance(checked.connector, Connector):
            return checked, []
        return checked, await asyncio.to_thread(map_samples, checked.connector, samples)

    async def submit(self, party: Party, sdl: str) -> Submission | Refusal:
        """Take in a version."""
        checked = await self._checked(sdl)
        if checked.connector is not None and not party.may("develop", checked.connector.name):
            return _not_yours(checked.connector.name)
        if checked.refusal is not None:
            return checked.refusal
        outcome = await self._slots.run(lambda: self.registration.submit(sdl, by=party.name))
        return outcome if outcome is not None else _busy()

    async def test(self, party: Party, version_id: int, sandbox: OwnSandbox | None) -> Refusal | None:
        """Begin the conformance run of a version that waits, and wait a little for its end."""
        version, connector = await asyncio.to_thread(self._version, version_id)
        if version is None or connector is None or not party.may("develop", version.platform):
            return _unknown()
        if version.status not in ("SUBMITTED", "TESTED", "FAILED"):
            return Refusal(code="NOT_WAITING", message=f"Version {version.version} is {version.status}.")
        environment = self._where(version.platform, sandbox)
        if environment is None:
            return Refusal(
                code="SANDBOX_NEEDED",
                message="Name the platform's own sandbox by its https address, and a token of an account in it.",
            )
        if version_id not in self._running and await asyncio.to_thread(self._runs.begin, version_id, by=party.name):
            work = self._test(version_id, connector, environment, sandbox, party.name)
            task = self._running[version_id] = asyncio.create_task(work)
            task.add_done_callback(lambda _: self._running.pop(version_id, None))
        if version_id in self._running:
            await asyncio.wait([self._running[version_id]], timeout=WAIT_SECONDS)
        return None

    async def approve(self, party: Party, version_id: int) -> Refusal | None:
        """Make a tested version live, and wait a little until it is in every process."""

        async def approve() -> Refusal | None:
            # It is composed once more: one check at a time, as for every text.
            done = await self._slots.run(lambda: (self.registration.approve(version_id, by=party.name),))
            return _busy() if done is None else done[0]

        return await self._made_live(version_id, await self._decide(party, version_id, approve))

    async def reject(self, party: Party, version_id: int, reason: str) -> Refusal | None:
        """Turn a version down."""
        return await self._decide(
            party,
            version_id,
            lambda: asyncio.to_thread(self.registration.reject, version_id, by=party.name, note=reason),
        )

    async def roll_back(self, party: Party, version_id: int) -> Refusal | None:
        """Make a version live again that was live before, and wait a little until it is in every process."""
        version, _ = await asyncio.to_thread(self._version, version_id)
        platform = version.platform if version is not None else ""
        refusal = await self._decide(
            party,
            version_id,
            lambda: asyncio.to_thread(self.registration.roll_back, platform, version_id, by=party.name),
        )
        return await self._made_live(version_id, refusal)

    async def suspend(self, party: Party, platform: str, reason: str) -> Refusal | Drained:
        """Let nobody read a platform from now on, and wait until nobody does."""
        if not party.may("decide", platform):
            return _not_yours(platform)
        refusal = await asyncio.to_thread(self.registration.suspend, platform, by=party.name, reason=reason)
        return refusal if refusal is not None else await self._drain(platform)

    async def resume(self, party: Party, platform: str) -> Refusal | None:
        """Let a platform be read again."""
        if not party.may("decide", platform):
            return _not_yours(platform)
        return await asyncio.to_thread(self.registration.resume, platform, by=party.name)

    async def versions(self, party: Party, platform: str | None) -> list[PlacedVersion]:
        """Return versions that a party may see, newest first; an operator without `platform` sees what waits."""
        platform = party.platform if platform is None else platform
        if platform is None:
            if not party.is_operator or "read" not in party.permissions:
                return []
            find = self.registration.waiting
        elif not party.may("read", platform):
            return []
        else:
            find = partial(self.registration.versions, platform)
        return await asyncio.to_thread(lambda: [self.loadings.placed(each) for each in find()])

    async def close(self) -> None:
        """End the runs of this process."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _made_live(self, version_id: int, refusal: Refusal | None) -> Refusal | None:
        if refusal is None:
            await self.loadings.wait(version_id, seconds=LOADING_SECONDS)
        return refusal

    async def _decide(
        self, party: Party, version_id: int, step: Callable[[], Awaitable[Refusal | None]]
    ) -> Refusal | None:
        version, _ = await asyncio.to_thread(self._version, version_id)
        if version is None or not party.may("read", version.platform):
            return _unknown()
        if not party.may("decide", version.platform):
            return _not_yours(version.platform)
        return await step()

    async def _test(
        self,
        version_id: int,
        connector: AnyConnector,
        environment: Environment,
        sandbox: OwnSandbox | None,
        by: str,
    ) -> None:
        account = sandbox.account if sandbox is not None else None
        try:
            async with asyncio.timeout(LONGEST_RUN):
                report = await run_conformance(connector, environment, account=account)
            ok, lines = report.ok, report.lines()
        except Exception as error:
            _log.warning("connectors:conformance:broke-off", extra={"error": type(error).__name__})
            ok, lines = False, [f"the run broke off ({type(error).__name__}); check the sandbox and test again"]
        await asyncio.to_thread(self.registration.record_test, version_id, ok=ok, report=lines, by=by)

    def is_simulated(self, platform: str) -> bool:
        """Whether Gigway's own sandbox, where it is on, can stand for a platform."""
        return self._environment.is_simulated(platform) and platform in self._simulated

    def _where(self, platform: str, sandbox: OwnSandbox | None) -> Environment | None:
        environment = self._environment
        if sandbox is None:
            return environment if self.is_simulated(platform) else None
        is_https = sandbox.url.startswith("https://")
        if not is_https and not (environment.sandbox_url is not None and sandbox.url.startswith("http://")):
            return None
        # Over https a platform's sandbox is a public address, whatever this Gigway reads otherwise.
        return replace(
            environment,
            sandbox_url=None if is_https else environment.sandbox_url,
            sandboxes={**environment.sandboxes, platform: sandbox.url},
        )

    async def _checked(self, sdl: str) -> Checked:
        checked = await self._slots.run(lambda: self.registration.check(sdl))
        return checked if checked is not None else Checked(connector=None, refusal=_busy())

    def _version(self, version_id: int) -> tuple[VersionView | None, AnyConnector | None]:
        return self.registration.version(version_id), self.registration.connector(version_id)


def _unknown() -> Refusal:
    return Refusal(code="VERSION_UNKNOWN", message="There is no such version.")


def _busy() -> Refusal:
    return Refusal(code="CHECKS_BUSY", message="Other connectors are being checked. Try again in a few seconds.")


def _not_yours(platform: str) -> Refusal:
    return Refusal(code="NOT_YOURS", message=f"This is not for you to do at {platform}.")
