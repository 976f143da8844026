"""Where this Gigway keeps its journal of endings (`consent/stops/journal.py`)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from consent.stops.journal import EndingsError, EndingsJournal
from gateway.config import Settings
from gateway.storage.database import DatabaseError
from gateway.storage.lasting_keys import LastingKeys


def journal_of(
    settings: Settings, engine: Engine, keys: LastingKeys, *, path: Path | None = None
) -> EndingsJournal | None:
    """Return the journal at `path`, where the settings say, or beside an SQLite database; None where there is none."""
    if path is None and settings.endings_journal:
        path = Path(settings.endings_journal)
    if path is None and engine.dialect.name == "sqlite" and engine.url.database:
        path = Path(f"{engine.url.database}.endings")
    if path is None:
        return None
    return EndingsJournal(path, engine, keys.keyring("database").derive("name", length=8).hex())


def check_journal(journal: EndingsJournal | None) -> None:
    """Raise `DatabaseError` when the database was restored from a backup, or the journal cannot be kept."""
    if journal is None:
        return
    try:
        journal.check()
        journal.follow()
    except EndingsError as error:
        raise DatabaseError(error.code, str(error)) from None
    except OSError as error:
        raise DatabaseError(
            "JOURNAL_UNUSABLE", f"The journal of endings cannot be kept ({error}); set GIGWAY_ENDINGS_JOURNAL."
        ) from None
