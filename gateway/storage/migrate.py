"""Bring the database's schema up to date, once, whoever else tries at the same time.

PostgreSQL: under an advisory lock, in one transaction. SQLite: in one `BEGIN IMMEDIATE` transaction.
Either way a second process waits and then finds nothing to do, and a failed step leaves the schema as it was.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from consent import ddl
from gateway.storage.database import DatabaseError, explain, patient, read_only
from graph.finding import triggers

PATIENCE_SECONDS = 300.0
"""How long a migration may take for which others wait."""

_LOCK = 0x6769677761  # "gigwa": any number that nothing else locks


def migrate(engine: Engine) -> bool:
    """Migrate to the newest revision; returns whether anything had to be done.

    Raises `DatabaseError`: `DATABASE_TOO_NEW` when a newer Gigway has migrated this database, and what
    `explain` makes of a driver's failure.
    """
    try:
        # A new file that others are making right now cannot be read yet: then wait for them as below.
        with suppress(OperationalError):
            if is_current(engine):
                return False
        with patient(engine, PATIENCE_SECONDS).begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            before = current_revision(connection)
            configuration = configuration_for(connection)
            if before is not None and before not in _known(configuration):
                raise DatabaseError(
                    "DATABASE_TOO_NEW",
                    "This database was migrated by a newer Gigway; run that version, or a newer one.",
                )
            command.upgrade(configuration, "head")
            changed = before != current_revision(connection)
            if changed:
                _renew_triggers(connection)
            return changed
    except CommandError as error:
        raise DatabaseError("DATABASE_MIGRATION_FAILED", str(error)) from None
    except SQLAlchemyError as error:
        raise explain(error, engine.url) from None


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the newest revision. Takes no lock that others would wait for."""
    with read_only(engine).connect() as connection:
        return (
            current_revision(connection)
            == ScriptDirectory.from_config(configuration_for(connection)).get_current_head()
        )


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the schema is at; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def _renew_triggers(connection: Connection) -> None:
    """Triggers are derived from the code: after a change of schema they are made anew, all of them."""
    dialect = connection.dialect.name
    for owner in (ddl, triggers):
        for statement in (*owner.drop_statements(dialect), *owner.create_statements(dialect)):
            connection.exec_driver_sql(statement)


def _known(configuration: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}


def configuration_for(connection: Connection) -> Config:
    """Return Alembic's configuration for work on `connection`."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    configuration.attributes["connection"] = connection
    return configuration
