"""Who most tests of leases are about, and the connection on which they are decided."""

from collections.abc import Iterator

import pytest

from consent.leases.opening import open_store
from consent.leases.store import LeaseStore
from tests.consent.conftest import World


@pytest.fixture
def driver(world: World) -> str:
    """A worker with an account at Uber, who allows an actor to read its engagements."""
    world.actor()
    worker = world.worker(("u1", "uber"))
    world.give(worker, [("uber", "engagements")])
    return worker


@pytest.fixture
def store(world: World, driver: str) -> Iterator[LeaseStore]:
    """A connection for leases, beside the one of `world`."""
    store = open_store(world.engine)
    yield store
    store.abandon()
