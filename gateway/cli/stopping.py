"""What the commands share that stop something: leases of their own, so that they can wait until nothing is read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import Engine

from consent.leases.keeper import LeaseKeeper
from consent.stops.stopping import Stops
from gateway.config import Settings


@contextlib.contextmanager
def stops_of(engine: Engine, settings: Settings) -> Iterator[Stops]:
    """Take part in the stops of this Gigway for as long as a command takes."""
    leases = LeaseKeeper(engine, master_keys=settings.keyring.names() if settings.master_keys else "")
    leases.start()
    try:
        yield Stops(engine, leases, drain=settings.revoke_bound)
    finally:
        leases.close()
