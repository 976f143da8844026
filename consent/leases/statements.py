"""The SQL of lease transactions: what is read, the columns of what is written, and how lists travel.

It is the same for both databases but for how a list is read; `sqlite.py` and `postgresql.py` put their own way in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

LEASE_COLUMNS: Mapping[str, str] = {
    "id": "bigint",
    "process_id": "bigint",
    "grant_id": "text",
    "worker_id": "text",
    "actor_id": "text",
    "client_id": "text",
    "account_id": "text",
    "platform": "text",
    "categories": "text",
    "started_at": "timestamptz",
}
"""The columns of a lease row, in order, with their PostgreSQL types."""

EVENT_COLUMNS: Mapping[str, str] = {
    "at": "timestamptz",
    "worker_id": "text",
    "actor_id": "text",
    "client_id": "text",
    "grant_id": "text",
    "lease_id": "bigint",
    "purpose": "text",
    "platform": "text",
    "account_id": "text",
    "category": "text",
    "decision": "text",
    "reason": "text",
    "records": "int",
    "repeats": "int",
    "request_id": "text",
    "token_ref": "text",
    "salt": "text",
}
"""The columns of an event row, in order, with their PostgreSQL types."""

ENDED_GRANTS = 32
"""How many ended grants of the same parties for the same purpose are looked at for the reason of a denial."""

STATEMENTS: Mapping[str, str] = {
    "stops": "SELECT seq, kind, ref FROM stop_notice WHERE seq >= $1 ORDER BY seq",
    "accounts": (
        "SELECT s.account_id, s.worker_id, s.platform, s.open, p.open FROM subject_gate s "
        "LEFT JOIN platform_gate p ON p.platform = s.platform WHERE s.account_id IS_AMONG($1)"
    ),
    "grants": (
        "SELECT w.id, g.id, g.expires_at, g.status, c.client_id FROM worker w "
        "LEFT JOIN consent_grant g ON g.worker_id = w.id AND g.actor_id IS_AMONG($3) AND g.status = 'active' "
        "LEFT JOIN client_gate c ON c.client_id = g.client_id AND NOT c.open "
        "WHERE w.status = 'active' AND w.id IN "
        "(EACH_OF($1) UNION SELECT worker_id FROM subject_gate WHERE account_id IS_AMONG($2))"
    ),
    "parties": (
        "SELECT 1, id FROM actor WHERE id IS_AMONG($1) AND status = 'active' "
        "UNION ALL SELECT 2, client_id FROM client_gate WHERE client_id IS_AMONG($2) AND NOT open"
    ),
    "ended": (
        "SELECT worker_id, id, expires_at, status, NULL FROM (SELECT worker_id, id, expires_at, status, row_number() "
        "OVER (PARTITION BY worker_id, actor_id, purpose ORDER BY expires_at DESC, id DESC) AS place "
        "FROM consent_grant WHERE worker_id IS_AMONG($1) AND actor_id IS_AMONG($2) AND status <> 'active') AS ended "
        "WHERE place <= $3"
    ),
    "items": (
        "SELECT grant_id, platform, category, granted, category_version FROM grant_item WHERE grant_id IS_AMONG($1)"
    ),
    "terms": "SELECT id, worker_id, actor_id, client_id, purpose FROM consent_grant WHERE id IS_AMONG($1)",
    "register": (
        "INSERT INTO gateway_process (kind, proof, host, master_keys, started_at) "
        "VALUES ($1, $2, $3, $4, $5) RETURNING id"
    ),
    "prove": "UPDATE gateway_process SET host = host WHERE id = $1",
    "disown": "DELETE FROM fetch_lease WHERE process_id = $1",
    "end": "UPDATE gateway_process SET ended_at = $2 WHERE id = $1",
}
"""A list travels as JSON: `IS_AMONG($1)` tests for being in one, `EACH_OF($1)` selects what is in it."""

Call = tuple[str, tuple[object, ...]]
"""The name of a statement, and its parameters."""

Rows = list[Any]


def listed(values: Iterable[str]) -> str:
    """Return `values` as statements take them. What no database can hold is no key of anything in it."""
    return orjson.dumps([value for value in values if "\0" not in value]).decode()


def expand(statement: str, *, each_of: str, is_among: str) -> str:
    """Return `statement` with a database's own way to read lists, in which `\\1` stands for the parameter."""
    return re.sub(r"IS_AMONG\((\$\d)\)", is_among, re.sub(r"EACH_OF\((\$\d)\)", each_of, statement))
