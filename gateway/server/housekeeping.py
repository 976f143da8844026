"""What a running gateway does now and then: ends grants that have expired, forgets what nobody can use any more.

Nothing depends on it for its safety: an expired grant, code or token is refused by its time, not by this.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.linking.claims import purge as purge_claims
from consent.audit.cosignatures import Cosignatures
from consent.audit.fold import differing_grants
from consent.audit.log import AuditLog
from consent.columns import utc_now
from consent.console.housekeeping import purge as purge_console
from consent.grants.lifecycle import GrantService
from consent.inbox.answers import expire_requests, has_due_requests
from consent.inbox.answers import purge as purge_requests
from consent.notices.outbox import purge as purge_notices
from consent.oauth.housekeeping import purge as purge_oauth
from consent.signin.housekeeping import purge as purge_sign_in
from consent.stops.journal import EndingsError, EndingsJournal
from gateway.storage.database import read_only
from graph.finding.rankings import purge as purge_rankings

log = logging.getLogger("gigway.server.housekeeping")

SWEEP_SECONDS = 15.0
PURGE_SECONDS = 3_600.0
CHECK_SECONDS = 86_400.0


async def keep_house(
    database: Engine,
    grants: GrantService,
    audit: AuditLog,
    cosignatures: Cosignatures,
    endings: EndingsJournal | None,
) -> None:
    """Sweep and purge until cancelled. A failure is logged, and the next round tries again."""
    since_purge, since_check = PURGE_SECONDS, 0.0
    while True:
        await _attempt("grants", grants.expire_due)
        await _attempt("requests", lambda: expire(database))
        if endings is not None:
            await _attempt("endings", endings.follow)
        if since_purge >= PURGE_SECONDS:
            await _attempt("secrets", lambda: purge(database))
            await _attempt("erased", audit.forget_erased)
            await _attempt("witnesses", lambda: check_witnesses(cosignatures))
            since_purge = 0.0
        if since_check >= CHECK_SECONDS:
            await _attempt("states", lambda: check_states(database))
            since_check = 0.0
        await asyncio.sleep(SWEEP_SECONDS)
        since_purge += SWEEP_SECONDS
        since_check += SWEEP_SECONDS


def expire(database: Engine) -> None:
    """Close the requests that nobody answered in time."""
    with read_only(database).connect() as connection:
        if not has_due_requests(connection, now=utc_now()):
            return
    with database.begin() as connection:
        expire_requests(connection, now=utc_now())


def check_states(database: Engine) -> None:
    """Raise the alarm when grants are not in the state that the events of the log say."""
    with read_only(database).connect() as connection:
        differing = differing_grants(connection)
    if differing:
        log.error("server:housekeeping:differ", extra={"grants": len(differing), "check": "gigway audit verify"})


def check_witnesses(cosignatures: Cosignatures) -> None:
    """Say which witnesses have not cosigned what they could have for long."""
    for witness in cosignatures.standing():
        if witness.is_silent:
            log.warning("server:witness:silent", extra={"witness": witness.name, "behind": witness.behind})


def purge(database: Engine) -> None:
    """Delete what has been over for so long that not even a replay could use it."""
    for forget in (
        purge_oauth,
        purge_sign_in,
        purge_notices,
        purge_requests,
        purge_rankings,
        purge_claims,
        purge_console,
    ):
        with database.begin() as connection:
            forget(connection, now=utc_now())


async def _attempt(what: str, work: Callable[[], object]) -> None:
    try:
        await asyncio.to_thread(work)
    except (SQLAlchemyError, OSError, EndingsError) as error:
        log.error("server:housekeeping:fail", extra={"what": what, "error": type(error).__name__})
