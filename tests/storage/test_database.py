"""The database engine and its refusals."""

import os

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gateway.storage.database import DatabaseError, check_connection, create_database_engine, patient, read_only


def test_sqlite_runs_in_wal_mode_with_foreign_keys(tmp_path):
    engine = create_database_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    engine.dispose()


def test_readers_do_not_wait_for_a_writer(tmp_path):
    engine = create_database_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n integer)"))
    with engine.begin() as writer:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        with read_only(engine).connect() as reader:
            assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
    engine.dispose()


def test_the_connection_that_was_used_last_is_used_next(tmp_path):
    """It has its statements prepared and its pages read."""
    engine = create_database_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as last, engine.connect():
        used = last.connection.driver_connection
    with engine.connect() as again:
        assert again.connection.driver_connection is used
    engine.dispose()


def test_a_writer_waits_for_another_as_long_as_it_is_told_to(tmp_path):
    engine = create_database_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin(), pytest.raises(OperationalError, match="locked"), patient(engine, 0.01).begin():
        pass
    with patient(engine, 60.0).begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://h/d"])
def test_an_unusable_url_is_refused(url):
    with pytest.raises(DatabaseError) as raised:
        create_database_engine(url)
    assert raised.value.code == "DATABASE_URL_INVALID"


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "x.db").write_bytes(b"this is not a database" * 100)
    engine = create_database_engine(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(DatabaseError) as raised:
        check_connection(engine)
    assert raised.value.code == "DATABASE_DAMAGED"
    engine.dispose()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DatabaseError) as raised:
        create_database_engine(f"sqlite:///{tmp_path}/none/x.db")
    assert raised.value.code == "DATABASE_UNREACHABLE"


def test_a_server_that_does_not_answer_is_named_without_its_password():
    engine = create_database_engine("postgresql://user:sesame@127.0.0.1:1/d")
    with pytest.raises(DatabaseError) as raised:
        check_connection(engine)
    assert raised.value.code == "DATABASE_UNREACHABLE"
    assert "sesame" not in str(raised.value)
    engine.dispose()


def test_a_failed_statement_does_not_tell_its_parameters(tmp_path):
    engine = create_database_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection, pytest.raises(SQLAlchemyError) as raised:
        connection.execute(text("INSERT INTO nothing VALUES (:secret)"), {"secret": "sesame"})
    assert "sesame" not in str(raised.value)
    engine.dispose()


if os.environ.get("GIGWAY_DATABASE_URL", "").startswith("postgresql"):

    def test_statements_of_readers_stay_prepared():
        """Each reader takes a connection, and gives it back; a rollback would have them planned anew."""
        engine = create_database_engine(os.environ["GIGWAY_DATABASE_URL"])
        for number in range(10):
            with read_only(engine).connect() as connection:
                assert connection.execute(text("SELECT CAST(:n AS integer)"), {"n": number}).scalar_one() == number
        with read_only(engine).connect() as connection:
            prepared = connection.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()
        assert [statement for statement in prepared if "AS integer" in statement]
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            assert connection.connection.driver_connection.info.transaction_status.name == "INTRANS"
        engine.dispose()
