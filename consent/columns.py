"""Column types of the consent tables: instants in UTC, aware at the Python boundary on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    _InstantType = TypeDecorator[datetime]
else:
    _InstantType = TypeDecorator


class Instant(_InstantType):
    """An instant. Takes aware datetimes only; returns them in UTC.

    SQLite stores `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, which sorts as it should; PostgreSQL `timestamptz`.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes; send UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC, also where the database forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def serial() -> BigInteger:
    """Return a 64-bit integer that SQLite, too, fills in as an autoincremented key."""
    return BigInteger().with_variant(Integer(), "sqlite")


def utc_now() -> datetime:
    """Return the current instant: the default of every `clock` in this package."""
    return datetime.now(UTC)
