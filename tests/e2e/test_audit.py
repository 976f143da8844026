"""The access log from the outside: checkpoints, the witness, and what tampering looks like."""

import contextlib

import pytest
from sqlalchemy import text

from consent.audit.log import AuditLog
from consent.audit.note import VerifierKey, read_checkpoint
from consent.contact import ContactCodes
from gateway.cli import main
from gateway.config import load_settings
from gateway.server.demo_workers import PERSONAS
from gateway.server.signers import audit_signer
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import key_versions
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.vault import Vault


@pytest.fixture
def database(environment):
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture
def denied(client, token, database, environment):
    """Return a function by which an actor is turned away, and the log grows; repeats for one worker are aggregated."""
    with database.begin() as connection:
        codes = [ContactCodes(database).create(connection, persona.worker_id) for persona in PERSONAS]
    settings = load_settings(environment)
    keys = open_lasting_keys(database, Vault(settings.keyring))
    log = AuditLog(database, audit_signer(settings, lambda: key_versions(keys, "audit")))

    def ask(worker=0):
        query = {"query": "query ($w: ID!) { worker(id: $w) { id } }", "variables": {"w": codes[worker]}}
        answer = client.post("/graphql", json=query, headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "CONSENT_REQUIRED"
        log.advance()
        return client.get("/audit/checkpoint").text

    return ask


@pytest.fixture
def run(client, environment, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gateway.cli.audit.httpx2.Client", lambda **_: contextlib.nullcontext(client))

    def call(*arguments):
        code = main(["audit", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize("query", ["", "?first=2&second=1", "?first=x&second=1", "?first=0&second=999999"])
def test_a_range_that_is_none_is_refused(client, query):
    answer = client.get(f"/audit/consistency{query}")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "RANGE_INVALID")


def test_the_checkpoint_is_signed_by_the_public_key(client, denied):
    key = VerifierKey.read(client.get("/audit/key").text)
    assert key.name == "127.0.0.1:8700/log"
    assert read_checkpoint(denied(), [key]).size >= 1


def test_a_witness_cosigns_what_continues_the_log(client, denied, run, tmp_path):
    denied()
    key = client.get("/audit/key").text.strip()
    watch = ("witness", "http://127.0.0.1:8700", "--key", key, "--name", "witness.example/1", "--folder", str(tmp_path))
    code, first, _ = run(*watch)
    assert code == 0
    assert "\N{EM DASH} witness.example/1 " in first
    denied(1)
    code, second, _ = run(*watch)
    assert code == 0
    assert second != first


def test_a_witness_of_another_log_does_not_cosign(denied, run, tmp_path):
    denied()
    other = "127.0.0.1:8700/log+00000000+AfDlwtt2TXlu3TzKjkiv4JL1CSLCsJcSt8sMkZYpx6Nm"
    code, _, err = run("witness", "http://127.0.0.1:8700", "--key", other, "--name", "w", "--folder", str(tmp_path))
    assert code == 2
    assert err.startswith("KEY_INVALID")


def test_a_changed_entry_is_found(denied, run, database, tmp_path):
    kept = tmp_path / "earlier.txt"
    kept.write_text(denied())
    assert run("verify", "--earlier", str(kept))[0] == 0
    with database.begin() as connection:
        triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _ in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE access_event SET decision = 'allow', reason = NULL WHERE id = 1"))
    code, out, err = run("verify", "--earlier", str(kept))
    assert code == 1
    assert err.startswith("AUDIT_LOG_ALTERED")
    assert "access" in out
