"""Registration in GraphQL: the SDL that the directory adds to its own, and what answers for it.

Clients of a platform see and submit their own; operators see all and decide. Either may check a text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from graphql import GraphQLError

from connectors.conformance import SandboxAccount
from connectors.conformance.samples import Mapped, Sample
from connectors.observation.observer import PlacedDrift
from connectors.registration.desk import PERMISSIONS, OwnSandbox, Party, Permission, RegistrationDesk
from connectors.registration.loading import PlacedVersion
from connectors.registration.values import Change, Checked, Refusal, SchemaChange, Submission
from connectors.runtime.provenance import instant

Json = Any


class AskingSession(Protocol):
    """The part of a session that says for whom registration's steps are taken."""

    @property
    def kind(self) -> str:
        """`platform` and `operator` may take steps."""
        ...

    @property
    def client_id(self) -> str | None:
        """The client that asks."""
        ...

    @property
    def platform(self) -> str | None:
        """The platform that a platform's client speaks for."""
        ...

    @property
    def role(self) -> str | None:
        """What the client may do."""
        ...


May = Callable[[str, Permission], bool]
"""Whether a role allows `read`, `develop`, `decide`."""


class RegistrationFields:
    """Answers for the fields of `REGISTRATION_SDL`."""

    def __init__(self, desk: RegistrationDesk, may: May) -> None:
        self._desk = desk
        self._may = may
        self._steps: Mapping[str, Callable[..., Awaitable[Json]]] = {
            "connectorVersions": self._versions,
            "connectorVersion": self._version_of,
            "checkConnector": self._check,
            "submitConnector": self._submit,
            "testConnector": self._test,
            "approveConnector": lambda party, id: self._decided(self._desk.approve(party, _number(id)), id),
            "rejectConnector": lambda party, id, reason: self._decided(
                self._desk.reject(party, _number(id), _reason(reason)), id
            ),
            "rollBackConnector": lambda party, id: self._decided(self._desk.roll_back(party, _number(id)), id),
            "suspendConnector": self._suspend,
            "resumeConnector": self._resume,
        }

    async def resolve(self, name: str, arguments: Mapping[str, Json], session: AskingSession | None) -> Json:
        """Answer a root field. Raises `GraphQLError`."""
        return await self._steps[name](self._party(session), **arguments)

    async def health(self, platform: str) -> Json:
        """Answer `Platform.health`."""
        health = await asyncio.to_thread(self._desk.observer.health, platform)
        return {
            "since": instant(health.since),
            "requests": health.requests,
            "failed": health.failed,
            "throttled": health.throttled,
            "retried": health.retried,
            "slow": health.slow,
            "errorRate": health.error_rate,
            "throttleRate": health.throttle_rate,
            "meanSeconds": health.mean_seconds,
            "breaker": health.breaker.upper(),
            "drifts": health.drifts,
        }

    async def drift(self, platform: str, session: AskingSession | None) -> Json:
        """Answer `Platform.drift`: for the platform itself and operators."""
        if not self._party(session).may("read", platform):
            raise _forbidden()
        return [_drift(line) for line in await asyncio.to_thread(self._desk.observer.drift, platform)]

    def _party(self, session: AskingSession | None) -> Party:
        kind, role = getattr(session, "kind", "anonymous"), getattr(session, "role", None)
        if session is None or role is None or kind not in ("platform", "operator"):
            raise _forbidden()
        if kind == "platform" and session.platform is None:
            raise _forbidden()
        return Party(
            name=f"{kind}:{session.client_id}",
            platform=session.platform if kind == "platform" else None,
            permissions=frozenset(each for each in PERMISSIONS if self._may(role, each)),
        )

    async def _check(self, party: Party, sdl: str, samples: list[Mapping[str, str]]) -> Json:
        if not party.permissions:
            raise _forbidden()
        given = [Sample(connect=each["connect"], body=each["body"].encode()) for each in samples]
        checked, mapped = await self._desk.check(sdl, given)
        return _check(checked, mapped)

    async def _submit(self, party: Party, sdl: str) -> Json:
        outcome = await self._desk.submit(party, sdl)
        if isinstance(outcome, Submission):
            return {
                **await self._step(None, outcome.version_id),
                "breaking": [_change(each) for each in outcome.breaking],
                "dangerous": [_change(each) for each in outcome.dangerous],
            }
        return await self._step(outcome, None)

    async def _test(self, party: Party, id: str, sandbox: Mapping[str, Any] | None = None) -> Json:
        own = None
        if sandbox is not None:
            account = SandboxAccount(access_token=sandbox["accessToken"], refresh_token=sandbox.get("refreshToken"))
            own = OwnSandbox(url=sandbox["url"], account=account)
        return await self._decided(self._desk.test(party, _number(id), own), id)

    async def _suspend(self, party: Party, platform: str, reason: str) -> Json:
        outcome = await self._desk.suspend(party, platform, _reason(reason))
        if isinstance(outcome, Refusal):
            return {"ok": False, "problems": _problems(outcome), "status": None}
        return {"ok": True, "problems": [], "status": outcome.status.upper()}

    async def _resume(self, party: Party, platform: str) -> Json:
        return await self._step(await self._desk.resume(party, platform), None)

    async def _decided(self, step: Awaitable[Refusal | None], id: str) -> Json:
        refusal = await step
        return await self._step(refusal, None if refusal is not None else _number(id))

    async def _step(self, refusal: Refusal | None, version_id: int | None) -> Json:
        return {
            "ok": refusal is None,
            "problems": _problems(refusal) if refusal is not None else [],
            "version": await asyncio.to_thread(self._after_step, version_id) if version_id is not None else None,
            "breaking": [],
            "dangerous": [],
        }

    async def _versions(self, party: Party, platform: str | None = None) -> Json:
        found = await self._desk.versions(party, platform)
        return await asyncio.to_thread(lambda: [self._show(each, history) for each, history in self._histories(found)])

    async def _version_of(self, party: Party, id: str) -> Json:
        placed = await self._desk.version(party, _number(id))
        return await asyncio.to_thread(self._show_one, placed) if placed is not None else None

    def _after_step(self, version_id: int) -> Json:
        version = self._desk.registration.version(version_id)
        return self._show_one(self._desk.loadings.placed(version)) if version is not None else None

    def _show_one(self, placed: PlacedVersion) -> Json:
        return next(self._show(each, history) for each, history in self._histories([placed]))

    def _histories(self, found: Sequence[PlacedVersion]) -> Iterator[tuple[PlacedVersion, list[Change]]]:
        """Yield versions with what happened to them; a platform's history is read once for all of its versions."""
        histories = {name: self._desk.registration.history(name) for name in {each.version.platform for each in found}}
        for each in found:
            own = [change for change in histories[each.version.platform] if change.version_id == each.version.id]
            yield each, own

    def _show(self, placed: PlacedVersion, history: Sequence[Change]) -> Json:
        version, loading = placed.version, placed.loading
        registration, run = self._desk.registration, self._desk.run_state(version.id)
        is_partial = loading is not None and not loading.is_complete
        return {
            "id": str(version.id),
            "platform": version.platform,
            "version": version.version,
            "status": version.status,
            "testing": run == "RUNNING",
            "run": run,
            "loading": {"loaded": loading.loaded, "processes": loading.processes} if loading is not None else None,
            "loadedEverywhere": not is_partial if loading is not None else None,
            "sdl": registration.sdl(version.id),
            "sha256": version.digest,
            "submittedBy": version.submitted_by,
            "submittedAt": instant(version.submitted_at),
            "report": version.report,
            "history": [_event(each) for each in history],
        }


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        return 0
    return int(text)


def _reason(text: str) -> str:
    if not text.strip() or len(text) > 500:
        raise GraphQLError("Give a reason of at most 500 characters.", extensions={"code": "BAD_USER_INPUT"})
    return text.strip()


def _forbidden() -> GraphQLError:
    message = "Ask with a client of a platform or of an operator (see /console) whose role allows it."
    return GraphQLError(message, extensions={"code": "FORBIDDEN"})


def _problems(refusal: Refusal) -> list[Json]:
    located = [
        {"code": each.code, "message": each.message, "line": each.line or None, "column": each.column or None}
        for each in refusal.problems
    ]
    return located or [{"code": refusal.code, "message": refusal.message, "line": None, "column": None}]


def _check(checked: Checked, mapped: list[Mapped]) -> Json:
    platform = checked.connector.definition.platform if checked.connector is not None else None
    return {
        "ok": checked.refusal is None,
        "platform": platform.name if platform is not None else None,
        "version": platform.version if platform is not None else None,
        "problems": _problems(checked.refusal) if checked.refusal is not None else [],
        "breaking": [_change(each) for each in checked.breaking],
        "dangerous": [_change(each) for each in checked.dangerous],
        "samples": [_mapped(each) for each in mapped],
    }


def _mapped(mapped: Mapped) -> Json:
    problems = [
        {"code": each.code, "message": f"{each.path}: {each.message}", "line": each.line, "column": each.column}
        for each in mapped.problems
    ]
    problems += [{"code": "TYPE_MISMATCH", "message": each, "line": None, "column": None} for each in mapped.misfits]
    if mapped.error is not None:
        problems.append({"code": "SAMPLE_INVALID", "message": mapped.error, "line": None, "column": None})
    return {"connect": mapped.connect, "value": mapped.value, "problems": problems}


def _change(change: SchemaChange) -> Json:
    return {"description": change.description, "uses": change.use.uses, "lastUsedOn": change.use.last}


def _event(change: Change) -> Json:
    return {"action": change.action, "by": change.by, "note": change.note, "at": instant(change.at)}


def _drift(line: PlacedDrift) -> Json:
    return {
        "endpoint": line.endpoint,
        "code": line.code,
        "path": line.path,
        "message": line.message,
        "count": line.count,
        "firstSeen": instant(line.first_seen),
        "lastSeen": instant(line.last_seen),
    }
