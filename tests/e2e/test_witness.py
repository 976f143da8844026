"""A witness and a gateway in processes of their own: it signs, the gateway shows it, and no lie gets through."""

import os
import signal
import subprocess
import sys
import threading
import time

import httpx2
import pytest
from sqlalchemy import insert, text

from consent.audit.keys import VerifierKey
from consent.audit.log import AuditLog
from consent.audit.note import read_checkpoint, signed_by
from consent.columns import utc_now
from consent.contact import ContactCodes
from consent.ddl import create_statements, drop_statements
from consent.models import Worker, new_id
from consent.oauth.actors import ActorRegistry
from gateway.cli import main
from gateway.config import load_settings
from gateway.server.signers import audit_signer
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import key_versions
from gateway.storage.keyring import generate_key
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.vault import Vault

PATIENCE = 30.0


class Running:
    """A command in a process of its own, and the lines that it has written."""

    def __init__(self, environment, *arguments):
        self.lines = []
        self._more = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line)
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def says(self, words, *, after=0):
        """Wait for a line with `words` among those after the first `after`; return how many lines there are then."""

        def place():
            return next((n for n, line in enumerate(self.lines) if n >= after and words in line), None)

        with self._more:
            assert self._more.wait_for(lambda: place() is not None, PATIENCE), (words, self.lines)
            return place() + 1

    def end(self, how=signal.SIGTERM):
        """End the process; return its exit code and all that it has written."""
        if self.process.poll() is None and how is not None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self._reader.join()
        self.process.stdout.close()
        return code, "".join(self.lines)


class Gigway:
    """A gateway in its process, its database, and an actor who is turned away so that the log grows."""

    def __init__(self, folder, port, witness):
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            "GIGWAY_DATABASE_URL": f"sqlite:///{folder}/gigway.db",
            "GIGWAY_MASTER_KEYS": generate_key("t1"),
            "GIGWAY_ISSUER": self.url,
            "GIGWAY_PORT": str(port),
            "GIGWAY_SANDBOX_URL": "http://127.0.0.1:1",
            "GIGWAY_DEMO_LOGIN": "true",
            "GIGWAY_WITNESSES": witness,
        }
        self.http = httpx2.Client(base_url=self.url)
        self.start()
        self.database = create_database_engine(self.environment["GIGWAY_DATABASE_URL"])
        settings = load_settings(self.environment)
        keys = open_lasting_keys(self.database, Vault(settings.keyring))
        signer = audit_signer(settings, lambda: key_versions(keys, "audit"))
        self.key = signer.verifier().text()
        self.log = AuditLog(self.database, signer)
        registry = ActorRegistry(self.database)
        actor = registry.create_actor(
            legal_name="Acme AB", trading_name="Acme", categories=["ratings"], purposes=["job_matching"]
        )
        client = registry.create_client(actor, name="App", redirect_uris=["http://127.0.0.1:9/callback"])
        answer = self.http.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "authorization_details": '[{"type": "gig_data", "purpose": "job_matching"}]',
            },
            auth=(client.client_id, client.client_secret),
        )
        self._token = answer.json()["access_token"]

    def start(self):
        self.process = Running(self.environment, "serve")
        until = time.monotonic() + PATIENCE
        while True:
            assert self.process.process.poll() is None, self.process.lines
            try:
                if self.http.get("/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            assert time.monotonic() < until
            time.sleep(0.1)

    def grow(self):
        """Let something happen that is logged; return the log's size after it."""
        with self.database.begin() as connection:
            worker_id = new_id()
            connection.execute(insert(Worker).values(id=worker_id, status="active", is_test=True, created_at=utc_now()))
            code = ContactCodes(self.database).create(connection, worker_id)
        query = {"query": "query ($w: ID!) { worker(id: $w) { id } }", "variables": {"w": code}}
        answer = self.http.post("/graphql", json=query, headers={"Authorization": f"Bearer {self._token}"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "CONSENT_REQUIRED"
        self.log.advance()
        return read_checkpoint(self.http.get("/audit/checkpoint").text, [VerifierKey.read(self.key)]).size

    def alter(self, *statements):
        """Do what only whoever owns the database can."""
        with self.database.begin() as connection:
            for statement in (*drop_statements("sqlite"), *statements, *create_statements("sqlite")):
                connection.execute(text(statement))

    def close(self):
        self.http.close()
        self.database.dispose()
        return self.process.end()


@pytest.fixture
def call(capsys):
    """Return a function that runs a command here; returns its exit code and all that it wrote."""

    def run(*arguments):
        code = main(["audit", *arguments])
        written = capsys.readouterr()
        return code, written.out + written.err

    return run


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "witness"


@pytest.fixture
def gigway(tmp_path, free_port, folder, call, monkeypatch):
    """A gateway that knows the witness: the witness has made its key, though nobody answered it yet."""
    port = free_port()
    strange = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    alone = ("--key", strange, "--name", "witness.example/1", "--folder", str(folder))
    code, said = call("witness", f"http://127.0.0.1:{port}", *alone)
    key = (folder / "key.pub").read_text().strip()
    assert code == 1
    assert key in said
    assert "LOG_UNREACHABLE" in said
    gigway = Gigway(tmp_path, port, key)
    for name, value in gigway.environment.items():
        monkeypatch.setenv(name, value)
    yield gigway
    gigway.close()


def test_a_witness_and_a_gateway_in_processes_of_their_own(gigway, folder, call, tmp_path):
    witness = ("witness", gigway.url, "--key", gigway.key, "--submit", "--name", "witness.example/1")
    mine = ("--folder", str(folder))
    key = (folder / "key.pub").read_text().strip()
    keys = [VerifierKey.read(gigway.key), VerifierKey.read(key)]

    # It signs what is new, and the gateway shows it.
    gigway.grow()
    watching = Running({}, "audit", *witness, *mine, "--every", "0.2")
    seen = watching.says("— witness.example/1 ")
    assert signed_by(gigway.http.get("/audit/checkpoint/cosigned").text, keys) == keys
    size = gigway.grow()
    seen = watching.says("— witness.example/1 ", after=seen)
    kept = tmp_path / "kept.txt"
    kept.write_text(gigway.http.get("/audit/checkpoint/cosigned").text)
    assert read_checkpoint(kept.read_text(), keys).size == size

    # Only one process is this witness, and nobody else is a witness at all.
    assert call(*witness, *mine)[1].startswith("WITNESS_RUNNING")
    code, said = call(*witness, "--folder", str(tmp_path / "other"))
    own = (tmp_path / "other/key.pub").read_text().strip()
    assert code == 1
    assert said.splitlines()[-1].startswith("WITNESS_UNKNOWN: The operator has not named witness.example/1")
    assert said.endswith(f"Its key: {own}\n")

    # The gateway is away for a while.
    gigway.process.end()
    seen = watching.says("LOG_UNREACHABLE", after=seen)
    gigway.start()
    gigway.grow()
    watching.says("— witness.example/1 ", after=seen)

    # Everything holds, seen from outside and from inside.
    outside = ("verify", gigway.url, "--key", gigway.key, "--earlier", str(kept), "--witness", key)
    inside = ("verify", "--earlier", str(kept), "--witness", key)
    for command in (outside, inside):
        code, said = call(*command)
        assert (code, "witness.example/1 cosigned" in said) == (0, True), said

    # A cosignature is changed in the database: everybody who looks finds it.
    with gigway.database.connect() as connection:
        line = connection.execute(text("SELECT line FROM audit_cosignature ORDER BY size DESC LIMIT 1")).scalar_one()
    forged = line.replace(line[-12:-4], "AAAAAAAA")
    gigway.alter(f"UPDATE audit_cosignature SET line = '{forged}' WHERE line = '{line}'")
    code, said = watching.end(None)
    assert (code, said.splitlines()[-1].partition(":")[0]) == (1, "COSIGNATURE_WRONG")
    for command in (outside, inside):
        code, said = call(*command)
        assert (code, said.startswith("COSIGNATURE_WRONG: ")) == (1, True), said
    gigway.alter(f"UPDATE audit_cosignature SET line = '{line}' WHERE line = '{forged}'")
    assert call(*witness, *mine)[0] == 0

    # The log is rewritten and signed anew: it agrees with itself, and neither the witness nor anybody else is fooled.
    gigway.alter(
        *("DELETE FROM audit_cosignature", "DELETE FROM audit_checkpoint", "DELETE FROM audit_node"),
        *("DELETE FROM audit_leaf", "UPDATE access_event SET reason = 'NOT_DELIVERED'"),
    )
    assert gigway.grow() > size
    for _ in range(2):
        code, said = call(*witness, *mine)
        assert (code, said.partition(":")[0]) == (1, "LOG_FORKED")
    assert gigway.http.get("/audit/checkpoint/cosigned").status_code == 404
    for command in (outside, inside):
        code, said = call(*command)
        assert (code, said.startswith("FORKED: ")) == (1, True), said
        assert "NOT_COSIGNED: witness.example/1" in said or command is outside


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("witness", "{url}", "--key", "x", "--name", "w"), "KEY_INVALID"),
        (("witness", "{url}", "--key", "{witness}", "--name", "w"), "KEY_INVALID"),
        (("witness", "{url}", "--key", "{log}", "--name", "two words"), "NAME_INVALID"),
        (("witness", "{url}", "--key", "{log}", "--name", "w", "--every", "0"), "INTERVAL_INVALID"),
        (("witness", "{url}", "--key", "{log}", "--name", "w", "--folder", "{file}"), "FOLDER_UNUSABLE"),
        (("witness", "{url}", "--key", "{log}", "--name", "other", "--folder", "{made}"), "WITNESS_DIFFERS"),
        (("verify", "{url}"), "KEY_MISSING"),
        (("verify", "--key", "{log}"), "KEY_UNUSED"),
        (("verify", "{url}", "--key", "{log}", "--witness", "{log}"), "KEY_INVALID"),
        (("verify", "{url}", "--key", "{log}", "--earlier", "{made}"), "FILE_UNREADABLE"),
    ],
)
def test_a_command_that_is_wrong_says_so(call, tmp_path, options, code):
    (tmp_path / "file").touch()
    (tmp_path / "made").mkdir()
    (tmp_path / "made/key.pub").write_text("another\n")
    values = {
        "url": "http://127.0.0.1:1",
        "log": "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "witness": "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "file": tmp_path / "file",
        "made": tmp_path / "made",
    }
    given = [each.format(**values) for each in options]
    if given[0] == "witness" and "--folder" not in given:
        given += ["--folder", str(tmp_path / "witness")]
    ended, said = call(*given)
    assert (ended, said.partition(":")[0]) == (2, code)
