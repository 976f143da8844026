"""A GraphQL response of a remote subgraph: the values of one account, with errors in the places that they are about.

A platform's own error messages are not handed on: nobody knows what is in them. Their codes say which account must be
linked again and which limit is used up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.transport import (
    UpstreamError,
    UpstreamForbiddenError,
    UpstreamMalformedError,
    UpstreamThrottledError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
)

Json = Any

_UNAUTHORIZED: Final = frozenset({"UNAUTHENTICATED", "UNAUTHORIZED"})
_THROTTLED: Final = frozenset({"RATE_LIMITED", "THROTTLED", "TOO_MANY_REQUESTS"})
_FORBIDDEN: Final = frozenset({"FORBIDDEN"})


class SchemaRefusedError(UpstreamMalformedError):
    """The platform's subgraph does not know what its registered SDL promises."""


def account_values(body: Json, *, account_type: str, account_id: str) -> dict[str, Json]:
    """Return the account's values by alias, an `UpstreamError` in the place of each that failed.

    Raises `UpstreamError` when there is no such account in the answer.
    """
    if not isinstance(body, dict):
        raise UpstreamMalformedError("The platform's answer is no GraphQL response.")
    given = body.get("errors")
    errors = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    codes = {_code(error) for error in errors}
    if codes & _UNAUTHORIZED:
        raise UpstreamUnauthorizedError("The platform no longer accepts this account's credential.")
    if codes & _THROTTLED:
        raise UpstreamThrottledError("The platform's rate limit is used up.")
    data = body.get("data")
    if not isinstance(data, dict):
        if errors and not any(error.get("path") for error in errors):
            raise SchemaRefusedError("The platform's schema refuses the query.")
        raise UpstreamMalformedError("The platform's answer has no data.")
    entities = data.get("_entities")
    if not isinstance(entities, list) or len(entities) != 1:
        raise UpstreamMalformedError("The platform does not answer for one account with one account.")
    account = entities[0]
    if account is None:
        raise _error(errors[0]) if errors else UpstreamMalformedError("The platform does not know this account.")
    if not isinstance(account, dict) or (account.get("__typename"), account.get("id")) != (account_type, account_id):
        raise UpstreamMalformedError("The platform answers for another account.")
    for error in errors:
        _put(account, error.get("path"), _error(error))
    return account


def _put(account: Json, path: Json, error: UpstreamError) -> None:
    """Put an error where its path ends, or where the first null on the way is; ignore a path that leads nowhere."""
    if not isinstance(path, list) or path[:2] != ["_entities", 0]:
        return
    place = account
    for index, step in enumerate(path[2:]):
        inner = _at(place, step)
        if inner is None or index == len(path) - 3:
            match place, step:
                case dict(), str():
                    place[step] = error
                case list(), int() if 0 <= step < len(place):
                    place[step] = error
            return
        place = inner


def _at(place: Mapping[str, Json] | Sequence[Json], step: Json) -> Json:
    if isinstance(place, dict):
        return place.get(step)
    if isinstance(place, list) and isinstance(step, int) and 0 <= step < len(place):
        return place[step]
    return None


def _code(error: Mapping[str, Json]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code.upper() if isinstance(code, str) else ""


def _error(error: Mapping[str, Json]) -> UpstreamError:
    if _code(error) in _FORBIDDEN:
        return UpstreamForbiddenError("The platform refuses this to the account's credential.")
    return UpstreamUnavailableError("The platform reports an error on this field.")
