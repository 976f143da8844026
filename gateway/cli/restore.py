"""`gigway restore`: after a backup was restored, end again what had ended since it was made."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from connectors.accounts.store import drop_credential
from connectors.takeout.store import drop_upload
from consent.columns import utc_now
from consent.leases.processes import living_processes
from consent.stops.journal import EndingsError, EndingsJournal
from consent.stops.lost_processes import bury_lost
from consent.stops.restore import reconcile
from gateway.cli.failure import CommandError
from gateway.config import load_settings
from gateway.storage.database import create_database_engine
from gateway.storage.endings import journal_of
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed


def add_parsers(commands: Any) -> None:
    """Add `restore`."""
    restore = commands.add_parser("restore", help="after a backup was restored: end what had ended since")
    restore.add_argument(
        "--journal", type=Path, action="append", default=[], help="a machine's journal of endings; repeatable"
    )
    restore.add_argument(
        "--end-all", action="store_true", help="without a journal: end every grant, close every account"
    )
    restore.set_defaults(run=_restore)


def _restore(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ)
    missing = [file for file in options.journal if not file.is_file()]
    if missing:
        raise CommandError("FILE_UNREADABLE", f"{missing[0]}: there is no such journal", exit_code=2)
    engine = create_database_engine(settings.database_url)
    try:
        migrate(engine)
        seed(engine)
        keys = open_lasting_keys(engine, Vault(settings.keyring))
        own = journal_of(settings, engine, keys)
        given = [journal_of(settings, engine, keys, path=file) for file in options.journal]
        journals = [each for each in (own, *given) if each is not None]
        bury_lost(engine)
        _check(engine, journals, end_all=options.end_all)
        ended = reconcile(engine, journals, end_all=options.end_all, also=_drop)
    except EndingsError as error:
        raise CommandError(error.code, str(error)) from None
    finally:
        engine.dispose()
    for kind, count in sorted(ended.items()):
        print(f"{kind:<10} {count} ended")
    print("the database is in line again; start the processes")
    return 0


def _check(engine: Engine, journals: list[EndingsJournal], *, end_all: bool) -> None:
    """Refuse while somebody serves, and where nothing shows that a backup was restored."""
    serving = living_processes(engine)
    if serving:
        hosts = ", ".join(sorted(each.host for each in serving))
        raise CommandError("STILL_SERVING", f"{hosts} (machine:process) serves this database; stop it first.")
    if not end_all and journals and not any(_disagrees(journal) for journal in journals):
        raise CommandError(
            "NOTHING_TO_RECONCILE",
            "The database has everything that its journals say. If it was restored all the same, end every grant "
            "with --end-all.",
        )


def _disagrees(journal: EndingsJournal) -> bool:
    try:
        journal.check()
    except EndingsError:
        return True
    return False


def _drop(connection: Connection, account_id: str) -> None:
    """Forget what was held for an account that was unlinked since."""
    drop_credential(connection, account_id, reason="RESTORED", now=utc_now())
    drop_upload(connection, account_id)
