"""How long a stream may go on: as long as its token is good."""

import asyncio
import json
import math
import urllib.parse
import urllib.request
from base64 import b64encode
from datetime import timedelta

import pytest

from consent.columns import utc_now
from consent.oauth.actors import ActorRegistry
from gateway.server.http_request import Credentials
from gateway.server.liveness import TokenLiveness
from gateway.storage.database import create_database_engine


@pytest.fixture(scope="module")
def database(gigway_settings):
    engine = create_database_engine(gigway_settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def token(gigway, database):
    registry = ActorRegistry(database)
    actor = registry.create_actor(
        legal_name="Test Staffing Ltd", trading_name="Test Staffing", categories=["ratings"], purposes=["job_matching"]
    )
    client = registry.create_client(actor, name="Test", redirect_uris=["http://127.0.0.1:9/callback"])
    form = {
        "grant_type": "client_credentials",
        "authorization_details": '[{"type": "gig_data", "purpose": "job_matching"}]',
    }
    request = urllib.request.Request(f"{gigway}/oauth/token", urllib.parse.urlencode(form).encode())
    secret = b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    request.add_header("Authorization", f"Basic {secret}")
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def left(database, authorization, clock=utc_now):
    return asyncio.run(TokenLiveness(database, clock)(Credentials(authorization=authorization)))


def test_nobody_without_a_token_is_cut_off(database):
    assert left(database, None) == math.inf


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer gwa_" + "A" * 43, "nonsense"])
def test_an_unknown_token_has_no_time_left(gigway, database, authorization):
    assert left(database, authorization) == 0.0


@pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
def test_a_token_has_the_time_to_its_expiry(database, token, scheme):
    authorization = f"{scheme} {token['access_token']}"
    seconds = left(database, authorization)
    assert token["expires_in"] - 60 < seconds <= token["expires_in"]
    assert left(database, authorization, lambda: utc_now() + timedelta(seconds=token["expires_in"])) == 0.0
