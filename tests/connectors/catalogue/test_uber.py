"""The Uber connector against the simulated platform: units, windows, joins, pushdown, faults."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.transport.permit import WorkerAct

NIA = "nia.newcomer@sandbox.example"
FLORA = "flora.fleetwood@sandbox.example"


def entity(answer: Any) -> Any:
    """The one entity of an answer without errors."""
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["_entities"][0]


def test_trips_keep_native_units_beside_normalized_ones(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        return await world.read(
            "uber",
            account_id,
            "engagements(first: 40) { edges { node { kind status cancelledBy occupation { scheme label mapping } "
            "period { start end precision } duration { seconds basis } distance { meters native nativeUnit } "
            "place { precision city point { latitude } } } } }",
        )

    nodes = [edge["node"] for edge in entity(in_world(test))["engagements"]["edges"]]
    assert len(nodes) == 40
    done = [node for node in nodes if node["status"] == "COMPLETED"]
    for node in done:
        start, end = (datetime.fromisoformat(node["period"][name]) for name in ("start", "end"))
        assert end - start == timedelta(seconds=node["duration"]["seconds"])
        meters = Decimal(node["distance"]["native"]) * Decimal("1609.344")
        assert Decimal(node["distance"]["meters"]) == meters.quantize(Decimal("0.001"))
        assert node["distance"]["nativeUnit"] == "mi"
        assert node["place"] == {"precision": "CITY", "city": "San Francisco, CA", "point": None}
        assert node["occupation"] == {"scheme": "ESCO", "label": "taxi driver", "mapping": "INFERRED"}
    assert {node["cancelledBy"] for node in nodes if node["status"] == "CANCELLED"} <= {"WORKER", "CLIENT"}


def test_payments_are_joined_to_trips_as_exact_decimals(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        mark = await world.mark()
        answer = await world.read(
            "uber",
            account_id,
            "engagements(first: 10) { edges { node { status earnings { kind amount currency sourceCode } } } }",
        )
        return answer, await world.calls("uber", mark)

    answer, calls = in_world(test)
    nodes = [edge["node"] for edge in entity(answer)["engagements"]["edges"]]
    lines = [line for node in nodes if node["status"] == "COMPLETED" for line in node["earnings"]]
    assert {"BASE", "PLATFORM_FEE"} <= {line["kind"] for line in lines}
    assert {line["currency"] for line in lines} == {"USD"}
    assert all(line["amount"] == f"{Decimal(line['amount']):.2f}" for line in lines)
    assert all(Decimal(line["amount"]) < 0 for line in lines if line["kind"] == "PLATFORM_FEE")
    assert {call["path"].partition("?")[0] for call in calls} == {"/v1/partners/trips", "/v1/partners/payments"}


@pytest.mark.parametrize(
    ("selection", "paths"),
    [
        ("id", set()),
        ("profile { displayName }", {"/v1/partners/me"}),
        ("profile { city } ratings { value }", {"/v1/partners/me"}),
        ("engagements(first: 3) { edges { node { status } } }", {"/v1/partners/trips"}),
        ("credentials { name }", set()),
    ],
)
def test_only_the_endpoints_that_a_selection_needs_are_called(in_world: Any, selection: str, paths: set[str]) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        mark = await world.mark()
        entity(await world.read("uber", account_id, selection))
        return await world.calls("uber", mark)

    calls = in_world(test)
    assert [call["path"].partition("?")[0] for call in calls] == sorted(paths)


def test_earnings_are_summed_over_ten_day_windows_without_counting_twice(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        until = world.clock().date().replace(day=1) - timedelta(days=1)
        since = until.replace(day=1)
        selection = (
            "earnings(since: $since, until: $until) { from to currency total engagements lines { kind amount } "
            "provenance { derivation coverage { complete } } }"
        )
        whole = await world.read(
            "uber", account_id, selection, declared="$since: Date, $until: Date",
            variables={"since": since.isoformat(), "until": until.isoformat()},
        )  # fmt: skip
        halves = [
            entity(
                await world.read(
                    "uber", account_id, selection, declared="$since: Date, $until: Date",
                    variables={"since": first.isoformat(), "until": last.isoformat()},
                )
            )["earnings"]
            for first, last in ((since, since.replace(day=14)), (since.replace(day=15), until))
        ]  # fmt: skip
        return since, until, entity(whole)["earnings"], halves

    since, until, whole, halves = in_world(test)
    assert [(each["from"], each["to"], each["currency"]) for each in whole] == [
        (since.isoformat(), until.isoformat(), "USD")
    ]
    total = Decimal(whole[0]["total"])
    assert total == sum(Decimal(each["total"]) for half in halves for each in half)
    assert total == sum(Decimal(line["amount"]) for line in whole[0]["lines"] if line["kind"] != "CASH_COLLECTED")
    assert whole[0]["provenance"]["coverage"] == {"complete": True}


def test_fleet_drivers_have_trips_but_no_payments(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", FLORA)
        return await world.read(
            "uber", account_id, "earnings { total } engagements(first: 5) { edges { node { earnings { kind } } } }"
        )

    account = entity(in_world(test))
    assert account["earnings"] == []
    assert [edge["node"]["earnings"] for edge in account["engagements"]["edges"]] == [[]] * 5


def test_pages_follow_each_other_without_gap_or_repetition(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        selection = (
            "engagements(first: $n, after: $after) { pageInfo { endCursor hasNextPage } edges { node { ref } } }"
        )
        declared = "$n: Int, $after: String"
        whole = entity(
            await world.read("uber", account_id, selection, declared=declared, variables={"n": 60, "after": None})
        )
        refs: list[str] = []
        after = None
        for _ in range(6):
            page = entity(
                await world.read("uber", account_id, selection, declared=declared, variables={"n": 10, "after": after})
            )["engagements"]
            refs += [edge["node"]["ref"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
        return [edge["node"]["ref"] for edge in whole["engagements"]["edges"]], refs

    whole, paged = in_world(test)
    assert paged == whole
    assert len(set(whole)) == 60


def test_two_actors_see_different_refs_and_cannot_use_each_others_cursors(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        selection = "engagements(first: 2, after: $after) { pageInfo { endCursor } edges { node { ref } } vehicles }"
        selection = selection.replace(" vehicles", "")
        answers = []
        for actor in ("actor-1", "actor-2"):
            session = type("Asker", (), {"actor_id": actor, "worker_id": None})()
            answers.append(
                entity(
                    await world.read(
                        "uber",
                        account_id,
                        selection,
                        declared="$after: String",
                        variables={"after": None},
                        session=session,
                    )
                )["engagements"]
            )
        stolen = await world.read(
            "uber", account_id, selection, declared="$after: String",
            variables={"after": answers[1]["pageInfo"]["endCursor"]},
        )  # fmt: skip
        return answers, stolen

    (first, second), stolen = in_world(test)
    assert {edge["node"]["ref"] for edge in first["edges"]}.isdisjoint(edge["node"]["ref"] for edge in second["edges"])
    assert stolen["data"] == {"_entities": [{"engagements": None}]}
    assert stolen["errors"][0]["extensions"] == {"code": "BAD_CURSOR", "platform": "uber"}


def test_experience_and_evidence_are_folded_from_one_reading(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        mark = await world.mark()
        answer = await world.read(
            "uber",
            account_id,
            "experience { kind completed cancelled hours activeMonths "
            "reliability { completionRate { numerator } } provenance { derivation coverage { records complete } } } "
            "evidence { kind completed cancelled recent hours terms ratings { name value min max } }",
        )
        return answer, await world.calls("uber", mark)

    answer, calls = in_world(test)
    account = entity(answer)
    (summary,), (fact,) = account["experience"], account["evidence"]
    assert summary["completed"] == fact["completed"] == fact["recent"]
    assert summary["cancelled"] == fact["cancelled"] > 0
    assert summary["completed"] + summary["cancelled"] == summary["provenance"]["coverage"]["records"]
    assert summary["reliability"]["completionRate"]["numerator"] == summary["completed"]
    assert fact["ratings"] == [{"name": "driver rating", "value": "4.93", "min": "1", "max": "5"}]
    assert summary["provenance"]["derivation"][-1] == "experience: folded from engagements of the last 365 days"
    paths = [call["path"] for call in calls]
    assert len(paths) == len(set(paths))


def test_switched_off_platform_costs_its_fields_and_names_itself(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", on=False)
        return await world.read("uber", account_id, "id profile { displayName }")

    answer = in_world(test)
    assert answer["data"]["_entities"][0]["profile"] is None
    (error,) = answer["errors"]
    assert error["path"] == ["_entities", 0, "profile"]
    assert error["extensions"] == {"code": "UPSTREAM_UNAVAILABLE", "platform": "uber"}


@pytest.mark.parametrize(
    ("switches", "code"),
    [
        ({"malformed": True}, "UPSTREAM_MALFORMED"),
        ({"cut_body": True}, "UPSTREAM_MALFORMED"),
        ({"huge_body_mib": 9}, "UPSTREAM_MALFORMED"),
        ({"throttle": True}, "UPSTREAM_THROTTLED"),
        ({"error_rate": 1.0}, "UPSTREAM_UNAVAILABLE"),
        ({"drift": {"driver_id": "id", "trips": "rides"}}, "UPSTREAM_MALFORMED"),
    ],
)
def test_faults_have_codes(in_world: Any, switches: dict[str, Any], code: str) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", **switches)
        return await world.read("uber", account_id, "engagements(first: 1) { edges { node { ref } } }")

    answer = in_world(test)
    assert answer["data"]["_entities"][0] == {"engagements": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


def test_slow_platform_times_out_at_the_calls_deadline(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", latency_ms=3_000)
        loop = asyncio.get_running_loop()
        started = loop.time()
        answer = await world.read("uber", account_id, "profile { city }", deadline=started + 0.3)
        await world.control("uber", latency_ms=0)
        return answer, loop.time() - started

    answer, seconds = in_world(test)
    assert answer["errors"][0]["extensions"]["code"] == "UPSTREAM_TIMEOUT"
    assert seconds < 1


def test_nothing_is_sent_without_an_open_permit(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        mark = await world.mark()
        ended = WorkerAct()
        ended.end()
        answer = await world.read("uber", account_id, "profile { city } evidence { completed }", permit=ended)
        return answer, await world.calls("uber", mark)

    answer, calls = in_world(test)
    assert answer["data"]["_entities"][0] == {"profile": None, "evidence": None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"CONSENT_ENDED"}
    assert calls == []


def test_permit_that_ends_stops_the_remaining_pages(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", latency_ms=120)
        mark = await world.mark()
        permit = WorkerAct()
        reading = asyncio.ensure_future(world.read("uber", account_id, "evidence { completed }", permit=permit))
        while not await world.calls("uber", mark):  # noqa: ASYNC110  # the event is in another process's log
            await asyncio.sleep(0)
        permit.end()
        answer = await reading
        seen = len(await world.calls("uber", mark))
        await world.control("uber", latency_ms=0)
        return answer, seen, len(await world.calls("uber", mark))

    answer, at_end, later = in_world(test)
    assert answer["errors"][0]["extensions"]["code"] == "CONSENT_ENDED"
    assert at_end == later < 10


def test_account_revoked_at_the_platform_must_be_linked_again_and_is_not_retried(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", NIA)
        await world.control("uber", revoke_persona=NIA)
        mark = await world.mark()
        first = await world.read("uber", account_id, "profile { city }")
        second = await world.read("uber", account_id, "profile { city }")
        (platform,) = [each for each in await world.platforms.view.of_worker("worker-1") if each.platform == "uber"]
        calls = await world.calls("uber", mark)
        again = await world.link("uber", NIA)
        third = await world.read("uber", again, "profile { displayName }")
        return first, second, calls, platform.health, again == account_id, third

    first, second, calls, health, is_same, third = in_world(test)
    assert [each["errors"][0]["extensions"]["code"] for each in (first, second)] == ["RELINK_NEEDED"] * 2
    assert [call["status"] for call in calls] == [401]
    assert health == "relink_needed"
    assert is_same
    assert entity(third)["profile"]["displayName"].startswith("Nia")
