"""The steps of registration. All functions block; call them in a thread."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from graphql.utilities import find_breaking_changes, find_dangerous_changes
from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlmodel import col

from connectors.registration.models import (
    Action,
    ConformanceRun,
    ConnectorChange,
    ConnectorVersion,
    LiveConnector,
    VersionStatus,
)
from connectors.registration.values import (
    Change,
    Checked,
    Composes,
    PlatformGate,
    Refusal,
    SchemaChange,
    Submission,
    Uses,
    VersionView,
)
from connectors.schema import AnyConnector, Connector, ConnectorError, check, load_any

_log = logging.getLogger(__name__)

_VERSION = ConnectorVersion.__table__  # type: ignore[attr-defined]
_LIVE = LiveConnector.__table__  # type: ignore[attr-defined]
_CHANGE = ConnectorChange.__table__  # type: ignore[attr-defined]


class Registration:
    """Versions of connectors, what is live, and the history."""

    def __init__(
        self,
        engine: Engine,
        gate: PlatformGate,
        composes: Composes,
        *,
        uses: Uses,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._gate = gate
        self._composes = composes
        self._uses = uses
        self._clock = clock

    def seed(self, connectors: Iterable[AnyConnector], *, by: str = "catalogue") -> None:
        """Make built-in connectors live where there is none, or where the live one is an older built-in one."""
        given = list(connectors)
        with self._reader.connect() as connection:
            new = [connector for connector in given if self._is_wanted(connection, connector, by)]
        if not new:
            return  # as nearly always: nobody waits for a lock
        with self._engine.begin() as connection:
            for connector in new:
                if self._is_wanted(connection, connector, by):
                    version_id = self._insert(connection, connector, "LIVE", by)
                    self._make_live(connection, connector.name, version_id, "APPROVE", by, "built in")

    def _is_wanted(self, connection: Connection, connector: AnyConnector, by: str) -> bool:
        """Whether nothing is live in the place of a built-in connector, or an older built-in one."""
        live = self._live_row(connection, connector.name)
        return live is None or (live.submitted_by == by and _parts(connector) > _parts_of(live.version))

    def check(self, sdl: str) -> Checked:
        """Check a text without taking it in: SDL, mappings, composition with what is live, what it would break."""
        problems = check(sdl)
        if problems:
            message = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
            return Checked(
                connector=None, refusal=Refusal(code="CONNECTOR_INVALID", message=message, problems=problems)
            )
        connector = load_any(sdl)
        errors = self._composition_errors(connector)
        if errors:
            return Checked(connector=connector, refusal=Refusal(code="COMPOSITION_FAILED", message="; ".join(errors)))
        with self._reader.connect() as connection:
            refusal, earlier = self._compare(connection, connector)
        return Checked(
            connector=connector,
            refusal=refusal,
            breaking=self._changes(find_breaking_changes, earlier, connector),
            dangerous=self._changes(find_dangerous_changes, earlier, connector),
        )

    def compare(self, sdl: str) -> Checked:
        """Return what a submitted text would break, compared with what is live now."""
        connector = load_any(sdl)
        with self._reader.connect() as connection:
            _, earlier = self._compare(connection, connector)
        return Checked(
            connector=connector,
            refusal=None,
            breaking=self._changes(find_breaking_changes, earlier, connector),
            dangerous=self._changes(find_dangerous_changes, earlier, connector),
        )

    def submit(self, sdl: str, *, by: str) -> Submission | Refusal:
        """Take in a version after all checks that need no platform."""
        checked = self.check(sdl)
        if checked.refusal is not None or checked.connector is None:
            assert checked.refusal is not None
            return checked.refusal
        connector = checked.connector
        platform = connector.definition.platform
        with self._engine.begin() as connection:
            refusal, _ = self._compare(connection, connector)
            if refusal is not None:
                return refusal
            version_id = self._insert(connection, connector, "SUBMITTED", by)
            self._note(connection, platform.name, version_id, "SUBMIT", by)
        return Submission(
            version_id=version_id,
            platform=platform.name,
            version=platform.version,
            breaking=checked.breaking,
            dangerous=checked.dangerous,
        )

    def _compare(self, connection: Connection, connector: AnyConnector) -> tuple[Refusal | None, AnyConnector | None]:
        """Return why a version cannot follow those that there are, and the one that is live."""
        platform = connector.definition.platform
        live = self._live_row(connection, platform.name)
        earlier = load_any(live.sdl) if live is not None else None
        known = connection.execute(select(_VERSION.c.version).where(_VERSION.c.platform == platform.name))
        newest = max((_parts_of(text) for text in known.scalars()), default=(0, 0, 0))
        if _parts(connector) <= newest:
            latest = ".".join(map(str, newest))
            message = f"{platform.name} has {latest} already: raise the version in @platform."
            return Refusal(code="VERSION_NOT_NEWER", message=message), earlier
        if earlier is not None and type(earlier) is not type(connector):
            message = f"{platform.name} is live with{'' if isinstance(earlier, Connector) else 'out'} accounts."
            return Refusal(code="KIND_CHANGED", message=f"{message} Choose another name."), earlier
        return None, earlier

    def _composition_errors(self, connector: AnyConnector) -> Sequence[str]:
        _, live = self.live()
        return self._composes(connector, [each for each in live if each.name != connector.name])

    def _changes(
        self, find: Callable[[Any, Any], Sequence[Any]], earlier: AnyConnector | None, later: AnyConnector
    ) -> list[SchemaChange]:
        if not isinstance(earlier, Connector) or not isinstance(later, Connector):
            return []
        found = [change.description for change in find(earlier.schema, later.schema)]
        return [
            SchemaChange(description=text, use=self._uses.use_of(later.name, coordinates_in(text))) for text in found
        ]

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
        """Say that a tested version is to be live: every process follows within moments (`loading`).

        What went live since it was submitted counts: it is composed with that once more.
        """
        connector = self.connector(version_id)
        if connector is None:
            return _unknown()
        errors = self._composition_errors(connector)
        if errors:
            return Refusal(code="COMPOSITION_FAILED", message="; ".join(errors))
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

    def went_live(self, version_id: int) -> int:
        """Return the generation in which a version was last made live; 0 where it never was."""
        query = select(func.max(_CHANGE.c.id)).where(
            _CHANGE.c.version_id == version_id, _CHANGE.c.action.in_(("APPROVE", "ROLLBACK"))
        )
        with self._reader.connect() as connection:
            return connection.execute(query).scalar_one() or 0

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
        """Return the live connectors, providers too, by name, but for the suspended ones: they may publish feeds."""
        with self._reader.connect() as connection:
            rows = connection.execute(
                select(_LIVE.c.platform, _VERSION.c.sdl)
                .join(_LIVE, _LIVE.c.version_id == _VERSION.c.id)
                .where(_LIVE.c.suspended.is_(False))
                .order_by(_LIVE.c.platform)
            )
            return list(_loaded(rows))

    def version(self, version_id: int) -> VersionView | None:
        """Return one version."""
        found = self._versions(_VERSION.c.id == version_id)
        return found[0] if found else None

    def sdl(self, version_id: int) -> str | None:
        """Return the text of a version."""
        with self._reader.connect() as connection:
            return connection.execute(select(_VERSION.c.sdl).where(_VERSION.c.id == version_id)).scalar_one_or_none()

    def waiting(self) -> list[VersionView]:
        """Return the versions that somebody has to do something about, newest first."""
        return self._versions(_VERSION.c.status.in_(("SUBMITTED", "TESTED", "FAILED")))

    def suspended(self) -> frozenset[str]:
        """Return the live platforms that nobody may read."""
        with self._reader.connect() as connection:
            return frozenset(connection.execute(select(_LIVE.c.platform).where(_LIVE.c.suspended)).scalars())

    def platforms(self) -> list[str]:
        """Return the platforms that have a version, by name."""
        with self._reader.connect() as connection:
            return list(
                connection.execute(select(_VERSION.c.platform).distinct().order_by(_VERSION.c.platform)).scalars()
            )

    def versions(self, platform: str) -> list[VersionView]:
        """Return a platform's versions, newest first."""
        return self._versions(_VERSION.c.platform == platform)

    def _versions(self, condition: Any) -> list[VersionView]:
        columns = [_VERSION.c[name] for name in VersionView.__dataclass_fields__]
        query = select(*columns).where(condition).order_by(_VERSION.c.id.desc())
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
            connection.execute(delete(ConformanceRun).where(col(ConformanceRun.version_id) == version_id))
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


def coordinates_in(description: str) -> list[str]:
    """Return what a change of a schema is about, as graphql-core describes it: `Type.field`, else the types named."""
    words = re.findall(r"\b[A-Z]\w*(?:\.\w+)?", description)
    dotted = [word for word in words if "." in word]
    return dotted[:1] or words
