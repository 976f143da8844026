"""A grant's state is the fold of its events (invariant 8): after every kind of end, and not after a row was changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from consent.audit.fold import differing_grants
from consent.ddl import create_statements, drop_statements
from gateway.server.housekeeping import check_states
from tests.consent.conftest import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def anna(world: World) -> str:
    """A worker whose grants have ended in every way there is."""
    world.actor()
    anna, robin = world.worker(("u1", "uber")), world.worker(("u2", "uber"))
    items = [("uber", "ratings")]
    world.give(anna, items)
    replaced = world.give(anna, items)
    world.give(anna, items, replaces=replaced.id)
    for by in ("worker", "actor", "operator"):
        await world.grants.revoke(world.give(anna, items).id, by=by, reason="test")  # type: ignore[arg-type]
    world.give(anna, items, days=1)
    world.give(robin, items)
    await world.stops.erase_worker(robin)
    world.clock.advance(timedelta(days=2))
    assert len(world.grants.expire_due()) == 1
    return anna


@pytest.fixture
def tampering(world: World) -> Iterator[Connection]:
    """A connection of somebody who may do everything: the triggers are off."""
    with world.engine.connect() as connection:
        for statement in drop_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
        yield connection
    with world.engine.begin() as connection:
        for statement in create_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)


def _differing(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return differing_grants(connection)


async def test_every_end_is_in_the_events(world: World, anna: str, caplog: pytest.LogCaptureFixture) -> None:
    with world.engine.connect() as connection:
        states = set(connection.execute(text("SELECT status FROM consent_grant")).scalars())
    assert states == {"active", "superseded", "withdrawn", "revoked", "expired", "invalidated"}
    assert _differing(world) == []
    check_states(world.engine)
    assert caplog.records == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_grant SET status = 'active', ended_at = NULL WHERE status = 'withdrawn'",
        "UPDATE consent_grant SET purpose = 'training' WHERE status = 'superseded'",
        "UPDATE consent_grant SET client_id = 'other' WHERE status = 'expired'",
        "DELETE FROM consent_event WHERE type = 'consent:worker:erase'",
    ],
)
async def test_a_row_that_was_changed_differs(
    world: World, anna: str, tampering: Connection, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    tampering.execute(text(change))
    found = differing_grants(tampering)
    assert len(found) == 1
    tampering.commit()
    with caplog.at_level(logging.ERROR):
        check_states(world.engine)
    (record,) = caplog.records
    assert (record.message, record.grants) == ("server:housekeeping:differ", 1)  # type: ignore[attr-defined]
    assert found[0] not in caplog.text
