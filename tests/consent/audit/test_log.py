"""The audit log in a real database: gapless, provable, and every way of altering it is found (attack 72)."""

import orjson
import pytest
from sqlalchemy import Connection, event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from consent.audit.events import EVENTS, read_events
from consent.audit.leaf import canonical, leaf_data
from consent.audit.log import AuditLog
from consent.audit.models import AuditLeaf, AuditNode
from consent.audit.note import read_checkpoint
from consent.audit.verify import verify_consistency, verify_inclusion, verify_log
from consent.ddl import create_statements, drop_statements
from consent.models import AccessEvent
from tests.consent.audit.conftest import KEYS, SIGNER, read
from tests.consent.conftest import World

pytestmark = pytest.mark.anyio


def findings(world: World, *earlier: str) -> list[str]:
    with world.engine.connect() as connection:
        return sorted({finding.code for finding in verify_log(connection, KEYS, earlier=earlier)})


async def test_log_grows_without_gap_and_verifies(world: World, audit: AuditLog, anna: str) -> None:
    first = audit.latest()
    assert first is not None
    assert audit.advance() == 0
    assert audit.latest() == first
    await read(world, 5)
    assert audit.advance() == 5
    second = audit.latest()
    assert second is not None
    assert (read_checkpoint(first, KEYS).size, read_checkpoint(second, KEYS).size) == (8, 13)
    assert verify_consistency(first, second, audit.consistency(8, 13), KEYS)
    assert not verify_consistency(first, second, audit.consistency(7, 13), KEYS)
    with world.engine.connect() as connection:
        assert list(connection.execute(select(AuditLeaf.seq).order_by(AuditLeaf.seq)).scalars()) == list(range(13))
    assert findings(world, first, second) == []


@pytest.mark.parametrize(("is_later", "mine", "others"), [(False, 0, 5), (True, 2, 3)])
async def test_two_processes_that_seal_at_once_agree(
    world: World,
    audit: AuditLog,
    anna: str,
    monkeypatch: pytest.MonkeyPatch,
    is_later: bool,
    mine: int,
    others: int,
) -> None:
    monkeypatch.setattr("consent.audit.log.BATCH", 2)
    other = AuditLog(world.engine, SIGNER, clock=world.clock)
    await read(world, 5)
    done: list[int] = []
    # The bounds are known, and on SQLite the first batch is worked out but not written; later it is in.
    when = 2 + is_later

    @event.listens_for(world.engine, "checkin")
    def between_batches(*_: object) -> None:
        done.append(0)
        if len(done) == when:
            done.append(other.advance())

    assert audit.advance() == mine
    event.remove(world.engine, "checkin", between_batches)
    assert others in done
    assert findings(world) == []
    assert audit.advance() == 0


async def test_a_leaf_is_canonical_json(world: World, anna: str) -> None:
    with world.engine.connect() as connection:
        for kind in EVENTS:
            for _, row in read_events(connection, kind, after=0, until=100, limit=100):
                leaf = leaf_data(kind, row)
                assert canonical(orjson.loads(leaf)) == leaf


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_log_that_cannot_be_written_says_so_as_databases_do(world: World, audit: AuditLog, anna: str) -> None:
    """What `run` waits out: the next second it is tried again."""
    with world.engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END")
        )
    await read(world, 1)
    with pytest.raises(IntegrityError):
        audit.advance()


async def test_each_event_can_be_proven_and_no_other(world: World, audit: AuditLog, anna: str) -> None:
    with world.engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(AccessEvent.__table__))]
    for row in rows:
        proof = audit.inclusion("access", row["id"])
        assert proof is not None
        assert verify_inclusion("access", row, proof, KEYS)
        assert not verify_inclusion("access", {**row, "records": row["records"] + 1}, proof, KEYS)
    assert audit.inclusion("access", 999) is None


ALTERATIONS: dict[str, tuple[str, list[str]]] = {
    "edit": ("UPDATE access_event SET records = 99 WHERE id = 3", ["EDITED"]),
    "edit of who": ("UPDATE access_event SET actor_id = 'nobody' WHERE id = 3", ["EDITED"]),
    "edit of the salt": ("UPDATE access_event SET salt = 'sweet' WHERE id = 3", ["EDITED"]),
    "delete": ("DELETE FROM access_event WHERE id = 3", ["DELETED"]),
    "delete with its leaf": (
        "DELETE FROM access_event WHERE id = 3; DELETE FROM audit_leaf WHERE event_id = 3 AND kind = 'access'",
        ["GAP", "TRUNCATED"],
    ),
    "reorder": (
        "UPDATE audit_leaf SET event_id = 900 WHERE event_id = 3 AND kind = 'access'; "
        "UPDATE audit_leaf SET event_id = 3 WHERE event_id = 4 AND kind = 'access'; "
        "UPDATE audit_leaf SET event_id = 4 WHERE event_id = 900 AND kind = 'access'",
        ["EDITED"],
    ),
    "truncate": (
        "DELETE FROM access_event WHERE id = 7; DELETE FROM audit_leaf WHERE seq = 7; DELETE FROM audit_checkpoint",
        ["TRUNCATED"],
    ),
    "forged note": ("UPDATE audit_checkpoint SET note = REPLACE(note, 'gigway', 'gigwey')", ["NOTE_WRONG"]),
}


def alter(connection: Connection, statements: str) -> None:
    """Do what only somebody can who owns the database: drop the triggers first."""
    dialect = connection.dialect.name
    for statement in drop_statements(dialect):
        connection.exec_driver_sql(statement)
    for statement in statements.split("; "):
        connection.execute(text(statement))
    for statement in create_statements(dialect):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("name", ALTERATIONS)
async def test_alteration_is_found(world: World, audit: AuditLog, anna: str, name: str) -> None:
    statements, expected = ALTERATIONS[name]
    kept = audit.latest()
    assert kept is not None
    with world.engine.begin() as connection:
        alter(connection, statements)
    assert findings(world, kept) == expected


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit_node SET hash = (SELECT hash FROM audit_leaf WHERE seq = 0)", ["NODE_WRONG"]),
        ("DELETE FROM audit_node", ["NODE_WRONG"]),
        ("INSERT INTO audit_node SELECT 5, 1, hash FROM audit_leaf WHERE seq = 0", ["NODE_WRONG"]),
        ("INSERT INTO audit_node SELECT 1, 0, hash FROM audit_leaf WHERE seq = 0", ["NODE_WRONG"]),
        ("DELETE FROM audit_leaf WHERE seq = 7", ["GAP", "NODE_WRONG", "ROOT_WRONG", "SLIPPED_IN", "TRUNCATED"]),
    ],
)
async def test_alteration_of_the_tree_is_found(
    world: World, audit: AuditLog, anna: str, statement: str, found: list[str]
) -> None:
    await read(world, 24)
    assert audit.advance() == 24
    assert findings(world) == []
    with world.engine.begin() as connection:
        alter(connection, statement)
    assert findings(world) == found


@pytest.mark.parametrize("number", [2, 0, -7, -(2**63)])
async def test_event_slipped_in_is_found(world: World, audit: AuditLog, anna: str, number: int) -> None:
    """Somebody claims an access that never was: under a number that is free before those that are sealed already."""
    with world.engine.begin() as connection:
        if number == 2:  # as where a transaction was rolled back, and PostgreSQL never gave its number out again
            alter(connection, "DELETE FROM access_event WHERE id = 2; DELETE FROM audit_leaf WHERE event_id = 2")
        row = dict(connection.execute(select(AccessEvent.__table__).limit(1)).one()._mapping)
        connection.execute(AccessEvent.__table__.insert().values(**row | {"id": number}))
    assert "SLIPPED_IN" in findings(world)
    audit.advance()
    assert "SLIPPED_IN" in findings(world), "sealing does not make it true"


async def test_event_that_was_moved_is_found(world: World, audit: AuditLog, anna: str) -> None:
    with world.engine.begin() as connection:
        alter(connection, "UPDATE access_event SET id = 400 WHERE id = 2")
    await read(world, 1)
    audit.advance()
    assert "DELETED" in findings(world)


async def test_rewritten_history_is_a_fork_for_who_kept_a_checkpoint(world: World, audit: AuditLog, anna: str) -> None:
    """The operator edits, and rebuilds and signs the whole tree anew: it agrees with itself, not with the past."""
    kept = audit.latest()
    assert kept is not None
    with world.engine.begin() as connection:
        alter(
            connection,
            "UPDATE access_event SET records = 0; DELETE FROM audit_leaf WHERE seq >= 0; "
            "DELETE FROM audit_node WHERE level > 0; DELETE FROM audit_checkpoint WHERE size > 0",
        )
    assert audit.advance() == 8
    assert findings(world) == []
    assert findings(world, kept) == ["FORKED"]
    forked = audit.latest()
    assert forked is not None
    assert not verify_consistency(kept, forked, [], KEYS)


async def test_erased_workers_events_go_and_every_proof_stays(world: World, audit: AuditLog, anna: str) -> None:
    kept = audit.latest()
    assert kept is not None
    with pytest.raises(DBAPIError, match="events are kept"):
        audit.forget(anna)
    await world.stops.erase_worker(anna)
    assert audit.forget(anna) == 7
    audit.advance()
    assert world.events() == []
    assert findings(world, kept) == []
    assert audit.inclusion("access", 3) is not None


@pytest.mark.parametrize("table", ["audit_leaf", "audit_node", "audit_checkpoint"])
async def test_rows_of_the_log_stay(world: World, audit: AuditLog, anna: str, table: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(insert(AuditNode).values(level=9, position=0, hash=b""))
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET hash = hash"):
        with pytest.raises(DBAPIError), world.engine.begin() as connection:
            connection.execute(text(statement.replace("hash", "note") if table == "audit_checkpoint" else statement))


async def test_of_erased_workers_nothing_stays_and_of_others_everything(
    world: World, audit: AuditLog, anna: str
) -> None:
    """What housekeeping calls: again and again, because a last event may come after the erasure."""
    robin = world.worker(("u9", "uber"))
    world.give(robin, [("uber", "ratings")])
    audit.advance()
    assert audit.forget_erased() == 0
    await world.stops.erase_worker(anna)
    audit.advance()
    assert audit.forget_erased() == 7
    assert audit.forget_erased() == 0
    audit.advance()
    assert [event.worker_id for event in world.events()] == []
    with world.engine.connect() as connection:
        assert verify_log(connection, KEYS) == []
