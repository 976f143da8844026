"""A key gets a new version: nothing that was signed or handed out is lost, and who verifies has time to follow."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import select, text

from consent.audit.keys import VerifierKey
from consent.audit.log import AuditLog
from consent.audit.log_signer import LogSigner, Signer
from consent.audit.note import read_checkpoint, signed_by
from consent.audit.verify import verify_log
from consent.ddl import drop_statements
from consent.leases.keeper import LeaseKeeper
from consent.models import Actor
from consent.receipts import ReceiptError, receipt_signer, verify_receipt
from gateway.cli import main
from gateway.storage.key_versions import KeyChangeError, mark_compromised, new_version, retire
from gateway.storage.key_watch import SETTLE, KeyWatch
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.lasting_keys import LastingKey, open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault

K1 = generate_key("k1")
VAULT = Vault(parse_keyring(K1))
DAY = timedelta(days=1)


class Clock:
    def __init__(self):
        self.now = datetime(2026, 5, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, by):
        self.now += by
        return self.now


class World:
    """A migrated database, and a process that serves on it and looks for keys when told."""

    def __init__(self, engine):
        migrate(engine)
        self.engine, self.clock = engine, Clock()
        self.watch = KeyWatch(engine, VAULT, open_lasting_keys(engine, VAULT, clock=self.clock))
        self.receipts = receipt_signer(self.watch.signing_keys("receipts"), clock=self.clock)
        self.log_signer = LogSigner("gigway.example/log", self.watch.signing_keys("audit"), clock=self.clock)
        self.log = AuditLog(engine, self.log_signer, clock=self.clock)

    def new(self, purpose, after=DAY):
        number = new_version(self.engine, VAULT, purpose, now=self.clock(), after=after)
        self.watch.look()
        return number

    def compromised(self, purpose, version):
        made = mark_compromised(self.engine, VAULT, purpose, version, now=self.clock())
        self.watch.look()
        return made

    def retire(self, purpose, version):
        retire(self.engine, purpose, version, now=self.clock())
        self.watch.look()

    def receipt(self):
        return self.receipts.sign({"dct:issued": self.clock().isoformat()})

    def actor(self, name):
        with self.engine.begin() as connection:
            connection.execute(
                Actor.__table__.insert().values(
                    id=name, legal_name=name, trading_name=name, categories=[], purposes=[], created_at=self.clock()
                )
            )


@pytest.fixture
def world(engine):
    return World(engine)


def kid(token):
    return jws.extract_compact(token.encode()).headers()["kid"]


def refused(code, action, *arguments, **named):
    with pytest.raises(KeyChangeError) as raised:
        action(*arguments, **named)
    assert raised.value.code == code


def test_a_new_key_is_published_first_and_signs_when_copies_of_the_set_have_it(world):
    first = world.receipt()
    copied = world.receipts.jwks()
    assert world.new("receipts") == 2
    published = world.receipts.jwks()
    assert len(copied["keys"]) == 1
    assert published["keys"][0]["kid"] == kid(first)
    assert kid(world.receipt()) == kid(first)

    changed_at = world.clock() + DAY
    world.clock.advance(DAY - timedelta(seconds=1))
    assert kid(world.receipt()) == kid(first)
    world.clock.advance(timedelta(seconds=1))
    second = world.receipt()
    assert kid(second) == published["keys"][1]["kid"]
    old, new = world.receipts.jwks()["keys"]
    assert old["exp"] == new["nbf"] == int(changed_at.timestamp())
    for receipt in (first, second):
        assert verify_receipt(receipt, published)
        assert jws.deserialize_compact(receipt, KeySet.import_key_set(published), algorithms=["Ed25519"]).payload


def test_a_receipt_by_a_key_out_of_its_time_is_refused(world):
    old = receipt_signer(lambda: world.watch.signing_keys("receipts")()[:1], clock=world.clock)
    world.new("receipts")
    world.clock.advance(2 * DAY)
    late = old.sign({"dct:issued": world.clock().isoformat()})
    with pytest.raises(ReceiptError, match="not in use"):
        verify_receipt(late, world.receipts.jwks())


def test_a_retired_key_can_sign_no_more_and_what_it_signed_stays(world):
    first = world.receipt()
    refused("KEY_IN_USE", world.retire, "receipts", 1)
    world.new("receipts")
    refused("KEY_IN_USE", world.retire, "receipts", 1)
    world.clock.advance(DAY + SETTLE)
    world.retire("receipts", 1)
    refused("KEY_RETIRED", world.retire, "receipts", 1)
    refused("KEY_UNKNOWN", world.retire, "receipts", 7)
    assert verify_receipt(first, world.receipts.jwks())
    assert verify_receipt(world.receipt(), world.receipts.jwks())
    with world.engine.connect() as connection:
        sealed = connection.execute(select(LastingKey.sealed).where(LastingKey.purpose == "receipts"))
        assert [each is None for each in sealed.scalars()] == [True, False]


def test_a_compromised_key_counts_no_more_and_another_takes_over_at_one_moment(world):
    first = world.receipt()
    assert world.compromised("receipts", 1) == 2
    refused("KEY_COMPROMISED", world.compromised, "receipts", 1)
    assert kid(world.receipt()) == kid(first)
    assert len(world.receipts.jwks()["keys"]) == 2
    world.clock.advance(SETTLE)
    second, published = world.receipt(), world.receipts.jwks()
    assert [each["kid"] for each in published["keys"]] == [kid(second)]
    assert [each["kid"] for each in published["revoked"]] == [kid(first)]
    with pytest.raises(ReceiptError, match="compromised"):
        verify_receipt(first, published)
    assert verify_receipt(second, published)


def test_a_version_that_waits_takes_over_from_a_compromised_one(world):
    assert world.new("notices") == 2
    refused("KEY_WAITING", world.new, "notices")
    assert world.compromised("notices", 1) is None
    world.clock.advance(SETTLE)
    versions = world.watch.signing_keys("notices")()
    assert [each.can_sign(world.clock()) for each in versions] == [False, True]


def test_a_notice_that_waits_is_signed_again_when_its_key_was_compromised(world):
    waiting = world.receipts.sign({"jti": "n1"})
    assert world.receipts.renew(waiting) == waiting
    world.compromised("receipts", 1)
    world.clock.advance(SETTLE)
    renewed = world.receipts.renew(waiting)
    keys = KeySet.import_key_set({"keys": world.receipts.jwks()["keys"]})
    assert jws.deserialize_compact(renewed, keys, algorithms=["Ed25519"]).payload == b'{"jti":"n1"}'


def test_an_overlap_shorter_than_copies_may_be_kept_is_refused(world):
    refused("OVERLAP_TOO_SHORT", world.new, "audit", timedelta(minutes=59))


def findings(world, *earlier, keys=None):
    with world.engine.connect() as connection:
        known = keys if keys is not None else world.log_signer.verifiers()
        return [each.code for each in verify_log(connection, known, earlier=earlier)]


def test_both_versions_sign_the_log_until_the_older_one_is_retired(world):
    old = world.log_signer.verifier()
    world.new("audit")  # an event of the log
    world.log.advance()
    first = world.log.latest()
    assert len(signed_by(first, world.log_signer.verifiers())) == 1
    world.clock.advance(DAY + SETTLE)
    new = world.log_signer.verifier()
    assert new.text() != old.text()
    world.new("receipts")
    world.log.advance()
    second = world.log.latest()
    assert read_checkpoint(second, [old]) == read_checkpoint(second, [new])

    world.retire("audit", 1)
    world.log.advance()
    third = world.log.latest()
    assert read_checkpoint(third, [new]).size == 3
    assert signed_by(third, [old]) == []
    assert findings(world, first, second, third) == []
    assert findings(world, keys=[new]) == ["NOTE_WRONG"]
    periods = world.log_signer.periods()
    assert [(each.version, each.signs_until) for each in periods] == [(1, world.clock()), (2, None)]


def test_72_a_checkpoint_signed_again_with_an_old_key_is_found(world):
    world.new("audit")
    world.log.advance()
    world.clock.advance(DAY + SETTLE)
    world.new("receipts")
    world.log.advance()
    world.new("notices")
    world.log.advance()
    assert findings(world) == []
    old = world.watch.signing_keys("audit")()[0].private
    signer = Signer("gigway.example/log", old)
    forged = signer.sign(read_checkpoint(world.log.latest(), world.log_signer.verifiers()))
    with world.engine.begin() as connection:
        disarm(connection)
        connection.execute(text("UPDATE audit_checkpoint SET note = :note WHERE size = 3"), {"note": forged})
    assert findings(world) == ["KEY_OUTDATED"]


def disarm(connection):
    """Take the triggers away, as only the owner of the database can."""
    for statement in drop_statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def test_ids_that_actors_know_never_change_and_new_actors_have_new_ones(world):
    world.actor("old")
    process, other = PairwiseSealer(world.watch), PairwiseSealer(world.watch)
    before = process.seal_for_actor("w1", "old")
    assert world.new("pairwise", timedelta(0)) == 2
    refused("KEY_NEEDED", world.retire, "pairwise", 1)
    world.clock.advance(SETTLE)
    world.actor("new")
    fresh = other.seal_for_actor("w1", "new")
    assert other.seal_for_actor("w1", "old") == process.seal_for_actor("w1", "old") == before
    assert (before[:4], fresh[:4]) == ("gw1_", "gw2_")
    assert other.unseal_for_actor(before, "old") == other.unseal_for_actor(fresh, "new") == "w1"


def test_a_process_finds_a_new_key_by_itself(world):
    async def look_once():
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(world.watch.run, 0.01)
                while len(world.watch.signing_keys("audit")()) == 1:  # noqa: ASYNC110 - no event tells it
                    await anyio.sleep(0.01)
                group.cancel_scope.cancel()

    new_version(world.engine, VAULT, "audit", now=world.clock(), after=DAY)
    anyio.run(look_once)


@pytest.fixture
def run(engine, monkeypatch, capsys):
    migrate(engine)

    def call(*arguments, keys=K1):
        monkeypatch.setenv("GIGWAY_DATABASE_URL", engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("GIGWAY_MASTER_KEYS", keys)
        code = main(["keys", *arguments])
        return code, *capsys.readouterr()

    return call


def test_the_command_publishes_lists_and_replaces(run, engine):
    code, out, err = run("new", "receipts")
    assert (code, err) == (0, "")
    assert out.startswith("version 2 of receipts is published now and signs from 20")
    assert run("new", "receipts")[2].startswith("KEY_WAITING: ")
    assert run("new", "notices", "--after", "0.5")[2].startswith("OVERLAP_TOO_SHORT: ")
    assert run("retire", "receipts", "1")[2].startswith("KEY_IN_USE: ")
    assert run("compromised", "audit", "1")[1].endswith("version 2 takes over\n")
    listed = {tuple(line.split()[:3]) for line in run("list")[1].splitlines()[1:]}
    assert listed == {
        ("audit", "1", "compromised"),
        ("audit", "2", "published"),
        ("notices", "1", "in"),
        ("pairwise", "1", "in"),
        ("receipts", "1", "in"),
        ("receipts", "2", "published"),
    }
    with engine.connect() as connection:
        events = connection.execute(text("SELECT type FROM consent_event ORDER BY seq")).scalars().all()
    assert events == ["storage:keys:new", "storage:keys:compromise", "storage:keys:new"]


def test_the_command_refuses_while_a_process_could_not_open_the_new_key(run, engine):
    run("list")
    behind = LeaseKeeper(engine, listen=False, master_keys=parse_keyring(K1).names())
    behind.start()
    code, _, err = run("new", "audit", keys=f"{generate_key('k2')},{K1}")
    behind.close()
    assert code == 1
    assert err.startswith("KEY_NOT_IN_USE: ")


def test_verifier_keys_are_written_and_read(world):
    text_ = world.log_signer.verifier().text()
    assert VerifierKey.read(text_).text() == text_
