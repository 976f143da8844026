"""A fleet's client reads one driver: nobody else's orders, in windows, through errors that are HTTP 200."""

from datetime import datetime
from decimal import Decimal
from typing import Any

FLORA = "flora.fleetwood@sandbox.example"
ALEX = "alex.sandberg@sandbox.example"
PRIYA = "priya.parttime@sandbox.example"
DARIO = "dario.dormant@sandbox.example"


def entity(answer: Any) -> Any:
    """The one entity of an answer without errors."""
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["_entities"][0]


def test_drivers_of_one_fleet_share_no_order(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        found = []
        for number, login in enumerate((ALEX, PRIYA), 1):
            world.signed_in[0] = f"worker-{number}"
            account_id = await world.link("bolt", login)
            found.append(
                await world.read(
                    "bolt",
                    account_id,
                    "profile { displayName } "
                    "engagements(first: 40) { totalCount edges { node { ref period { start } } } }",
                )
            )
        return found

    alex, priya = (entity(answer) for answer in in_world(test))
    assert (alex["profile"]["displayName"], priya["profile"]["displayName"]) == ("Alex Sandberg", "Priya Parttime")
    starts = [{edge["node"]["period"]["start"] for edge in each["engagements"]["edges"]} for each in (alex, priya)]
    assert all(len(each) > 30 for each in starts)
    assert starts[0].isdisjoint(starts[1])
    assert alex["engagements"]["totalCount"] is None


def test_windows_are_of_fifteen_days_and_stop_when_there_is_enough(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", FLORA)
        mark = await world.mark()
        few = await world.read("bolt", account_id, "engagements(first: 5) { edges { node { period { start } } } }")
        after_few = await world.mark()
        await world.read("bolt", account_id, "experience { completed }")
        return few, await world.calls("bolt", mark), await world.calls("bolt", after_few)

    few, calls, whole = in_world(test)
    starts = [datetime.fromisoformat(edge["node"]["period"]["start"]) for edge in entity(few)["engagements"]["edges"]]
    assert starts == sorted(starts, reverse=True)
    assert len(calls) - len(whole) == 1
    assert len(whole) == 49  # two years in windows of fifteen days
    assert {call["status"] for call in calls} == {200}


def test_a_year_is_read_unless_more_is_asked_for(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", PRIYA)
        fields = "provenance { coverage { complete reason } } edges { node { ref } } pageInfo { hasNextPage }"
        return await world.read(
            "bolt",
            account_id,
            f"year: engagements(first: 500) {{ {fields} }} "
            f'all: engagements(first: 500, since: "2020-01-01T00:00:00Z") {{ {fields} }}',
        )

    found = entity(in_world(test))
    assert found["year"]["provenance"]["coverage"] == {"complete": False, "reason": "TIME_LIMIT"}
    assert found["all"]["provenance"]["coverage"] == {"complete": True, "reason": None}
    assert found["all"]["edges"] == found["year"]["edges"]


def test_money_adds_up_and_cash_is_told_apart(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", FLORA)
        return await world.read(
            "bolt",
            account_id,
            "engagements(first: 60) { edges { node { status earnings { kind amount sourceCode } "
            "duration { seconds basis } distance { meters } } } } ratings { value scheme { name max } raterRole }",
        )

    answer = entity(in_world(test))
    nodes = [edge["node"] for edge in answer["engagements"]["edges"]]
    cash = [node for node in nodes if any(line["kind"] == "CASH_COLLECTED" for line in node["earnings"])]
    assert cash
    for node in nodes:
        amounts = {line["sourceCode"]: Decimal(line["amount"]) for line in node["earnings"]}
        assert amounts.get("commission", Decimal(0)) <= 0
        if node["status"] == "COMPLETED":
            assert amounts["commission"] == -(amounts["ride_price"] * Decimal("0.2")).quantize(Decimal("0.01"))
            assert node["duration"]["basis"] == "ELAPSED"
        else:
            assert node["duration"] is node["distance"] is None
    assert [(each["scheme"]["name"], each["value"], each["raterRole"]) for each in answer["ratings"]] == [
        ("driver rating", "4.87", "CLIENT"),
        ("driver score", "92", "ALGORITHM"),
    ]


def test_suspended_driver_is_told_so(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", DARIO)
        return await world.read(
            "bolt",
            account_id,
            "profile { status } standing { suspensionReason activeCategories provenance { method } }",
        )

    assert entity(in_world(test)) == {
        "profile": {"status": "SUSPENDED"},
        "standing": {
            "suspensionReason": "documents_expired",
            "activeCategories": [],
            "provenance": {"method": "FLEET_API"},
        },
    }


def test_token_of_ten_minutes_is_shared_and_renewed_without_the_worker(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", ALEX)
        counts = []
        for _ in range(2):
            await world.read("bolt", account_id, "profile { displayName }")
            counts.append(len(await world.tokens("bolt")))
        await world.control("bolt", expire_tokens=True)
        answer = await world.read("bolt", account_id, "profile { displayName }")
        (account,) = world.platforms.accounts.of_worker("worker-1")
        return answer, counts, len(await world.tokens("bolt")), account.status

    answer, counts, after, status = in_world(test)
    assert entity(answer)["profile"]["displayName"] == "Alex Sandberg"
    assert counts[0] == counts[1]
    assert after == counts[1] + 1
    assert status == "OK"


def test_error_in_a_good_status_is_an_error(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", ALEX)
        await world.control("bolt", error_rate=1.0)
        mark = await world.mark()
        answer = await world.read("bolt", account_id, "engagements(first: 1) { edges { cursor } }")
        return answer["errors"][0]["extensions"]["code"], await world.calls("bolt", mark)

    code, calls = in_world(test)
    assert code == "UPSTREAM_UNAVAILABLE"
    assert [call["status"] for call in calls] == [200, 200, 200]
