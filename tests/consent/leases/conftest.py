"""Who most tests of leases are about."""

import pytest

from tests.consent.conftest import World


@pytest.fixture
def driver(world: World) -> str:
    """A worker with an account at Uber, who allows an actor to read its engagements."""
    world.actor()
    worker = world.worker(("u1", "uber"))
    world.give(worker, [("uber", "engagements")])
    return worker
