"""The steps of registration. All functions block; call them in a thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from graphql.utilities import find_breaking_changes, find_dangerous_changes
from sqlalchemy import Connection, Engine, func, insert, select, update

from connectors.registration.models import Action, ConnectorChange, ConnectorVersion, LiveConnector, VersionStatus
from connectors.schema import AnyConnector, Connector, ConnectorError, SdlProblem, check, load_any

_log = logging.getLogger(__name__)

_VERSION = ConnectorVersion.__table__  # type: ignore[attr-defined]
_LIVE = LiveConnector.__table__  # type: ignore[attr-defined]
_CHANGE = ConnectorChange.__table__  # type: ignore[attr-defined]

RefusalCode = Literal[
    "CONNECTOR_INVALID",
    "VERSION_NOT_NEWER",
    "COMPOSITION_FAILED",
    "VERSION_UNKNOWN",
    "NOT_TESTED",
    "NOT_LIVE",
    "KIND_CHANGED",
]


class PlatformGate(Protocol):
    """The consent side's fact *may this platform be read at all*, written in the transaction that decides it."""

    def open(self, session: Connection, *, platform: str) -> None:
        """Let the platform be read, as far as grants allow."""
        ...

    def close(self, session: Connection, *, platform: str, reason: str) -> None:
        """Let nobody read the platform from the commit on."""
        ...


Composes = Callable[[AnyConnector], Sequence[str]]
"""Says why a connector does not compose with what is live; empty when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a step was not taken; `problems` are located where they lie in the SDL."""

    code: RefusalCode
    message: str
    problems: Sequence[SdlProblem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A version that was taken in; `breaking` and `dangerous` compare its subgraph with the live version's."""

    version_id: int
    platform: str
    version: str
    breaking: Sequence[str]
    dangerous: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version as operators and platforms see it."""

    id: int
    platform: str
    version: str
    status: VersionStatus
    digest: str
    submitted_by: str
    submitted_at: datetime
    report: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the history."""

    platform: str
    version_id: int | None
    action: Action
    by: str
    note: str | None
    at: datetime


class Registration:
    """Versions of connectors, what is live, and the history."""

    def __init__(
        self, engine: Engine, gate: PlatformGate, composes: Composes, *, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._gate = gate
        self._composes = composes
        self._clock = clock

    def seed(self, connectors: Iterable[AnyConnector], *, by: str = "catalogue") -> None:
        """Make built-in connectors live where there is none, or where the live one is an older built-in one."""
        with self._engine.begin() as connection:
            for connector in connectors:
                live = self._live_row(connection, connector.name)
                is_ours = live is not None and live.submitted_by == by
                is_newer = live is not None and _parts(connector) > _parts_of(live.version)
                if live is None or (is_ours and is_newer):
                    version_id = self._insert(connection, connector, "LIVE", by)
                    self._make_live(connection, connector.name, version_id, "APPROVE", by, "built in")

    def submit(self, sdl: str, *, by: str) -> Submission | Refusal:
        """Take in a version after all checks that need no platform: SDL, mappings, composition, version."""
        problems = check(sdl)
        if problems:
            return Refusal(code="CONNECTOR_INVALID", message=f"{len(problems)} problems", problems=problems)
        connector = load_any(sdl)
        errors = self._composes(connector)
        if errors:
            return Refusal(code="COMPOSITION_FAILED", message="; ".join(errors))
        platform = connector.definition.platform
        with self._engine.begin() as connection:
            known = connection.execute(select(_VERSION.c.version).where(_VERSION.c.platform == platform.name))
            newest = max((_parts_of(text) for text in known.scalars()), default=(0, 0, 0))
            if _parts(connector) <= newest:
                latest = ".".join(map(str, newest))
                return Refusal(code="VERSION_NOT_NEWER", message=f"{platform.name} has {latest} already.")
            live = self._live_row(connection, platform.name)
            earlier = load_any(live.sdl) if live is not None else None
            if earlier is not None and type(earlier) is not type(connector):
                message = f"{platform.name} is live with{'' if isinstance(earlier, Connector) else 'out'} accounts."
                return Refusal(code="KIND_CHANGED", message=f"{message} Choose another name.")
            version_id = self._insert(connection, connector, "SUBMITTED", by)
            self._note(connection, platform.name, version_id, "SUBMIT", by)
        return Submission(
            version_id=version_id,
            platform=platform.name,
            version=platform.version,
            breaking=_changes(find_breaking_changes, earlier, connector),
            dangerous=_changes(find_dangerous_changes, earlier, connector),
        )

    def connector(self, version_id: int) -> AnyConnector | None:
        """Return a submitted version, ready to be tested."""
        with self._reader.connect() as connection:
            sdl = connection.execute(select(_VERSION.c.sdl).where(_VERSION.c.id == version_id)).scalar_one_or_none()
        return None if sdl is None else load_any(sdl)

    def record_test(self, version_id: int, *, ok: bool, report: Sequence[str], by: str) -> Refusal | None:
        """Keep the report of a conformance run of a version that waits."""
        status: VersionStatus = "TESTED" if ok else "FAILED"
        waiting = ("SUBMITTED", "TESTED", "FAILED")
        return self._decide(version_id, status, waiting, "TEST", by, status, report=list(report))

    def reject(self, version_id: int, *, by: str, note: str) -> Refusal | None:
        """Turn a version down for good."""
        return self._decide(version_id, "REJECTED", ("SUBMITTED", "TESTED", "FAILED"), "REJECT", by, note)

    def approve(self, version_id: int, *, by: str) -> Refusal | None:
        """Make a tested version live: every process follows within moments."""
        with self._engine.begin() as connection:
            row = self._version(connection, version_id)
            if row is None:
                return _unknown()
            if row.status != "TESTED":
                return Refusal(code="NOT_TESTED", message=f"Version {row.version} is {row.status}, not TESTED.")
            self._make_live(connection, row.platform, version_id, "APPROVE", by, None)
            return None

    def roll_back(self, platform: str, version_id: int, *, by: str) -> Refusal | None:
        """Make a version live again that was live before."""
        with self._engine.begin() as connection:
            row = self._version(connection, version_id)
            if row is None or row.platform != platform:
                return _unknown()
            if row.status != "RETIRED":
                return Refusal(code="NOT_LIVE", message=f"Version {row.version} was never live.")
            self._make_live(connection, platform, version_id, "ROLLBACK", by, None)
            return None

    def suspend(self, platform: str, *, by: str, reason: str) -> Refusal | None:
        """Close the platform's gate. After the commit, drain the platform."""
        return self._suspended(platform, True, "SUSPEND", by, reason)

    def resume(self, platform: str, *, by: str) -> Refusal | None:
        """Open the platform's gate again."""
        return self._suspended(platform, False, "RESUME", by, None)

    def generation(self) -> int:
        """Return a number that grows with every change."""
        with self._reader.connect() as connection:
            return connection.execute(select(func.max(_CHANGE.c.id))).scalar_one() or 0

    def live(self) -> tuple[int, list[Connector]]:
        """Return the generation and the connectors that are live in it, by name; suspended ones stay composed.

        A stored text that today's rules refuse is left out, and logged.
        """
        with self._reader.connect() as connection:
            generation = connection.execute(select(func.max(_CHANGE.c.id))).scalar_one() or 0
            rows = connection.execute(
                select(_LIVE.c.platform, _VERSION.c.sdl)
                .join(_LIVE, _LIVE.c.version_id == _VERSION.c.id)
                .order_by(_LIVE.c.platform)
            )
            return generation, [each for each in _loaded(rows) if isinstance(each, Connector)]

    def feeding(self) -> list[AnyConnector]:
        """Return the live connectors that publish feeds or entry bars, by name, but for the suspended ones."""
        with self._reader.connect() as connection:
            rows = connection.execute(
                select(_LIVE.c.platform, _VERSION.c.sdl)
                .join(_LIVE, _LIVE.c.version_id == _VERSION.c.id)
                .where(_LIVE.c.suspended.is_(False))
                .order_by(_LIVE.c.platform)
            )
            return [each for each in _loaded(rows) if each.definition.feeds or each.definition.entries]

    def versions(self, platform: str) -> list[VersionView]:
        """Return a platform's versions, newest first."""
        columns = [_VERSION.c[name] for name in VersionView.__dataclass_fields__]
        query = select(*columns).where(_VERSION.c.platform == platform).order_by(_VERSION.c.id.desc())
        with self._reader.connect() as connection:
            return [VersionView(**row._asdict()) for row in connection.execute(query)]

    def history(self, platform: str | None = None) -> list[Change]:
        """Return what happened, latest first."""
        columns = [_CHANGE.c[name] for name in Change.__dataclass_fields__]
        query = select(*columns).order_by(_CHANGE.c.id.desc())
        if platform is not None:
            query = query.where(_CHANGE.c.platform == platform)
        with self._reader.connect() as connection:
            return [Change(**row._asdict()) for row in connection.execute(query)]

    def _suspended(self, platform: str, suspended: bool, action: Action, by: str, note: str | None) -> Refusal | None:
        with self._engine.begin() as connection:
            done = connection.execute(
                update(LiveConnector).where(_LIVE.c.platform == platform).values(suspended=suspended)
            )
            if not done.rowcount:
                return Refusal(code="NOT_LIVE", message=f"{platform} is not live.")
            if suspended:
                self._gate.close(connection, platform=platform, reason=note or "suspended")
            else:
                self._gate.open(connection, platform=platform)
            self._note(connection, platform, None, action, by, note)
            return None

    def _decide(
        self,
        version_id: int,
        status: VersionStatus,
        from_: Sequence[str],
        action: Action,
        by: str,
        note: str,
        **values: Any,
    ) -> Refusal | None:
        with self._engine.begin() as connection:
            row = self._version(connection, version_id)
            if row is None or row.status not in from_:
                return _unknown()
            connection.execute(
                update(ConnectorVersion).where(_VERSION.c.id == version_id).values(status=status, **values)
            )
            self._note(connection, row.platform, version_id, action, by, note)
            return None

    def _make_live(
        self, connection: Connection, platform: str, version_id: int, action: Action, by: str, note: str | None
    ) -> None:
        known = self._live_row(connection, platform)
        connection.execute(
            update(ConnectorVersion)
            .where(_VERSION.c.platform == platform, _VERSION.c.status == "LIVE")
            .values(status="RETIRED")
        )
        connection.execute(update(ConnectorVersion).where(_VERSION.c.id == version_id).values(status="LIVE"))
        if known is None:
            connection.execute(insert(LiveConnector).values(platform=platform, version_id=version_id, suspended=False))
            self._gate.open(connection, platform=platform)
        else:
            connection.execute(update(LiveConnector).where(_LIVE.c.platform == platform).values(version_id=version_id))
        self._note(connection, platform, version_id, action, by, note)

    def _insert(self, connection: Connection, connector: AnyConnector, status: VersionStatus, by: str) -> int:
        platform = connector.definition.platform
        done = connection.execute(
            insert(ConnectorVersion)
            .values(
                platform=platform.name,
                version=platform.version,
                digest=connector.digest,
                sdl=connector.source,
                status=status,
                submitted_by=by,
                submitted_at=self._clock(),
            )
            .returning(_VERSION.c.id)
        )
        return int(done.scalar_one())

    def _note(
        self,
        connection: Connection,
        platform: str,
        version_id: int | None,
        action: Action,
        by: str,
        note: str | None = None,
    ) -> None:
        connection.execute(
            insert(ConnectorChange).values(
                platform=platform, version_id=version_id, action=action, by=by, note=note, at=self._clock()
            )
        )

    @staticmethod
    def _version(connection: Connection, version_id: int) -> Any:
        query = select(_VERSION.c.platform, _VERSION.c.version, _VERSION.c.status).where(_VERSION.c.id == version_id)
        return connection.execute(query).one_or_none()

    @staticmethod
    def _live_row(connection: Connection, platform: str) -> Any:
        return connection.execute(
            select(_VERSION.c.sdl, _VERSION.c.version, _VERSION.c.submitted_by)
            .join(_LIVE, _LIVE.c.version_id == _VERSION.c.id)
            .where(_LIVE.c.platform == platform)
        ).one_or_none()


def _loaded(rows: Iterable[Any]) -> Iterator[AnyConnector]:
    for platform, sdl in rows:
        try:
            yield load_any(sdl)
        except ConnectorError as error:
            _log.error("connectors:live:refused", extra={"platform": platform, "problems": len(error.problems)})


def _unknown() -> Refusal:
    return Refusal(code="VERSION_UNKNOWN", message="There is no such version, or it does not wait for this.")


def _parts(connector: AnyConnector) -> tuple[int, ...]:
    return _parts_of(connector.definition.platform.version)


def _parts_of(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _changes(find: Callable[[Any, Any], Sequence[Any]], earlier: AnyConnector | None, later: AnyConnector) -> list[str]:
    if not isinstance(earlier, Connector) or not isinstance(later, Connector):
        return []
    return [change.description for change in find(earlier.schema, later.schema)]
