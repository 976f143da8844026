"""The arguments of canonical fields, checked."""

from __future__ import annotations

from datetime import date
from typing import Any

from graphql import GraphQLError

_MOST_FIRST = 500


def checked_first(first: Any) -> int:
    """Return how many records are wanted. Raises `GraphQLError`."""
    if not isinstance(first, int) or not 0 <= first <= _MOST_FIRST:
        raise GraphQLError(f"`first` must be from 0 to {_MOST_FIRST}.", extensions={"code": "BAD_ARGUMENT"})
    return first


def day_of(value: Any) -> date | None:
    """Return a day, or None where none is given. Raises `GraphQLError`."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError("A date is written YYYY-MM-DD.", extensions={"code": "BAD_ARGUMENT"}) from None


def bad_cursor(error: Exception) -> GraphQLError:
    """Return the error of a cursor that was not made here for this reader."""
    return GraphQLError(str(error), extensions={"code": "BAD_CURSOR"})
