"""The rows that lease transactions write, in the order of `LEASE_COLUMNS` and `EVENT_COLUMNS` of `statements.py`.

`at` is an instant as the store wants it: formatted once for all rows of a transaction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from consent.leases.decision import Asker
from consent.leases.denials import DeniedAccess
from consent.leases.permit import Lease

Row = Sequence[object]

_SALTS_AT_ONCE = 64


def lease_row(lease: Lease, asker: Asker, process_id: int, at: object) -> Row:
    """Return the row of an open lease."""
    terms = lease.terms
    return (
        lease.id,
        process_id,
        terms.grant_id,
        terms.worker_id,
        asker.actor_id,
        asker.client_id,
        terms.account_id,
        terms.platform,
        terms.listed,
        at,
    )


def access_row(
    asker: Asker, lease: Lease, category: str, reason: str | None, records: int, at: object, salt: str
) -> Row:
    """Return the event of one category read under `lease`; with a `reason` when it was not delivered."""
    terms = lease.terms
    return (
        at,
        terms.worker_id,
        asker.actor_id,
        asker.client_id,
        terms.grant_id,
        lease.id,
        asker.purpose,
        terms.platform,
        terms.account_id,
        category,
        "allow",
        reason,
        records,
        1,
        asker.request_id,
        asker.token_ref,
        salt,
    )


def denial_row(denial: DeniedAccess, repeats: int, at: object, salt: str) -> Row:
    """Return the event of a denial, or of `repeats` equal ones."""
    asker = denial.asker
    return (
        at,
        denial.worker_id,
        asker.actor_id,
        asker.client_id,
        None,
        None,
        asker.purpose,
        denial.platform,
        denial.account_id,
        denial.category,
        "deny",
        denial.reason,
        0,
        repeats,
        asker.request_id,
        asker.token_ref,
        salt,
    )


def salts() -> Iterator[str]:
    """Yield what blinds the leaves of events: 128 random bits each, fetched from the system many at a time."""
    while True:
        block = os.urandom(16 * _SALTS_AT_ONCE).hex()
        for start in range(0, len(block), 32):
            yield block[start : start + 32]
