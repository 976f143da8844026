"""An ending in two trips to PostgreSQL: one takes the lock, the other one ends, commits and looks what is left.

Everybody waits while the lock is held: what is computed for the second trip is computed before the first, but for the
time, which is to be later than that of whatever was allowed before. Statements that are sent together still have a
snapshot each, as at READ COMMITTED every statement has: the one that ends sees what was done before it had the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection

from consent.driver_statement import DriverStatement, Values, driver_errors
from consent.stops.order import BEGIN_AND_LOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStatement:
    """A change that is one statement of PostgreSQL's. It returns a row if there was anything to end.

    `values` makes its parameters, when the lock is held.
    """

    statement: DriverStatement
    values: Callable[[], Values]


def end_in_two_trips(
    connection: Connection, change: OneStatement, look: tuple[DriverStatement, Values]
) -> tuple[bool, Sequence[Any]]:
    """Make and commit `change`; return whether anything ended, and the rows of `look`, which comes after the commit.

    On `connection` each statement commits by itself. The commit does not wait for the disk (`durability.py`).
    """
    dialect = connection.dialect
    question, asked = look
    looking = question.bound(dialect, asked)
    with driver_errors(connection) as driver:
        try:
            driver.execute(BEGIN_AND_LOCK)
            ending = change.statement.bound(dialect, change.values())
            with driver.pipeline() if psycopg.Pipeline.is_supported() else nullcontext():
                ended = driver.execute(*ending, prepare=True)
                driver.execute("COMMIT")
                found = driver.execute(*looking, prepare=True)
        except BaseException:
            if not driver.closed:
                driver.rollback()
            raise
        return ended.fetchone() is not None, question.converted(dialect, found.fetchall())
