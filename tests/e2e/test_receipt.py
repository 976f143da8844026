"""A receipt, from a grant on the page to a check without us."""

from datetime import timedelta

import pytest

from consent.columns import utc_now
from consent.grants.lifecycle import GrantService
from consent.leases.keeper import LeaseKeeper
from consent.stops.stopping import Stops
from gateway.cli import main
from gateway.server.demo_workers import PERSONAS
from gateway.storage.database import create_database_engine


@pytest.fixture
def grant_id(client, actor, environment):
    database = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    with database.begin() as connection:
        grant = GrantService(database, Stops(database, LeaseKeeper(database))).grant(
            connection,
            worker_id=PERSONAS[0].worker_id,
            client_id=actor.client_id,
            actor_id=actor.actor_id,
            purpose="job_matching",
            granted=[("uber", "ratings")],
            expires_at=utc_now() + timedelta(days=1),
            locale="en",
            notice_sha256="a" * 64,
            screen_sha256="b" * 64,
            amr=["pwd"],
        )
    database.dispose()
    return grant.id


def sign_in(client, persona):
    client.cookies.clear()
    page = client.get("/sign-in")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    form = {"persona": persona, "csrf": csrf}
    return client.post("/sign-in/demo", data=form, headers={"Origin": "http://127.0.0.1:8700"})


def test_a_worker_downloads_a_receipt_that_verifies_offline(client, grant_id, tmp_path, capsys):
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
    assert f'"dct:identifier": "{grant_id}"' in capsys.readouterr().out
    (tmp_path / "receipt.jws").write_text(answer.text.replace(".", ".A", 1))
    assert main(verify) == 1
    assert capsys.readouterr().err.startswith("RECEIPT_INVALID")
    client.cookies.clear()
