"""Migrations: they make the tables that the code has, once, whoever else tries."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from gateway.storage.database import DatabaseError, read_only
from gateway.storage.keyring import generate_key
from gateway.storage.migrate import current_revision, is_current, migrate
from gateway.storage.tables import metadata


def test_the_migrations_make_the_tables_that_the_code_has(engine):
    assert migrate(engine) is True
    with read_only(engine).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata()) == []
    assert is_current(engine)


def test_a_second_migration_finds_nothing_to_do(engine):
    migrate(engine)
    assert migrate(engine) is False


def test_migrations_at_once_do_the_work_once(engine):
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: migrate(engine), range(4))) == [False, False, False, True]


def test_processes_that_migrate_at_once_do_the_work_once(engine):
    environment = {
        **os.environ,
        "GIGWAY_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "GIGWAY_MASTER_KEYS": generate_key("k1"),
    }
    command = [sys.executable, "-m", "gateway", "migrate"]
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert said == ["migrated", "nothing to do", "nothing to do"]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert is_current(engine)


def test_a_database_of_a_newer_version_is_refused(engine):
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError) as raised:
        migrate(engine)
    assert raised.value.code == "DATABASE_TOO_NEW"


def test_a_failed_migration_leaves_the_schema_as_it_was(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE worker (id integer)"))
    with pytest.raises(DatabaseError):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["worker"]


def test_the_rules_of_the_tables_hold_after_a_migration(engine):
    migrate(engine)
    with engine.connect() as connection:
        assert current_revision(connection) is not None
    kind = (
        "sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "pg_trigger WHERE NOT tgisinternal"
    )
    with read_only(engine).connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {kind}")).scalar_one() > 5
