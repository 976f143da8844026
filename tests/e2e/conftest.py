"""A whole Gigway in this process, on a database of its own, without any platform behind it."""

import contextlib
import random
import socket

import pytest
from starlette.testclient import TestClient

from consent.oauth.actors import ActorRegistry
from gateway.cli import main
from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import generate_key


@pytest.fixture
def free_port():
    """Gives each port once, and none that the system may give to a client before the server has it."""
    ports = random.sample(range(20_000, 32_000), 2_000)

    def find():
        while True:
            port = ports.pop()
            with contextlib.suppress(OSError), socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
                return port

    return find


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gigway")


@pytest.fixture(scope="module")
def environment(folder):
    return {
        "GIGWAY_DATABASE_URL": f"sqlite:///{folder}/e2e.db",
        "GIGWAY_MASTER_KEYS": generate_key("t1"),
        "GIGWAY_ISSUER": "http://127.0.0.1:8700",
        "GIGWAY_SANDBOX_URL": "http://127.0.0.1:1",
        "GIGWAY_DEMO_LOGIN": "true",
        "GIGWAY_MAX_BODY_BYTES": "20000",
    }


@pytest.fixture
def command(environment, monkeypatch, capsys):
    """Run `gigway` in the environment of the test; gives the exit code, the output and the errors."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def call(*arguments):
        code = main([*arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="module")
def client(environment):
    with TestClient(create_app(load_settings(environment)), base_url="http://127.0.0.1:8700") as client:
        yield client


@pytest.fixture(scope="module")
def actor(client, environment):
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    registry = ActorRegistry(engine)
    actor_id = registry.create_actor(
        legal_name="Test Staffing Ltd",
        trading_name="Test Staffing",
        categories=["ratings", "skills"],
        purposes=["job_matching"],
    )
    created = registry.create_client(actor_id, name="Test", redirect_uris=["http://127.0.0.1:9/callback"])
    engine.dispose()
    return created


@pytest.fixture(scope="module")
def token(client, actor):
    answer = client.post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "authorization_details": '[{"type": "gig_data", "purpose": "job_matching"}]',
        },
        auth=(actor.client_id, actor.client_secret),
    )
    return answer.json()["access_token"]
