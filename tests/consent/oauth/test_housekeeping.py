"""What housekeeping throws away, and what it must keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from consent.oauth.housekeeping import purge
from consent.oauth.models import CODES, REQUESTS, TOKENS


def _count(server: Any) -> dict[str, int]:
    with server.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (REQUESTS, CODES, TOKENS)
        }


def _purge(server: Any) -> int:
    with server.engine.begin() as connection:
        return purge(connection, now=server.clock())


def test_nothing_that_is_of_use_goes(server: Any) -> None:
    code = server.code()
    body = server.redeem(code).json()
    server.begin()
    server.clock.advance(timedelta(days=6))
    assert _purge(server) == 0
    server.clock.advance(timedelta(days=14))
    assert _purge(server) == 3, "two requests and an access token"
    assert server.redeem(code).json()["error"] == "invalid_grant"
    assert server.refresh(body["refresh_token"]).json()["error"] == "invalid_grant", "the replay is still known"


def test_what_is_over_goes(server: Any) -> None:
    server.redeem(server.code())
    server.clock.advance(timedelta(days=38))
    _purge(server)
    assert _count(server) == {"authorization_request": 0, "auth_code": 0, "token": 0}
