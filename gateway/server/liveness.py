"""How long the token behind a running stream is still good for. Asked again and again, so nothing is proved anew."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from consent.oauth.access import look_up
from gateway.server.http_request import Credentials


class TokenLiveness:
    """Looks tokens up as they are now: revoked, expired, or under a grant that has ended, they have no time left."""

    def __init__(self, database: Engine, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, credentials: Credentials) -> float:
        """Return the seconds that are left; no end for somebody without a token."""
        if credentials.authorization is None:
            return math.inf
        return await run_in_threadpool(self._left, credentials.authorization.partition(" ")[2].strip())

    def _left(self, token: str) -> float:
        now = self._clock()
        with self._database.connect() as connection:
            found = look_up(connection, token, now=now)
        return 0.0 if found is None else (found.expires_at - now).total_seconds()
