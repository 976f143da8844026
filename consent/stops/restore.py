"""After a backup was restored: end again what had ended since it was made, and what nobody can vouch for.

With journals (`journal.py`) exactly what they name is ended. Without one nobody knows what had ended, so every grant
is, and every account's gate is closed; workers grant and link again. In both cases tokens, codes, open requests and
browser sessions end: a token or a credential that was revoked since cannot be told from one that was not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlmodel import col

from consent.columns import utc_now
from consent.console.models import INVITATIONS
from consent.models import Actor, ClientGate, ConsentEvent, ConsentGrant, PlatformGate, SubjectGate, Worker
from consent.oauth.models import CLIENTS, CODES, REGISTRATION_TOKENS, REQUESTS, TOKENS
from consent.signin.models import SESSIONS
from consent.stops.journal import Ending, EndingsError, EndingsJournal, missing_endings
from consent.stops.order import lock_stops

REASON = "restored"

Also = Callable[[Connection, str], None]
"""What else happens to an account, by id, in the same transaction."""


def reconcile(
    engine: Engine,
    journals: Sequence[EndingsJournal],
    *,
    end_all: bool = False,
    also: Also = lambda connection, account_id: None,
    clock: Callable[[], datetime] = utc_now,
) -> Counter[str]:
    """End what `journals` name and the database does not know, or everything; return how much, by kind.

    Raises `EndingsError` (`NOTHING_TO_RECONCILE`) when neither is wanted and nothing is missing.
    """
    now = clock()
    with engine.begin() as connection:
        lock_stops(connection)
        if end_all:
            endings = _everything(connection)
        else:
            endings = [each for journal in journals for each in missing_endings(connection, journal.journaled())]
            if not journals:
                raise EndingsError(
                    "NOTHING_TO_RECONCILE",
                    "There is no journal of endings; name one with --journal, or end every grant with --end-all.",
                )
        ended: Counter[str] = Counter()
        for kind, ref in sorted({(each.kind, each.ref) for each in endings}):
            ended[kind] += _end(connection, kind, ref, also, now)
        ended["token"] = _forget_secrets(connection, now)
        connection.execute(
            insert(ConsentEvent).values(
                at=now,
                type="consent:database:restore",
                by_kind="operator",
                payload={"ended": dict(ended), "everything": end_all},
            )
        )
    with engine.execution_options(read_only=True).connect() as connection:
        for journal in journals:
            journal.reconcile(connection)
    return ended


def _everything(connection: Connection) -> list[Ending]:
    grants = select(col(ConsentGrant.id)).where(col(ConsentGrant.status) == "active")
    accounts = select(col(SubjectGate.account_id)).where(col(SubjectGate.open))
    return [
        *(Ending(seq=0, kind="grant", ref=ref) for ref in connection.execute(grants).scalars()),
        *(Ending(seq=0, kind="account", ref=ref) for ref in connection.execute(accounts).scalars()),
    ]


def _end(connection: Connection, kind: str, ref: str, also: Also, now: datetime) -> int:
    """End one thing if it is alive; return how many that were. What the backup has never heard of is not."""
    match kind:
        case "grant":
            return _end_grants(connection, col(ConsentGrant.id) == ref, now)
        case "account":
            also(connection, ref)
            return _shut(connection, SubjectGate, col(SubjectGate.account_id) == ref, now)
        case "platform":
            return _shut(connection, PlatformGate, col(PlatformGate.platform) == ref, now)
        case "client":
            shut = _shut(connection, ClientGate, col(ClientGate.client_id) == ref, now)
            known = connection.execute(select(col(ClientGate.open)).where(col(ClientGate.client_id) == ref)).first()
            if known is None:
                connection.execute(insert(ClientGate).values(client_id=ref, open=False, reason=REASON, updated_at=now))
                shut = 1
            return shut
        case "actor":
            return connection.execute(
                update(Actor).where(col(Actor.id) == ref, col(Actor.status) == "active").values(status="suspended")
            ).rowcount
        case "worker":
            _end_grants(connection, col(ConsentGrant.worker_id) == ref, now)
            for account_id in _accounts_of(connection, ref):
                also(connection, account_id)
            _shut(connection, SubjectGate, col(SubjectGate.worker_id) == ref, now)
            return connection.execute(
                update(Worker)
                .where(col(Worker.id) == ref, col(Worker.status) == "active")
                .values(status="erased", display_name=None)
            ).rowcount
        case _:
            raise EndingsError("ENDING_UNKNOWN", f"A journal names {kind!r}: it was written by a newer Gigway.")


def _end_grants(connection: Connection, condition: Any, now: datetime) -> int:
    ended = connection.execute(
        update(ConsentGrant)
        .where(condition, col(ConsentGrant.status) == "active")
        .values(status="invalidated", ended_at=now, end_reason=REASON, epoch=ConsentGrant.epoch + 1)
        .returning(col(ConsentGrant.id), col(ConsentGrant.worker_id))
    ).all()
    for grant in ended:
        connection.execute(
            insert(ConsentEvent).values(
                at=now,
                type="consent:grant:end",
                grant_id=grant.id,
                worker_id=grant.worker_id,
                by_kind="operator",
                payload={"as": "invalidated", "why": REASON},
            )
        )
    return len(ended)


def _shut(connection: Connection, gate: type[Any], condition: Any, now: datetime) -> int:
    return connection.execute(
        update(gate).where(condition, col(gate.open)).values(open=False, reason=REASON, updated_at=now)
    ).rowcount


def _accounts_of(connection: Connection, worker_id: str) -> Iterable[str]:
    query = select(col(SubjectGate.account_id)).where(col(SubjectGate.worker_id) == worker_id)
    return connection.execute(query).scalars().all()


def _forget_secrets(connection: Connection, now: datetime) -> int:
    """End tokens, codes, requests, sessions, invitations and what a rotation left valid; return how many tokens."""
    connection.execute(update(CODES).where(CODES.c.used_at.is_(None)).values(used_at=now))
    connection.execute(update(REQUESTS).where(REQUESTS.c.expires_at > now).values(expires_at=now))
    connection.execute(update(SESSIONS).where(SESSIONS.c.revoked_at.is_(None)).values(revoked_at=now))
    connection.execute(update(INVITATIONS).where(INVITATIONS.c.ended_at.is_(None)).values(ended_at=now))
    connection.execute(update(REGISTRATION_TOKENS).values(expires_at=now))
    connection.execute(update(CLIENTS).values(previous_secret_hash=None, previous_secret_until=None))
    return connection.execute(update(TOKENS).where(TOKENS.c.revoked_at.is_(None)).values(revoked_at=now)).rowcount
