"""A receipt, from a grant on the page to a check without us."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.keys import Cosigner
from consent.audit.log import AuditLog
from consent.columns import utc_now
from consent.grants.lifecycle import GrantService
from consent.leases.keeper import LeaseKeeper
from consent.stops.stopping import Stops
from gateway.cli import main
from gateway.config import load_settings
from gateway.server.demo_workers import PERSONAS
from gateway.server.signers import audit_signer
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import key_versions
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.vault import Vault
from tests.granting import give_grant

WITNESS = Cosigner("witness.example/1", Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def environment(environment):
    return {**environment, "GIGWAY_WITNESSES": WITNESS.verifier.text()}


@pytest.fixture
def checkpoint(client, environment, grant_id):
    """The log's newest checkpoint, with the grant in it and a witness's signature."""
    settings, database = load_settings(environment), create_database_engine(environment["GIGWAY_DATABASE_URL"])
    keys = open_lasting_keys(database, Vault(settings.keyring))
    AuditLog(database, audit_signer(settings, lambda: key_versions(keys, "audit"))).advance()
    database.dispose()
    note = client.get("/audit/checkpoint").text
    body, size = note.partition("\n\n")[0] + "\n", note.split("\n")[1]
    line = WITNESS.signature(body, int(utc_now().timestamp()))
    assert client.post(f"/audit/cosignature?size={size}", content=line.encode()).status_code == 204
    assert client.get("/audit/checkpoint").text == note + line
    return note + line


@pytest.fixture
def grant_id(client, actor, environment):
    database = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    grant_id = give_grant(
        database,
        GrantService(database, Stops(database, LeaseKeeper(database))),
        worker_id=PERSONAS[0].worker_id,
        client_id=actor.client_id,
        actor_id=actor.actor_id,
        granted=[("uber", "ratings")],
    )
    database.dispose()
    return grant_id


def sign_in(client, persona):
    client.cookies.clear()
    page = client.get("/sign-in")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    form = {"persona": persona, "csrf": csrf}
    return client.post("/sign-in/demo", data=form, headers={"Origin": "http://127.0.0.1:8700"})


def test_a_worker_downloads_a_receipt_that_verifies_offline(client, grant_id, checkpoint, tmp_path, capsys):
    assert client.get(f"/me/grants/{grant_id}/receipt").status_code == 404
    sign_in(client, "robin")
    assert client.get(f"/me/grants/{grant_id}/receipt").status_code == 404
    sign_in(client, "alex")
    answer = client.get(f"/me/grants/{grant_id}/receipt")
    assert answer.headers["content-type"] == "application/jose"
    (tmp_path / "receipt.jws").write_text(answer.text)
    (tmp_path / "keys.json").write_text(client.get("/.well-known/gigway-receipt-keys.json").text)
    verify = ["receipts", "verify", str(tmp_path / "receipt.jws"), "--keys", str(tmp_path / "keys.json")]
    assert main(verify) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert receipt["dct:identifier"] == grant_id
    assert receipt["gigway:auditCheckpoint"] == receipt["gigway:cosignedAuditCheckpoint"] == checkpoint
    (tmp_path / "receipt.jws").write_text(answer.text.replace(".", ".A", 1))
    assert main(verify) == 1
    assert capsys.readouterr().err.startswith("RECEIPT_INVALID")
    client.cookies.clear()


def test_workers_see_who_checks_their_log(client, checkpoint):
    sign_in(client, "alex")
    page = client.get("/me/log").text
    assert 'href="/audit/checkpoint/cosigned"' in page
    assert "witness.example/1, who is independent, last checked it on" in page
    client.cookies.clear()
