"""`python -m gateway.storage.new_migration "message"`: write the next migration from what the tables have become."""

from __future__ import annotations

import sys
import tempfile

from alembic import command
from alembic.script import ScriptDirectory

from gateway.storage.database import create_database_engine
from gateway.storage.migrate import configuration_for, migrate


def main(message: str) -> None:
    """Migrate an empty database, compare it with the tables, and write the difference as a revision."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_database_engine(f"sqlite:///{folder}/empty.db")
        migrate(engine)
        with engine.begin() as connection:
            configuration = configuration_for(connection)
            number = 1 + sum(1 for _ in ScriptDirectory.from_config(configuration).walk_revisions())
            command.revision(configuration, message, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "change")
