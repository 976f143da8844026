"""`confirmed` is said when the end is on disk, though nobody waits for the disk under a lock."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.consent.conftest import World

pytestmark = pytest.mark.anyio


async def test_an_end_is_on_disk_before_it_is_confirmed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = _grant(world)
    written: list[str] = []
    if world.engine.dialect.name == "sqlite":
        monkeypatch.setattr(os, "fdatasync", lambda descriptor: written.append(_name(descriptor)))
        await world.grants.revoke(grant, by="worker", reason="test")
        assert written == [f"{Path(world.engine.url.database or '').name}-wal"]
        return
    with world.engine.connect() as connection:
        before = connection.execute(text("SELECT pg_current_wal_insert_lsn()")).scalar_one()
    await world.grants.revoke(grant, by="worker", reason="test")
    with world.engine.connect() as connection:
        flushed = text("SELECT pg_current_wal_flush_lsn() > CAST(:before AS pg_lsn)")
        assert connection.execute(flushed, {"before": before}).scalar_one()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL stops when its disk fails
async def test_what_is_not_on_disk_is_not_confirmed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = _grant(world)

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(OperationalError):
        await world.grants.revoke(grant, by="worker", reason="test")
    found = world.grants.find(grant)
    assert found is not None
    assert found.status == "withdrawn", "it has ended all the same"
    monkeypatch.undo()
    assert (await world.grants.settle(grant)).status == "confirmed"


def _grant(world: World) -> str:
    world.actor()
    return world.give(world.worker(("u1", "uber")), [("uber", "engagements")]).id


def _name(descriptor: int) -> str:
    return Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
