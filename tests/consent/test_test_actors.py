"""Test actors: granted something by test workers only, whoever writes the grant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from consent.grants.lifecycle import GrantError
from consent.grants.standing import StandingConsents
from consent.models import Actor, ConsentGrant, Worker, new_id


def test_a_test_worker_grants_a_test_actor_something(world: Any) -> None:
    world.actor("trial", is_test=True)
    worker = world.worker(("account-1", "uber"), is_test=True)
    assert world.give(worker, [("uber", "ratings")], actor_id="trial").status == "active"


def test_a_real_worker_cannot(world: Any) -> None:
    world.actor("trial", is_test=True)
    with pytest.raises(GrantError) as error:
        world.give(world.worker(("account-1", "uber")), [("uber", "ratings")], actor_id="trial")
    assert error.value.code == "TEST_ACTOR"


def test_not_even_past_the_service(world: Any) -> None:
    world.actor("trial", is_test=True)
    values = {
        "id": new_id(),
        "client_id": "app",
        "actor_id": "trial",
        "purpose": "job_matching",
        "purpose_version": 1,
        "granted_at": world.clock(),
        "expires_at": world.clock() + timedelta(days=1),
        "locale": "en",
        "notice_sha256": "0" * 64,
        "screen_sha256": "1" * 64,
        "amr": [],
    }
    real, trial = world.worker(), world.worker(is_test=True)
    with pytest.raises(IntegrityError, match="only test workers"), world.engine.begin() as connection:
        connection.execute(insert(ConsentGrant).values(worker_id=real, **values))
    with world.engine.begin() as connection:
        connection.execute(insert(ConsentGrant).values(worker_id=trial, **values))


@pytest.mark.parametrize("becomes", [True, False])
def test_neither_side_ever_changes_over(world: Any, becomes: bool) -> None:
    actor, worker = world.actor("trial", is_test=not becomes), world.worker(is_test=not becomes)
    for model, identifier in ((Actor, actor), (Worker, worker)):
        with pytest.raises(IntegrityError, match="stays so"), world.engine.begin() as connection:
            connection.execute(update(model).where(col(model.id) == identifier).values(is_test=becomes))


def test_what_is_granted_in_tests_is_not_counted(world: Any) -> None:
    world.actor("trial", is_test=True)
    world.actor("acme")
    worker = world.worker(is_test=True)
    for actor in ("trial", "acme"):
        world.give(worker, [("*", "statistics")], actor_id=actor, client_id=actor, purpose="labour_statistics")
    counted = StandingConsents(world.engine, clock=world.clock).counted()
    assert [grant.actor_id for grant in counted] == ["acme"]
