"""Parts of Apollo Connectors that a connector here does without, and what to write instead.

A connector reads one worker's account at a time, under a lease, and tells what went wrong in codes of its own: so there
are no batches, no writing requests, no headers of the client's, and no texts of the platform's in errors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_HINTS: Final[Sequence[tuple[re.Pattern[str], str]]] = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (
            r"Unknown argument 'errors' on directive '@(source|connect)'",
            "Readers see Gigway's own codes, never texts of the platform: say what is an error with `isSuccess`, or "
            "with `@envelope`.",
        ),
        (
            r"Unknown argument '(batch|entity)' on directive '@connect'",
            "A request reads one account; what is asked for each record of another list has `@each`.",
        ),
        (
            r"Directive '@connect' may not be used on field definition",
            "Put it on the account type: its `selection` names the fields that it fills.",
        ),
        (
            r"'ConnectHTTP' .*unknown field '(PUT|PATCH|DELETE)'",
            "Connectors read only: GET, or POST where the platform reads by it.",
        ),
        (
            r"'(ConnectHTTP|SourceHTTP)' .*unknown field 'path'",
            'Write the path into the URL template: `GET: "/things/{$account.reference}"`.',
        ),
        (
            r"'HTTPHeader' .*(unknown field 'from'|required field 'value')",
            "No header of the client's is handed on: give `value`.",
        ),
    )
)


def with_hint(message: str) -> str:
    """Return the message of GraphQL's validation, with what to write instead where it is about such a part."""
    hint = next((hint for pattern, hint in _HINTS if pattern.search(message)), None)
    return message if hint is None else f"{message} {hint}"
