"""Grants: what the service refuses, what the database refuses whoever writes, and every path through their states."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from consent.grants.lifecycle import GrantError
from consent.models import StopNotice
from gateway.storage.database import create_database_engine
from gateway.storage.tables import metadata
from tests.consent.conftest import FakeClock, World, _seed

pytestmark = pytest.mark.anyio
ITEM = ("uber", "engagements")


@pytest.fixture
def anna(world: World) -> str:
    world.actor()
    return world.worker(("u1", "uber"))


async def test_grant_keeps_what_was_given_and_what_was_refused(world: World, anna: str) -> None:
    record = world.give(anna, [ITEM, ("*", "matching")], refused=[("uber", "reviews")])
    assert world.grants.find(record.id) == record
    assert (record.status, record.granted, record.refused) == (
        "active",
        {ITEM, ("*", "matching")},
        {("uber", "reviews")},
    )
    assert record.purpose_text == "To find work that suits you and to judge whether you suit it."
    assert world.grants.of_worker(anna, live=True) == [record] == world.grants.of_actor("acme", purpose="job_matching")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"granted": []}, "GRANT_EMPTY"),
        ({"granted": [("uber", "emotional_state")]}, "ITEM_NOT_ALLOWED"),
        ({"granted": [("*", "engagements")]}, "ITEM_NOT_ALLOWED"),
        ({"granted": [("uber", "matching")]}, "ITEM_NOT_ALLOWED"),
        ({"granted": [ITEM], "refused": [ITEM]}, "ITEM_NOT_ALLOWED"),
        ({"granted": [("uber", "reviews")], "purpose": "income_verification"}, "ITEM_NOT_ALLOWED"),
        ({"purpose": "curiosity"}, "PURPOSE_UNKNOWN"),
        ({"days": 181}, "EXPIRY_INVALID"),
        ({"days": 0}, "EXPIRY_INVALID"),
        ({"actor_id": "nobody"}, "ACTOR_UNKNOWN"),
        ({"worker_id": "nobody"}, "WORKER_UNKNOWN"),
        ({"replaces": "nothing"}, "REPLACES_UNKNOWN"),
    ],
)
def test_grant_is_refused(world: World, anna: str, change: dict[str, Any], code: str) -> None:
    with pytest.raises(GrantError) as refusal:
        world.give(**{"worker_id": anna, "granted": [ITEM], **change})
    assert refusal.value.code == code
    assert world.grants.of_worker(anna) == []


@pytest.mark.parametrize(
    ("change", "granted"),
    [
        ({}, True),
        ({"actor_id": "other"}, False),
        ({"purpose": "income_verification"}, False),
        ({"worker_id": "nobody"}, None),
        ({"grant_id": "another"}, False),
    ],
)
def test_whether_anything_is_granted_goes_by_all_of_it(
    world: World, anna: str, change: dict[str, str], granted: bool | None
) -> None:
    world.give(anna, [ITEM])
    asked = {"worker_id": anna, "actor_id": "acme", "purpose": "job_matching", **change}
    assert world.grants.is_granted(**asked) is granted


async def test_nothing_is_granted_after_the_end(world: World, anna: str) -> None:
    first, second = world.give(anna, [ITEM]), world.give(anna, [ITEM], days=30)
    await world.grants.revoke(first.id, by="worker", reason="mine")
    asked = {"actor_id": "acme", "purpose": "job_matching"}
    assert [world.grants.is_granted(anna, grant_id=each, **asked) for each in (first.id, second.id)] == [False, True]
    world.clock.advance(timedelta(days=30))
    assert not world.grants.is_granted(anna, **asked)


async def test_replacing_supersedes_and_never_takes_another_clients_grant(world: World, anna: str) -> None:
    first = world.give(anna, [ITEM])
    with pytest.raises(GrantError, match="no such grant"):
        world.give(anna, [ITEM], client_id="other-app", replaces=first.id)
    second = world.give(anna, [("uber", "ratings")], replaces=first.id)
    assert (second.version, second.parent_id) == (2, first.id)
    replaced = world.grants.find(first.id)
    assert replaced is not None
    assert (replaced.status, replaced.end_reason) == ("superseded", "replaced")
    assert (await world.grants.settle(first.id)).status == "confirmed"


async def test_revoking_again_changes_nothing(world: World, anna: str) -> None:
    record = world.give(anna, [ITEM])
    assert (await world.grants.revoke(record.id, by="worker", reason="mine")).status == "confirmed"
    assert (await world.grants.revoke(record.id, by="operator", reason="again")).status == "confirmed"
    ended = world.grants.find(record.id)
    assert ended is not None
    assert (ended.status, ended.end_reason) == ("withdrawn", "mine")
    with pytest.raises(GrantError, match="No such grant"):
        await world.grants.revoke("0" * 32, by="worker", reason="unknown")


def test_expired_grant_reads_as_expired_before_it_is_marked(world: World, anna: str) -> None:
    record = world.give(anna, [ITEM], days=2)
    world.clock.advance(timedelta(days=2))
    found = world.grants.find(record.id)
    assert found is not None
    assert (found.status, found.ended_at) == ("expired", record.expires_at)
    assert world.grants.expire_due() == [record.id]
    assert world.grants.expire_due() == []


FORBIDDEN = [
    "UPDATE consent_grant SET status = 'active', ended_at = NULL WHERE id = :ended",
    "UPDATE consent_grant SET end_reason = 'prettier' WHERE id = :ended",
    "UPDATE consent_grant SET expires_at = '2031-01-01 00:00:00.000000' WHERE id = :live",
    "UPDATE consent_grant SET worker_id = :other WHERE id = :live",
    "UPDATE consent_grant SET purpose = 'training' WHERE id = :live",
    "UPDATE consent_grant SET status = 'paused' WHERE id = :live",
    "UPDATE consent_grant SET status = 'withdrawn' WHERE id = :live",
    "DELETE FROM consent_grant WHERE id = :live",
    "UPDATE grant_item SET granted = (1 = 1) WHERE grant_id = :live",
    "DELETE FROM grant_item WHERE grant_id = :live",
    "INSERT INTO grant_item VALUES (:live, 'uber', 'emotional_state', 1, (1 = 1))",
    "INSERT INTO grant_item VALUES (:live, '*', 'earnings', 1, (1 = 1))",
    "INSERT INTO grant_item VALUES (:ended, 'uber', 'earnings', 1, (1 = 1))",
    "UPDATE worker SET status = 'active' WHERE id = :erased",
    "DELETE FROM consent_event",
    "UPDATE consent_event SET by_kind = 'nobody'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_database_refuses(world: World, anna: str, statement: str) -> None:
    ended, live = world.give(anna, [ITEM]), world.give(anna, [ITEM], refused=[("uber", "ratings")])
    await world.grants.revoke(ended.id, by="worker", reason="mine")
    other, erased = world.worker(), world.worker()
    await world.stops.erase_worker(erased)
    names = {"ended": ended.id, "live": live.id, "other": other, "erased": erased}
    used = {name: value for name, value in names.items() if f":{name}" in statement}
    with pytest.raises(DBAPIError), world.engine.begin() as connection:
        connection.execute(text(statement), used)


def test_database_refuses_a_grant_beyond_its_purpose(world: World, anna: str) -> None:
    insert = text(
        "INSERT INTO consent_grant (id, worker_id, client_id, actor_id, actor_version, purpose, "
        "purpose_version, status, epoch, version, granted_at, expires_at, locale, notice_sha256, screen_sha256, amr) "
        "VALUES (:id, :worker, 'c', 'acme', 1, 'income_verification', 1, 'active', 1, 1, "
        "'2030-01-01 00:00:00.000000', :until, 'en', '', '', '[]')"
    )
    with world.engine.begin() as connection:
        connection.execute(insert, {"id": "a", "worker": anna, "until": "2030-01-31 00:00:00.000000"})
    with pytest.raises(DBAPIError, match="no longer than its purpose"), world.engine.begin() as connection:
        connection.execute(insert, {"id": "b", "worker": anna, "until": "2030-01-31 00:00:01.000000"})


@pytest.mark.parametrize(
    ("statement", "notice"),
    [
        ("UPDATE consent_grant SET status = 'revoked', ended_at = granted_at WHERE id = :grant", "grant"),
        ("UPDATE consent_grant SET expires_at = '2030-05-02 00:00:00.000000' WHERE id = :grant", "grant"),
        ("DELETE FROM subject_gate WHERE account_id = 'u1'", "account"),
        ("UPDATE subject_gate SET open = (1 = 0) WHERE account_id = 'u1'", "account"),
        ("DELETE FROM platform_gate WHERE platform = 'uber'", "platform"),
        ("UPDATE actor SET status = 'suspended' WHERE id = 'acme'", "actor"),
        ("UPDATE worker SET status = 'erased' WHERE id = :worker", "worker"),
    ],
)
async def test_every_end_leaves_a_notice_whoever_wrote_it(world: World, anna: str, statement: str, notice: str) -> None:
    record = world.give(anna, [ITEM])
    values = {"grant": record.id, "worker": anna}
    with world.engine.begin() as connection:
        connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    with Session(world.engine) as session:
        kinds = [row.kind for row in session.exec(select(StopNotice)).all()]
    assert kinds == [notice]


class GrantLifecycle(RuleBasedStateMachine):
    """A model beside the service: a dictionary of grants that only ever end."""

    grants = Bundle("grants")

    def __init__(self) -> None:
        super().__init__()
        self.engine = _memory_of(self.folder)
        self.clock = FakeClock()
        self.world = World(self.engine, self.clock)
        self.world.actor()
        self.worker = self.world.worker(("u1", "uber"))
        self.model: dict[str, tuple[str, Any]] = {}

    folder: Path

    @rule(target=grants, days=st.integers(1, 60))
    def give(self, days: int) -> str:
        record = self.world.give(self.worker, [ITEM], days=days)
        self.model[record.id] = ("active", record.expires_at)
        return record.id

    @rule(grant=grants, by=st.sampled_from(["worker", "actor", "operator"]))
    def end(self, grant: str, by: str) -> None:
        with self.engine.begin() as connection:
            done = self.world.grants._end(
                connection, grant, status={"worker": "withdrawn"}.get(by, "revoked"), reason="x", by=by, by_id=None
            )
        status, until = self.model[grant]
        assert done is (status == "active")
        if done:
            self.model[grant] = ({"worker": "withdrawn"}.get(by, "revoked"), until)

    @rule(target=grants, grant=grants)
    def replace(self, grant: str) -> str:
        status, until = self.model[grant]
        if status != "active":
            with pytest.raises(GrantError):
                self.world.give(self.worker, [ITEM], replaces=grant)
            return grant
        record = self.world.give(self.worker, [ITEM], replaces=grant)
        self.model[grant] = ("superseded", until)
        self.model[record.id] = ("active", record.expires_at)
        return record.id

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    @rule()
    def sweep(self) -> None:
        due = {name for name, (status, until) in self.model.items() if status == "active" and until <= self.clock()}
        assert set(self.world.grants.expire_due()) == due
        for name in due:
            self.model[name] = ("expired", self.model[name][1])

    @invariant()
    def database_agrees(self) -> None:
        expected = {
            name: "expired" if status == "active" and until <= self.clock() else status
            for name, (status, until) in self.model.items()
        }
        assert {grant.id: grant.status for grant in self.world.grants.of_worker(self.worker)} == expected

    def teardown(self) -> None:
        self.engine.dispose()


def _memory_of(folder: Path) -> Engine:
    path = folder / f"{len(list(folder.iterdir()))}.db"
    engine = create_database_engine(f"sqlite:///{path}")
    metadata().create_all(engine)
    _seed(engine)
    return engine


def test_lifecycle_follows_the_model(tmp_path: Path) -> None:
    GrantLifecycle.folder = tmp_path
    machine = GrantLifecycle.TestCase
    machine.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
    machine().runTest()
