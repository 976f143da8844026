"""Where sealed secrets stand in the database. A test finds columns and calls that are missing here."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """One column of sealed secrets, and how a secret is taken from a value and put back into it.

    `take` returns None where a value has none.
    """

    table: str
    column: str
    take: Callable[[Any], bytes | None]
    put: Callable[[Any, bytes], Any]


def _take_text(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value)


def _is_sealed_text(value: str | None) -> bytes | None:
    """Passwords stand in the same column as code keys, hashed (`$argon2id$…`): they are not sealed."""
    return None if value is None or value.startswith("$") else _take_text(value)


def _bytes_column(table: str, column: str) -> SealedColumn:
    return SealedColumn(table=table, column=column, take=lambda value: value, put=lambda _, sealed: sealed)


SEALED: Final = (
    _bytes_column("lasting_key", "sealed"),
    _bytes_column("linked_account", "credential"),
    _bytes_column("link_attempt", "verifier"),
    _bytes_column("link_claim", "sealed"),
    _bytes_column("takeout_upload", "content"),
    _bytes_column("matching_vector", "sealed"),
    _bytes_column("matching_wishes", "sealed"),
    _bytes_column("matching_ranking", "sealed"),
    _bytes_column("matching_shown", "sealed"),
    _bytes_column("statistics_contribution", "sealed"),
    _bytes_column("statistics_release", "sealed"),
    SealedColumn(
        table="worker_credential",
        column="secret",
        take=_is_sealed_text,
        put=lambda _, sealed: base64.b64encode(sealed).decode(),
    ),
    SealedColumn(
        table="sign_in_state",
        column="payload",
        take=lambda value: _take_text(value.get("sealed")),
        put=lambda value, sealed: {**value, "sealed": base64.b64encode(sealed).decode()},
    ),
)
"""Every column with secrets sealed by the vault."""
