"""What an actor may spend in a minute: one number in the database, whoever moves it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from consent.oauth.cost_limits import CostLimits, cost_limits_of, limit_cost
from consent.oauth.housekeeping import purge
from consent.oauth.models import SPENDING
from consent.oauth.registration_rules import RegistrationError
from consent.oauth.spending import Reserved, Spendings, SpentUp


@pytest.fixture
def spendings(server: Any) -> Spendings:
    return Spendings(server.engine, server.clock)


def test_a_minutes_budget_is_there_at_once_and_then_comes_back_evenly(server: Any, spendings: Spendings) -> None:
    assert spendings.reserve("acme", least=600, most=600, per_minute=600) == Reserved(amount=600, left=0)
    assert spendings.reserve("acme", least=100, most=100, per_minute=600) == SpentUp(seconds=10)
    server.clock.advance(timedelta(seconds=10))
    assert spendings.reserve("acme", least=100, most=100, per_minute=600) == Reserved(amount=100, left=0)
    server.clock.advance(timedelta(days=1))
    assert spendings.reserve("acme", least=1, most=1, per_minute=600) == Reserved(amount=1, left=599)


def test_where_a_portion_is_not_left_what_is_needed_may_be(spendings: Spendings) -> None:
    spendings.reserve("acme", least=580, most=580, per_minute=600)
    assert spendings.reserve("acme", least=5, most=30, per_minute=600) == Reserved(amount=5, left=15)


def test_askers_do_not_share(spendings: Spendings) -> None:
    spendings.reserve("acme", least=600, most=600, per_minute=600)
    assert spendings.reserve("other", least=600, most=600, per_minute=600) == Reserved(amount=600, left=0)


def test_processes_at_once_never_reserve_more_than_there_is(server: Any) -> None:
    processes = [Spendings(server.engine, server.clock) for _ in range(4)]

    def reserve(number: int) -> Reserved | SpentUp:
        return processes[number % 4].reserve("acme", least=100, most=100, per_minute=1000)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(reserve, range(20)))
    assert sum(each.amount for each in results if isinstance(each, Reserved)) == 1000


def test_what_is_over_is_forgotten(server: Any, spendings: Spendings) -> None:
    spendings.reserve("acme", least=600, most=600, per_minute=600)
    for passed, rows in ((59, 1), (2, 0)):
        server.clock.advance(timedelta(seconds=passed))
        with server.engine.begin() as connection:
            purge(connection, now=server.clock())
            assert connection.execute(select(func.count()).select_from(SPENDING)).scalar_one() == rows


@pytest.mark.anyio
@pytest.mark.parametrize("limits", [(500, 10_000), (None, 0), (None, None)])
async def test_an_actors_own_limits_come_with_its_token(server: Any, limits: tuple[int | None, int | None]) -> None:
    own = CostLimits(max_cost=limits[0], per_minute=limits[1])
    limit_cost(server.engine, "acme", own)
    assert cost_limits_of(server.engine, "acme") == own
    token = await server.tokens.authenticate(f"Bearer {server.redeem(server.code()).json()['access_token']}")
    assert (token.max_cost, token.cost_per_minute) == limits


@pytest.mark.parametrize(
    ("actor", "values", "code"),
    [
        ("acme", {"max_cost": 0, "per_minute": None}, "COST_INVALID"),
        ("acme", {"max_cost": None, "per_minute": -1}, "COST_INVALID"),
        ("acme", {"max_cost": 3_000_000_000, "per_minute": None}, "COST_INVALID"),
        ("nobody", {"max_cost": 1, "per_minute": None}, "ACTOR_UNKNOWN"),
    ],
)
def test_what_is_no_limit_is_refused(server: Any, actor: str, values: dict[str, int | None], code: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        limit_cost(server.engine, actor, CostLimits(**values))
    assert refused.value.code == code
