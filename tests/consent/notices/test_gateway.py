"""A whole gateway tells an actor that was registered on the command line, with keys that it publishes."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from consent.columns import utc_now
from consent.grants.lifecycle import GrantService
from consent.leases.keeper import LeaseKeeper
from consent.notices.token import GRANT_ENDED
from consent.stops.stopping import Stops
from gateway.cli import main
from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.server.demo_workers import PERSONAS
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import KeyWatch
from gateway.storage.keyring import generate_key
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from tests.consent.notices.conftest import Receiver

pytestmark = pytest.mark.anyio
ISSUER = "http://127.0.0.1:8700"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    environment = {
        "GIGWAY_DATABASE_URL": f"sqlite:///{tmp_path}/gigway.db",
        "GIGWAY_MASTER_KEYS": generate_key("t1"),
        "GIGWAY_ISSUER": ISSUER,
        "GIGWAY_DEMO_LOGIN": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def register(capsys: pytest.CaptureFixture[str], url: str) -> dict[str, str]:
    assert main(["actors", "create", "--name", "Acme", "--event-push-url", url]) == 0
    return dict(line.split() for line in capsys.readouterr().out.splitlines())


async def test_an_actor_is_told_by_a_running_gateway(
    environment: dict[str, str], receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(environment)
    app = create_app(settings)
    actor = register(capsys, receiver.url)
    worker_id = PERSONAS[0].worker_id
    database = create_database_engine(settings.database_url)
    grants = GrantService(database, Stops(database, LeaseKeeper(database)))
    with database.begin() as connection:
        grant = grants.grant(
            connection,
            worker_id=worker_id,
            client_id=actor["client_id"],
            actor_id=actor["actor_id"],
            purpose="job_matching",
            granted=[("uber", "ratings")],
            expires_at=utc_now() + timedelta(days=1),
            locale="en",
            notice_sha256="a" * 64,
            screen_sha256="b" * 64,
            amr=["pwd"],
        )
    async with app.router.lifespan_context(app):
        await grants.revoke(grant.id, by="worker", by_id=worker_id, reason="page")
        async with asyncio.timeout(10):
            await receiver.arrived.wait()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ISSUER) as client:
            keys = (await client.get("/.well-known/gigway-notice-keys.json")).json()
    lasting = open_lasting_keys(database, Vault(settings.keyring))
    sealer = PairwiseSealer(KeyWatch(database, Vault(settings.keyring), lasting))
    database.dispose()

    (token,) = receiver.tokens
    claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["Ed25519"]).claims
    assert (claims["iss"], claims["aud"]) == (ISSUER, actor["client_id"])
    assert claims["sub_id"]["id"] == sealer.seal_for_actor(worker_id, actor["actor_id"])
    assert claims["events"][GRANT_ENDED]["grant_id"] == grant.id


def test_the_command_line_refuses_an_address_that_cannot_be_pushed_to(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create = ["actors", "create", "--name", "Acme", "--event-push-url"]
    assert main([*create, "http://actor.example/events"]) == 2
    assert capsys.readouterr().err.startswith("PUSH_URL_INVALID")
    monkeypatch.setenv("GIGWAY_ISSUER", "https://gigway.example")
    monkeypatch.delenv("GIGWAY_DEMO_LOGIN")
    assert main([*create, "http://127.0.0.1:9000/events"]) == 2
    assert capsys.readouterr().err.startswith("PUSH_URL_INVALID")
