"""A backup is restored: nothing starts on it before what had ended since is ended again."""

import asyncio
import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from connectors.accounts.models import LinkedAccount
from connectors.accounts.tokens import AccountTokens
from consent.columns import utc_now
from consent.grants.visibility import SubjectGates
from consent.models import ConsentGrant, FetchLease, SubjectGate, Worker
from consent.oauth.actors import ActorRegistry
from consent.oauth.models import TOKENS
from consent.stops.journal import EndingsError
from consent.stops.open_leases import Scope
from gateway.cli import main
from gateway.config import load_settings
from gateway.server.wiring.consent import build_consent
from gateway.server.wiring.storage import open_storage
from gateway.storage.database import DatabaseError, create_database_engine
from gateway.storage.keyring import generate_key
from tests.granting import give_grant


class SqliteFile:
    """A database in a file, which is copied and put back."""

    def __init__(self, folder):
        self._file, self._copy = folder / "gigway.db", folder / "backup.db"
        self.url, self.journal = f"sqlite:///{self._file}", ""

    def back_up(self):
        connection = sqlite3.connect(self._file)
        connection.execute(f"VACUUM INTO '{self._copy}'")
        connection.close()

    def restore(self):
        for suffix in ("-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self._copy, self._file)

    def remove(self):
        pass


class PostgresDatabase:
    """A database of its own on the server, copied and put back."""

    def __init__(self, folder):
        server = os.environ.get("GIGWAY_DATABASE_URL", "")
        if not server.startswith("postgresql"):
            pytest.skip("GIGWAY_DATABASE_URL names no PostgreSQL")
        self._admin = create_database_engine(server).execution_options(isolation_level="AUTOCOMMIT")
        self._name = f"restore_{uuid.uuid4().hex}"
        self._do(f"CREATE DATABASE {self._name}")
        self.url, self.journal = f"{server.rpartition('/')[0]}/{self._name}", str(folder / "endings")

    def _do(self, *statements):
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def back_up(self):
        self._do(f"CREATE DATABASE {self._name}_copy TEMPLATE {self._name}")

    def restore(self):
        self._do(f"DROP DATABASE {self._name}", f"CREATE DATABASE {self._name} TEMPLATE {self._name}_copy")

    def remove(self):
        self._do(f"DROP DATABASE IF EXISTS {self._name}", f"DROP DATABASE IF EXISTS {self._name}_copy")
        self._admin.dispose()


@pytest.fixture(params=[SqliteFile, PostgresDatabase])
def database(request, tmp_path, monkeypatch):
    found = request.param(tmp_path)
    monkeypatch.setenv("GIGWAY_DATABASE_URL", found.url)
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", generate_key("k1"))
    if found.journal:
        monkeypatch.setenv("GIGWAY_ENDINGS_JOURNAL", found.journal)
    yield found
    found.remove()


class Running:
    """The storage and the consent layer of a process; `serving` is whether it holds leases."""

    def __init__(self, *, serving=True):
        settings = load_settings(os.environ)
        self.storage = open_storage(settings)
        self.engine = self.storage.database
        try:
            self.consent = build_consent(settings, self.storage)
        except BaseException:
            asyncio.run(self.storage.close())
            raise
        if serving:
            self.consent.leases.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.consent.leases.close()
        asyncio.run(self.storage.close())

    def give(self, worker_id, client_id="app"):
        return give_grant(
            self.engine,
            self.consent.grants,
            worker_id=worker_id,
            client_id=client_id,
            actor_id="acme",
            granted=[("uber", "ratings")],
        )

    def is_active(self, grant_id):
        with self.engine.connect() as connection:
            return (
                connection.execute(select(col(ConsentGrant.status)).where(col(ConsentGrant.id) == grant_id)).scalar()
                == "active"
            )

    def one(self, query):
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()


def populate(running):
    """Two workers with an account each, an actor with two clients, a token."""
    engine, now = running.engine, utc_now()
    registry = ActorRegistry(engine)
    registry.create_actor(
        legal_name="Acme AB",
        trading_name="Acme",
        categories=["ratings"],
        purposes=["job_matching"],
        actor_id="acme",
    )
    for client_id in ("app", "bad-app"):
        registry.create_client("acme", name="App", redirect_uris=[], client_id=client_id)
    with engine.begin() as connection:
        for worker_id in ("w1", "w2"):
            connection.execute(Worker.__table__.insert().values(id=worker_id, created_at=now))
            connection.execute(
                LinkedAccount.__table__.insert().values(
                    id=f"a-{worker_id}",
                    worker_id=worker_id,
                    platform="uber",
                    reference_digest=worker_id,
                    credential=AccountTokens(access_token="t").seal(running.storage.vault, f"a-{worker_id}"),
                    linked_at=now,
                    updated_at=now,
                )
            )
            SubjectGates().open(connection, account_id=f"a-{worker_id}", worker_id=worker_id, platform="uber")
        connection.execute(
            TOKENS.insert().values(
                token_hash="h",
                kind="access",
                client_id="app",
                family_id="f",
                purpose="job_matching",
                scopes=[],
                authorization_details=[],
                issued_at=now,
                expires_at=now + timedelta(hours=1),
            )
        )


@pytest.fixture
def restored(database):
    """A database that was restored after much had ended; returns the grants that stand and those that had ended."""
    with Running() as running:
        populate(running)
        kept, withdrawn, erased, disabled = (
            running.give("w1"),
            running.give("w1"),
            running.give("w2"),
            running.give("w1", "bad-app"),
        )
    database.back_up()
    with Running() as running:

        async def end():
            consent = running.consent
            assert (await consent.grants.revoke(withdrawn, by="worker", reason="page")).status == "confirmed"
            assert (await consent.stops.close_client("bad-app", reason="abuse")).status == "confirmed"
            assert (await consent.stops.erase_worker("w2")).status == "confirmed"

        asyncio.run(end())
    database.restore()
    return kept, withdrawn, erased, disabled


def test_nothing_starts_on_a_restored_database(restored):
    with pytest.raises(DatabaseError) as raised:
        Running()
    assert raised.value.code == "DATABASE_RESTORED"
    assert "gigway restore" in str(raised.value)


def test_with_the_journal_exactly_what_had_ended_ends_again(restored, capsys):
    kept, withdrawn, erased, _ = restored
    assert main(["restore"]) == 0
    assert capsys.readouterr().out.split() == [
        *("account", "1", "ended", "client", "1", "ended", "grant", "2", "ended"),
        *("token", "1", "ended", "worker", "1", "ended"),
        *("the", "database", "is", "in", "line", "again;", "start", "the", "processes"),
    ]
    with Running() as running:
        assert running.is_active(kept)
        assert not running.is_active(withdrawn)
        assert not running.is_active(erased)
        assert running.one(select(col(Worker.status)).where(col(Worker.id) == "w2")) == "erased"
        gate, credential = col(SubjectGate.open), col(LinkedAccount.credential)
        assert running.one(select(gate).where(col(SubjectGate.account_id) == "a-w1"))
        assert not running.one(select(gate).where(col(SubjectGate.account_id) == "a-w2"))
        assert running.one(select(credential).where(col(LinkedAccount.id) == "a-w1"))
        assert running.one(select(credential).where(col(LinkedAccount.id) == "a-w2")) is None
        assert running.one(text("SELECT count(*) FROM client_gate WHERE client_id = 'bad-app' AND NOT open")) == 1
        assert running.one(select(TOKENS.c.revoked_at)) is not None
        assert running.one(text("SELECT count(*) FROM consent_event WHERE type = 'consent:database:restore'")) == 1


def test_once_in_line_a_database_is_left_alone_and_followed_on(restored, database, capsys):
    kept = restored[0]
    assert main(["restore"]) == 0
    assert main(["restore"]) == 1
    assert "NOTHING_TO_RECONCILE: " in capsys.readouterr().err
    with Running() as running:
        asyncio.run(running.consent.grants.revoke(kept, by="worker", reason="page"))
    database.restore()
    assert main(["restore"]) == 0
    with Running() as running:
        assert not running.is_active(kept)


def test_without_a_journal_everything_ends(restored, database, tmp_path, capsys):
    for file in tmp_path.glob("*endings"):
        file.unlink()
    if database.journal:
        os.environ.pop("GIGWAY_ENDINGS_JOURNAL")
        assert main(["restore"]) == 1
        assert "NOTHING_TO_RECONCILE: " in capsys.readouterr().err
    assert main(["restore", "--end-all"]) == 0
    with Running() as running:
        assert not any(map(running.is_active, restored))
        assert running.one(text("SELECT count(*) FROM subject_gate WHERE open")) == 0
        assert running.one(text("SELECT count(*) FROM linked_account WHERE credential IS NOT NULL")) == 0


def test_another_machines_journal_is_good_as_well(restored, database, tmp_path):
    """The own journal was lost with the machine; another one's was kept."""
    (own,) = tmp_path.glob("*endings")
    own.rename(tmp_path / "other-machine")
    assert main(["restore", "--journal", str(tmp_path / "other-machine")]) == 0
    with Running() as running:
        assert [running.is_active(each) for each in restored] == [True, False, False, True]


def test_a_database_that_is_served_is_not_touched(restored, tmp_path, capsys):
    (own,) = tmp_path.glob("*endings")
    own.rename(tmp_path / "kept")
    with Running():
        assert main(["restore", "--journal", str(tmp_path / "kept")]) == 1
    assert capsys.readouterr().err.startswith("STILL_SERVING: ")


@pytest.mark.parametrize("database", [SqliteFile], indirect=True)
def test_a_backup_of_a_database_that_was_being_served_is_brought_into_line(database):
    """Its processes, and what they were reading, are in the copy; they are gone, and nobody waits for them.

    PostgreSQL cannot copy a database that is in use so simply, and drops dead processes' locks itself.
    """
    with Running() as running:
        populate(running)
        kept, withdrawn = running.give("w1"), running.give("w1")
        with running.engine.begin() as connection:
            connection.execute(
                FetchLease.__table__.insert().values(
                    id=running.consent.leases.process_id << 40,
                    process_id=running.consent.leases.process_id,
                    grant_id=kept,
                    worker_id="w1",
                    actor_id="acme",
                    client_id="app",
                    platform="uber",
                    categories="ratings",
                    started_at=utc_now(),
                )
            )
        database.back_up()
        with running.engine.begin() as connection:
            connection.execute(FetchLease.__table__.delete())
        asyncio.run(running.consent.grants.revoke(withdrawn, by="worker", reason="page"))
    database.restore()
    assert main(["restore"]) == 0
    with Running() as running:
        assert running.is_active(kept)
        revocation = asyncio.run(running.consent.grants.revoke(kept, by="worker", reason="page"))
        assert (revocation.status, revocation.open_leases) == ("confirmed", 0)
        assert running.one(text("SELECT count(*) FROM access_event WHERE reason = 'PROCESS_DIED'")) == 1


def test_a_copy_of_a_database_without_anything_ended_since_waits_for_nobody(tmp_path, monkeypatch):
    """The same where `gigway restore` is not needed: a process that starts alone finds out by itself."""
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", generate_key("k1"))
    (tmp_path / "moved").mkdir()
    monkeypatch.setenv("GIGWAY_DATABASE_URL", f"sqlite:///{tmp_path}/gigway.db")
    with Running() as running:
        populate(running)
        with closing(sqlite3.connect(tmp_path / "gigway.db")) as connection:
            connection.execute(f"VACUUM INTO '{tmp_path}/moved/gigway.db'")
    monkeypatch.setenv("GIGWAY_DATABASE_URL", f"sqlite:///{tmp_path}/moved/gigway.db")
    with Running() as running:
        assert running.consent.roll.living().keys() == {running.consent.leases.process_id}


def test_a_living_process_whose_lock_file_was_removed_is_not_taken_for_gone(restored, tmp_path, capsys):
    """Somebody tidied up beneath it: it still has the database open."""
    (own,) = tmp_path.glob("*endings")
    own.rename(tmp_path / "kept")
    with Running():
        for file in tmp_path.glob("*.lock"):
            file.unlink()
        assert main(["restore", "--journal", str(tmp_path / "kept")]) == 1
    assert capsys.readouterr().err.startswith("STILL_SERVING: ")


def test_a_process_beneath_which_a_backup_is_restored_says_so(database):
    """It does not write other endings under the numbers of those that the journal knows."""
    with Running() as running:
        populate(running)
        first, second, third = (running.give("w1") for _ in range(3))
        asyncio.run(running.consent.grants.revoke(first, by="worker", reason="page"))
        with running.engine.begin() as connection:
            connection.execute(text("DELETE FROM stop_notice"))
        for grant in (second, third):
            asyncio.run(running.consent.grants.revoke(grant, by="worker", reason="page"))
            with pytest.raises(EndingsError) as raised:
                running.consent.endings.follow()
            assert raised.value.code == "DATABASE_RESTORED"


@pytest.mark.parametrize("database", [PostgresDatabase], indirect=True)
@pytest.mark.parametrize(("hours", "words"), [(5, "ahead of"), (-5, "behind")])
def test_a_process_whose_clock_is_not_the_databases_does_not_start(database, monkeypatch, hours, words):
    """Attack 71, as an operator meets it."""
    monkeypatch.setattr("gateway.storage.database.utc_now", lambda: utc_now() + timedelta(hours=hours))
    with pytest.raises(DatabaseError) as raised:
        Running()
    assert raised.value.code == "LEASES_CLOCK_SKEW"
    assert f"{words} the database's" in str(raised.value)


def test_a_log_that_lost_its_end_is_noticed_without_any_ending(database):
    with Running(serving=False) as running:
        populate(running)
    database.back_up()
    with Running() as running:
        running.give("w1")
        running.consent.audit.advance()
        assert running.consent.endings is not None
    with Running(serving=False):
        pass  # at the start of a process the newest checkpoint is written down
    database.restore()
    with pytest.raises(DatabaseError) as raised:
        Running()
    assert raised.value.code == "DATABASE_RESTORED"


def test_a_new_database_beside_an_old_journal_is_a_new_database(tmp_path, monkeypatch):
    monkeypatch.setenv("GIGWAY_DATABASE_URL", f"sqlite:///{tmp_path}/gigway.db")
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", generate_key("k1"))
    for _ in range(2):
        with Running() as running:
            populate(running)
            asyncio.run(running.consent.grants.revoke(running.give("w1"), by="worker", reason="page"))
        for file in tmp_path.glob("gigway.db*"):
            if not file.name.endswith(".endings"):
                file.unlink()
    journal = (tmp_path / "gigway.db.endings").read_text()
    assert journal.count('"database"') == 2


def test_a_line_that_was_torn_off_does_not_hide_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("GIGWAY_DATABASE_URL", f"sqlite:///{tmp_path}/gigway.db")
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", generate_key("k1"))
    with Running() as running:
        populate(running)
        with (tmp_path / "gigway.db.endings").open("a") as file:
            file.write('{"seq": 1, "ki')
        grant = running.give("w1")
        asyncio.run(running.consent.stops.drain(Scope("grant", grant)))
        asyncio.run(running.consent.grants.revoke(grant, by="worker", reason="page"))
    assert running.consent.endings is not None
    assert [each.ref for each in running.consent.endings.journaled().endings.values()] == [grant]


def test_a_journal_that_cannot_be_written_stops_the_start(tmp_path, monkeypatch):
    monkeypatch.setenv("GIGWAY_DATABASE_URL", f"sqlite:///{tmp_path}/gigway.db")
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", generate_key("k1"))
    monkeypatch.setenv("GIGWAY_ENDINGS_JOURNAL", str(tmp_path / "nowhere" / "endings"))
    with pytest.raises(DatabaseError) as raised:
        Running()
    assert raised.value.code == "JOURNAL_UNUSABLE"
