"""Grants, leases, the access log, and the gate that asks them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from starlette.routing import BaseRoute

from consent.audit.cosignatures import Cosignatures
from consent.audit.log import AuditLog
from consent.audit.log_signer import LogSigner
from consent.contact import ContactCodes
from consent.grants.lifecycle import GrantService
from consent.grants.visibility import ConsentedAccounts
from consent.leases.gate import ConsentGate
from consent.leases.keeper import LeaseKeeper
from consent.leases.processes import ProcessRoll
from consent.stops.journal import EndingsJournal
from consent.stops.lost_processes import bury_lost
from consent.stops.open_leases import Scope
from consent.stops.stopping import Revocation, Stops
from consent.subgraph.schema import ConsentServices
from gateway.config import Settings
from gateway.server.audit import audit_routes
from gateway.server.housekeeping import keep_house
from gateway.server.signers import audit_signer
from gateway.server.wiring.storage import StorageParts
from gateway.storage.database import check_clock
from gateway.storage.endings import check_journal, journal_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentParts:
    """What decides whether a worker's data may be read, and what remembers that it was."""

    storage: StorageParts
    endings: EndingsJournal | None
    leases: LeaseKeeper
    roll: ProcessRoll
    stops: Stops
    grants: GrantService
    contacts: ContactCodes
    consented: ConsentedAccounts
    signer: LogSigner
    audit: AuditLog
    cosignatures: Cosignatures
    gate: ConsentGate
    services: ConsentServices

    async def drain_account(self, account_id: str) -> Revocation:
        """Stop everything that reads one linked account."""
        return await self.stops.drain(Scope(kind="account", ref=account_id))

    async def drain_platform(self, platform: str) -> Revocation:
        """Stop everything that reads one platform."""
        return await self.stops.drain(Scope(kind="platform", ref=platform))

    def routes(self) -> list[BaseRoute]:
        """Return where the log's checkpoints are published."""
        return audit_routes(self.audit, self.cosignatures, self.signer)

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what seals the log and ends what is over."""
        return [
            self.audit.run(),
            keep_house(self.storage.database, self.grants, self.audit, self.cosignatures, self.endings),
        ]

    async def start(self) -> None:
        """Make this process one that can hold leases, and ready to end grants fast."""
        await asyncio.to_thread(self.leases.start)
        await self.grants.warm_up()

    async def close(self) -> None:
        """Give up the leases."""
        await asyncio.to_thread(self.leases.close)


def build_consent(settings: Settings, storage: StorageParts) -> ConsentParts:
    """Return the consent layer.

    Raises `DatabaseError` for a database that was restored from a backup, or whose clock is not this machine's.
    """
    database = storage.database
    check_clock(database)
    authorize_url = f"{settings.issuer}/oauth/authorize"
    leases = LeaseKeeper(database, master_keys=storage.master_keys)
    endings = journal_of(settings, database, storage.lasting)
    check_journal(endings)
    bury_lost(database)
    journal = endings.follow if endings else None
    stops = Stops(storage.stopping, leases, drain=settings.revoke_bound, journal=journal)
    grants = GrantService(database, stops)
    contacts = ContactCodes(database)
    signer = audit_signer(settings, storage.signing_keys("audit"))
    audit = AuditLog(database, signer)
    cosignatures = Cosignatures(database, settings.witness_keys)
    return ConsentParts(
        storage=storage,
        endings=endings,
        leases=leases,
        roll=ProcessRoll(database, lambda: leases.process_id),
        stops=stops,
        grants=grants,
        contacts=contacts,
        consented=ConsentedAccounts(database),
        signer=signer,
        audit=audit,
        cosignatures=cosignatures,
        gate=ConsentGate(leases, sources={}, authorize_url=authorize_url),
        services=ConsentServices(
            database,
            grants=grants,
            contacts=contacts,
            leases=leases,
            authorize_url=authorize_url,
            audit=audit,
            cosignatures=cosignatures,
        ),
    )
