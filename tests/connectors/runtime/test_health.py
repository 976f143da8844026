"""Health: counters of the platform's answers, and drift told by names, not values."""

from typing import Any


def test_health_counts_answers_and_a_good_platform_has_no_drift(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.read("uber", account_id, "profile { displayName city status } evidence { completed }")
        return world.platforms.registry.subgraphs

    health = next(each for each in in_world(test) if each.name == "uber").health()
    assert health.answered == health.requests > 20
    assert (health.failed, health.breaker) == (0, "closed")
    assert health.mean_seconds is not None
    assert health.drift == []


def test_renamed_field_is_drift_before_anybody_complains(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", drift={"distance": "distance_miles"})
        answer = await world.read(
            "uber", account_id, "engagements(first: 5) { edges { node { distance { native } } } }"
        )
        return answer, world.platforms.registry.subgraphs

    answer, subgraphs = in_world(test)
    assert "errors" in answer
    drift = next(each for each in subgraphs if each.name == "uber").health().drift
    # Twice told: what the mapping missed, and what the schema then lacks.
    assert {(line.connect, line.code) for line in drift} == {("trips", "MISSING_KEY"), ("answer", "TYPE_MISMATCH")}
    (line,) = (line for line in drift if line.code == "MISSING_KEY")
    assert "distance" in line.path
    assert line.count == 5


def test_failures_are_counted_by_code(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", error_rate=1.0)
        await world.read("uber", account_id, "profile { city }")
        return world.platforms.registry.subgraphs

    health = next(each for each in in_world(test) if each.name == "uber").health()
    assert health.failures == {"UPSTREAM_UNAVAILABLE": 3}
    assert health.retried == 2
