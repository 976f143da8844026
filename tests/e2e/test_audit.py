"""The access log from the outside: checkpoints, the witness, and what tampering looks like."""

from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from consent.audit.keys import Cosigner, VerifierKey
from consent.audit.log import AuditLog
from consent.audit.note import read_checkpoint
from consent.contact import ContactCodes
from gateway.config import load_settings
from gateway.server.demo_workers import PERSONAS
from gateway.server.signers import audit_signer
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import key_versions
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.vault import Vault

WITNESS = Cosigner("witness.example/1", Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def environment(environment):
    return {**environment, "GIGWAY_WITNESSES": WITNESS.verifier.text()}


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
def run(client, command):
    return partial(command, "audit")


@pytest.mark.parametrize("query", ["", "?first=2&second=1", "?first=x&second=1", "?first=0&second=999999"])
def test_a_range_that_is_none_is_refused(client, query):
    answer = client.get(f"/audit/consistency{query}")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "RANGE_INVALID")


def test_the_checkpoint_is_signed_by_the_public_key(client, denied):
    key = VerifierKey.read(client.get("/audit/key").text)
    assert key.name == "127.0.0.1:8700/log"
    assert read_checkpoint(denied(), [key]).size >= 1


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("", b"x", 400, "SIZE_INVALID"),
        ("?size=-1", b"x", 400, "SIZE_INVALID"),
        ("?size=9999999999999999999", b"x", 400, "SIZE_INVALID"),
        ("?size=1", b"", 400, "COSIGNATURE_MALFORMED"),
        ("?size=1", b"\xff\n", 400, "COSIGNATURE_MALFORMED"),
        ("?size=1", b"x" * 8_193, 413, "BODY_TOO_LARGE"),
        ("?size=1", "— witness.example/1 AAAAAAAA\n".encode(), 403, "WITNESS_UNKNOWN"),
        ("?size=999999", None, 404, "CHECKPOINT_UNKNOWN"),
        ("?size={size}", None, 403, "COSIGNATURE_WRONG"),
    ],
)
def test_what_is_no_cosignature_of_this_log_is_refused(client, denied, query, body, status, code):
    size = denied().split("\n")[1]
    content = WITNESS.signature("another\n1\n", 1).encode() if body is None else body
    answer = client.post(f"/audit/cosignature{query.format(size=size)}", content=content)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert client.get("/audit/checkpoint/cosigned").status_code == 404


def test_the_witnesses_are_public(client):
    assert client.get("/audit/witnesses").text == f"{WITNESS.verifier.text()}\n"
    assert client.get("/audit/cosignature").status_code == 405


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
