"""Statements that go straight to the driver: values as SQLAlchemy's, errors as SQLAlchemy's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import col

from consent.columns import Instant
from consent.driver_statement import DriverStatement
from consent.models import Actor, ConsentEvent
from gateway.storage.database import create_database_engine
from tests.consent.conftest import BACKENDS, World

_SINCE = DriverStatement(
    lambda _: select(col(Actor.id), col(Actor.is_test), col(Actor.created_at)).where(
        col(Actor.created_at) >= bindparam("since", type_=Instant())
    )
)


def test_values_go_in_and_come_out_as_sqlalchemy_has_them(world: World) -> None:
    world.actor()
    with world.engine.connect() as connection:
        made = connection.execute(select(col(Actor.created_at))).scalar_one()
    with world.engine.execution_options(read_only=True).connect() as connection:
        assert [list(row) for row in _SINCE.rows(connection, {"since": made})] == [["acme", False, made]]
        assert _SINCE.rows(connection, {"since": made + timedelta(microseconds=1)}) == []


def test_what_the_driver_raises_is_sqlalchemys(world: World) -> None:
    """Without the values: they may be personal."""
    event = insert(ConsentEvent).values(at=bindparam("at"), type=bindparam("type"), by_kind="worker", payload={})
    statement = DriverStatement(lambda _: event.returning(col(ConsentEvent.seq)))
    with world.engine.execution_options(read_only=True).connect() as connection:
        with pytest.raises(IntegrityError) as raised:
            statement.rows(connection, {"at": world.clock(), "type": None, "salt": "sesame"})
        assert "sesame" not in str(raised.value).partition("DETAIL")[0]


if "postgresql" in BACKENDS:

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_a_connection_that_is_gone_is_not_used_again(world: World) -> None:
        admin = create_database_engine(world.engine.url.render_as_string(hide_password=False))
        statement = DriverStatement(lambda _: select(col(Actor.id)))
        with world.engine.execution_options(read_only=True).connect() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with admin.connect() as killer:
                assert killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar()
            with pytest.raises(OperationalError):
                statement.rows(connection, {})
        admin.dispose()
        with world.engine.execution_options(read_only=True).connect() as connection:
            assert statement.rows(connection, {}) == []
