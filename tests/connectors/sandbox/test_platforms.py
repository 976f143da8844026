"""What every simulated platform has in common."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.people import CAST
from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms import BUILDERS
from connectors.sandbox.platforms.uber.drivers import DRIVERS
from connectors.sandbox.platforms.uber.rides import keep_ledger
from connectors.sandbox.platforms.upwork.contracts import contracts_of
from connectors.sandbox.platforms.upwork.freelancers import FREELANCERS
from connectors.sandbox.world import World

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
PRIYA = "priya.parttime@sandbox.example"


def world(seed: int = 1, now: datetime = NOW) -> World:
    return World(seed=seed, clock=lambda: now, started=now)


PLATFORMS = [build(world()) for build in BUILDERS]
each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)


def test_all_platforms_are_simulated() -> None:
    assert [platform.name for platform in PLATFORMS] == [
        "uber", "upwork", "freelancer", "bolt", "github_sponsors", "mturk", "mturk_requester", "lyft",
        "taskrabbit", "instawork", "fiverr", "gigster", "business_talent_group", "creatorup", "open_platforms",
    ]  # fmt: skip


@each_platform
def test_personas_are_of_the_cast_and_include_a_newcomer(platform: Platform) -> None:
    people = [account.persona for account in platform.accounts]
    assert len(people) >= 4
    assert len({account.note for account in platform.accounts}) == len(people)
    assert set(people) <= set(CAST)
    assert {"Nia", "Dario"} <= {person.given_name for person in people}


@each_platform
def test_hypothetical_platforms_say_so_in_their_docstring(platform: Platform) -> None:
    build = next(build for build in BUILDERS if build(world()).name == platform.name)
    module = sys.modules[build.__module__]
    assert ("HYPOTHETICAL" in (module.__doc__ or "")) == (platform.fidelity == "HYPOTHETICAL")


@each_platform
def test_every_answer_tells_its_fidelity(platform: Platform, sandbox: Any) -> None:
    answer = sandbox.get(f"/{platform.name}/no/such/path")
    assert answer.headers["x-sandbox-fidelity"] == platform.fidelity
    assert answer.body


@each_platform
def test_every_platform_can_be_switched_off_throttled_and_broken(platform: Platform, sandbox: Any) -> None:
    path = f"/{platform.name}/no/such/path"
    usual = sandbox.get(path)
    outcomes = []
    for fault in ({"on": False}, {"throttle": True}, {"error_rate": 1}):
        sandbox.switch(platform.name, reset=True, **fault)
        answer = sandbox.get(path)
        outcomes.append((answer.status, answer.body))
        assert sandbox.log(platform=platform.name)[-1]["fault"] is not None
        assert answer.headers.get("x-sandbox-fidelity") == (None if fault == {"on": False} else platform.fidelity)
    assert outcomes[0] == (503, b"")
    assert outcomes[1][1] != outcomes[2][1]
    sandbox.switch(platform.name, reset=True)
    again = sandbox.get(path)
    assert again.status == usual.status


@each_platform
def test_other_platforms_do_not_notice(platform: Platform, sandbox: Any) -> None:
    sandbox.switch(platform.name, on=False)
    others = [other for other in PLATFORMS if other is not platform]
    assert all(sandbox.get(f"/{other.name}/no/such/path").status != 503 for other in others)


def test_the_same_seed_gives_the_same_record() -> None:
    assert keep_ledger(world(), DRIVERS[PRIYA]) == keep_ledger(world(), DRIVERS[PRIYA])
    assert contracts_of(world(), FREELANCERS[PRIYA]) == contracts_of(world(), FREELANCERS[PRIYA])


def test_another_seed_gives_another_record() -> None:
    assert keep_ledger(world(), DRIVERS[PRIYA]) != keep_ledger(world(2), DRIVERS[PRIYA])
    assert contracts_of(world(), FREELANCERS[PRIYA]) != contracts_of(world(2), FREELANCERS[PRIYA])


def test_trips_that_lie_behind_stay_when_the_sandbox_starts_later() -> None:
    earlier = dict(keep_ledger(world(), DRIVERS[PRIYA]).trips[:100])
    later = dict(keep_ledger(world(now=NOW + timedelta(days=5)), DRIVERS[PRIYA]).trips)
    assert earlier.items() <= later.items()
