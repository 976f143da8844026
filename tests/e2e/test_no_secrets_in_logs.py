"""A whole day under DEBUG: nothing secret or personal stands in any log of any library (attack 37)."""

import base64
import hashlib
import json
import logging
import re
import secrets
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from consent.columns import utc_now
from gateway.server.demo_workers import PERSONAS
from gateway.server.logging import logging_configuration

ORIGIN = "http://127.0.0.1:8700"
VERIFIER = secrets.token_urlsafe(48)


class Everything(logging.Handler):
    """Keeps every record as text, its extra fields and traceback included."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        text = self.format(record)
        self.lines.append(f"{record.name} {text} {record.__dict__!r}")


@pytest.fixture
def everything():
    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    named = [logging.getLogger(name) for name in ("authlib", "sqlalchemy", "aiohttp", "uvicorn", "gigway", "consent")]
    levels = [logger.level for logger in named]
    configured = logging_configuration("debug").get("loggers", {})
    for logger in named:
        logger.setLevel(configured.get(logger.name, {}).get("level", logging.DEBUG))
    yield handler
    for logger, before in zip(named, levels, strict=True):
        logger.setLevel(before)
    root.setLevel(level)
    root.removeHandler(handler)


def _csrf(page):
    return re.search(r'name="csrf" value="(\w+)"', page).group(1)


def test_37_nothing_secret_is_logged_under_debug(client, actor, environment, everything):
    persona, spoken = PERSONAS[0], []
    client.cookies.clear()
    post = {"headers": {"Origin": ORIGIN}, "follow_redirects": False}
    form = {"persona": persona.key, "csrf": _csrf(client.get("/sign-in").text)}
    client.post("/sign-in/demo", data=form, **post)
    spoken += [form["csrf"], *client.cookies.values()]

    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    details = {
        "type": "gig_data",
        "platforms": ["uber"],
        "categories": ["ratings"],
        "purpose": "job_matching",
        "expires_at": (utc_now() + timedelta(days=2)).isoformat(),
    }
    query = {
        "response_type": "code",
        "client_id": actor.client_id,
        "redirect_uri": "http://127.0.0.1:9/callback",
        "state": "state-of-mine",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "authorization_details": json.dumps([details]),
    }
    page = client.get("/oauth/authorize", params=query, follow_redirects=True)
    spoken.append(str(page.url).rpartition("/")[2])
    answer = {"csrf": _csrf(page.text), "answer": "allow", "item": "uber:ratings"}
    location = client.post(str(page.url), data=answer, **post).headers["location"]
    code = parse_qs(urlsplit(location).query)["code"][0]
    redeem = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://127.0.0.1:9/callback",
        "code_verifier": VERIFIER,
    }
    basic = (actor.client_id, actor.client_secret)
    tokens = client.post("/oauth/token", data=redeem, auth=basic).json()
    spoken += [code, VERIFIER, actor.client_secret, tokens["access_token"], tokens["refresh_token"]]
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = client.post("/oauth/token", data=again, auth=basic).json()
    spoken += [fresh["access_token"], fresh["refresh_token"]]

    bearer = {"Authorization": f"Bearer {fresh['access_token']}"}
    asked = {"query": "{ workers { edges { node { id accounts { id } } } } }"}
    assert client.post("/graphql", json=asked, headers=bearer).status_code == 200
    client.post("/oauth/introspect", data={"token": fresh["access_token"]}, auth=basic)
    client.post("/oauth/revoke", data={"token": fresh["refresh_token"]}, auth=basic)
    client.post("/oauth/token", data=redeem, auth=basic)
    client.post("/graphql", json=asked, headers={"Authorization": "Bearer " + "z" * 40})
    client.get("/me")
    client.cookies.clear()
    logging.getLogger("gigway").debug("the end")

    spoken += [environment["GIGWAY_MASTER_KEYS"].partition(":")[2], persona.display_name]
    assert all(len(each) > 6 for each in spoken)
    assert any("the end" in line for line in everything.lines)
    # What the client in this process logs of its own requests is its own; everything else is ours.
    ours = [line for line in everything.lines if not line.startswith(("httpx", "httpcore"))]
    found = {(each[:6], line[:120]) for each in spoken for line in ours if each in line}
    assert not found
