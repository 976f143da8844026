"""Whether a connection that lay idle in the pool is still one, told without a trip to the database where that can be.

A server that stopped, or that ended the connection, has left its last words in the socket, or its end. One that has
nothing to read and was in use a moment ago is taken for alive. After a longer rest it is asked: what lies between may
have forgotten the connection and told nobody.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

REST_SECONDS: Final = 20.0
"""How long a connection may have been idle to be taken for alive. Firewalls forget none within a minute."""

_RETURNED = "returned to the pool"
"""Under which a connection remembers when it was."""


def check_idle_connections(engine: Engine, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Have each idle connection of `engine`, which is psycopg's, looked at before it is used, and replaced if gone."""
    dialect = engine.dialect
    assert dialect.dbapi is not None
    failure = dialect.dbapi.Error

    def note(connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_RETURNED] = clock()

    def check(connection: Any, entry: ConnectionPoolEntry, _: object) -> None:
        returned = entry.info.get(_RETURNED)
        if returned is None or (clock() - returned < REST_SECONDS and not _has_word(connection)):
            return
        try:
            dialect.do_ping(connection)
        except failure:
            raise InvalidatePoolError from None

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", check)


def _has_word(connection: Any) -> bool:
    """Whether there is something to read from the server, who has not been asked for anything."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
