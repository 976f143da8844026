"""Idle connections to PostgreSQL: taken for alive without a trip, found dead before they are used."""

import os

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from gateway.storage.database import create_database_engine
from gateway.storage.idle_connections import REST_SECONDS, check_idle_connections

URL = os.environ.get("GIGWAY_DATABASE_URL", "")
pytestmark = pytest.mark.skipif(not URL.startswith("postgresql"), reason="GIGWAY_DATABASE_URL names no PostgreSQL")

WHO = text("SELECT pg_backend_pid()")


@pytest.fixture
def observer():
    engine = create_database_engine(URL)
    with engine.execution_options(read_only=True).connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def moment():
    return [1000.0]


@pytest.fixture
def engine(moment):
    url = URL.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, pool_use_lifo=True, isolation_level="AUTOCOMMIT")
    check_idle_connections(engine, clock=lambda: moment[0])
    yield engine
    engine.dispose()


def last_statement(observer, pid):
    return observer.execute(text("SELECT query FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}).scalar_one()


def end(observer, *pids):
    for pid in pids:
        assert observer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar_one()


def test_a_connection_that_was_just_used_is_not_asked_whether_it_lives(engine, observer, moment):
    with engine.connect() as connection:
        pid = connection.execute(WHO).scalar_one()
    moment[0] += REST_SECONDS - 1
    with engine.connect() as connection:
        assert last_statement(observer, pid) == WHO.text
        assert connection.execute(WHO).scalar_one() == pid


def test_a_connection_that_has_rested_is_asked(engine, observer, moment):
    with engine.connect() as connection:
        pid = connection.execute(WHO).scalar_one()
    moment[0] += REST_SECONDS
    with engine.connect() as connection:
        assert last_statement(observer, pid) != WHO.text
        assert connection.execute(WHO).scalar_one() == pid


@pytest.mark.parametrize("rested", [0.0, REST_SECONDS])
def test_connections_that_the_server_has_ended_are_replaced_before_they_are_used(engine, observer, moment, rested):
    with engine.connect() as one, engine.connect() as other:
        ended = {connection.execute(WHO).scalar_one() for connection in (one, other)}
    end(observer, *ended)
    moment[0] += rested
    with engine.connect() as one, engine.connect() as other:
        assert not ended & {connection.execute(WHO).scalar_one() for connection in (one, other)}


def test_what_the_server_says_unasked_does_not_end_a_connection(engine, observer):
    with engine.connect() as connection:
        pid = connection.execute(WHO).scalar_one()
        connection.execute(text("LISTEN idle"))
    observer.execute(text("NOTIFY idle"))
    with engine.connect() as connection:
        assert connection.execute(WHO).scalar_one() == pid


def test_a_server_that_is_gone_is_an_operational_error(moment):
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    check_idle_connections(engine, clock=lambda: moment[0])
    with pytest.raises(OperationalError):
        engine.connect()
    engine.dispose()
