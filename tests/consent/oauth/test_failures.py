"""What the endpoints answer when the database does not: OAuth's own codes, and nothing of what went wrong."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import text

from consent.oauth.machine_secrets import fingerprint
from consent.oauth.models import TOKENS


@pytest.fixture
def broken(server: Any, caplog: pytest.LogCaptureFixture) -> Any:
    """A server whose database has lost a table."""
    caplog.set_level(logging.DEBUG)
    with server.engine.begin() as connection:
        connection.execute(text("ALTER TABLE client RENAME TO client_gone"))
    yield server
    with server.engine.begin() as connection:
        connection.execute(text("ALTER TABLE client_gone RENAME TO client"))


def test_endpoints_say_that_they_cannot_answer(broken: Any) -> None:
    answer = broken.token(grant_type="client_credentials", scope="gig:ratings")
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    for path in ("/oauth/par", "/oauth/revoke", "/oauth/introspect"):
        assert broken.post(path, {"token": "x"}).status_code == 503
    page = broken.authorize()
    assert (page.status_code, page.text) == (503, "Gigway cannot answer at the moment.")
    for word in ("sqlite", "psycopg", "client_gone", "Traceback"):
        assert word not in answer.text + page.text


def test_a_failure_in_the_middle_leaves_nothing_half_done(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = server.code()
    with server.engine.begin() as connection:
        connection.execute(text("ALTER TABLE token RENAME TO token_gone"))
    try:
        assert server.redeem(code).status_code == 503
        assert "oauth:endpoint:fail" in caplog.text
        assert code not in caplog.text
        assert fingerprint(code) not in caplog.text
    finally:
        with server.engine.begin() as connection:
            connection.execute(text("ALTER TABLE token_gone RENAME TO token"))
    assert server.redeem(code).status_code == 200, "the code was not used up"
    with server.engine.connect() as connection:
        assert len(connection.execute(TOKENS.select()).all()) == 2
