"""Platforms that send too much, run in circles, change types or go away while they are read: only fields fail."""

import asyncio
import time
import tracemalloc
from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
TOLD = {"UPSTREAM_MALFORMED", "UPSTREAM_UNAVAILABLE"}
WHOLE = """
profile { displayName memberSince status totalEngagements }
ratings { value normalized sampleSize }
credentials { name score awardedAt }
engagements(first: 30) { totalCount edges { node { ref kind status title period { start end } duration { seconds }
  distance { meters native } place { city } earnings { amount currency } ratings { value normalized } } } }
experience { completed hours }
earnings { total }
evidence { completed terms }
"""


def test_a_gigabyte_is_not_taken_in(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", huge_body_mib=1024)
        tracemalloc.start()
        started = time.monotonic()
        answer = await world.read("uber", account_id, "profile { city }")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return answer, time.monotonic() - started, peak

    answer, seconds, peak = in_world(test)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UPSTREAM_MALFORMED"]
    assert seconds < 10
    assert peak < 100 * 1024 * 1024


@pytest.mark.parametrize("platform", ["fiverr", "taskrabbit", "lyft", "uber", "mturk_requester", "gigster"])
def test_paging_that_never_ends_is_left(in_world: Any, platform: str) -> None:
    """Cursors, page numbers, moving windows, offsets and next-tokens that always bring the first page again."""

    async def test(world: Any) -> Any:
        login = "mika.manytask@sandbox.example" if platform in ("taskrabbit", "mturk_requester") else ALEX
        account_id = await world.link(platform, login)
        await world.control(platform, stuck=True)
        mark = await world.mark()
        async with asyncio.timeout(30):
            await world.read(platform, account_id, "experience { completed }")
        return len(await world.calls(platform, mark))

    assert in_world(test) <= 150


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("uber", ["trip_id", "distance", "duration", "rating", "timestamp", "fare"]),
        ("uber", ["trips", "pickup", "start_city", "count"]),
        ("upwork", ["id", "title", "totalCharge", "jobSuccessScore", "totalCount"]),
        ("upwork", ["contract", "terms", "aggregates", "workHistoryList"]),
        ("freelancer", ["reviews", "result", "rating", "entire_history"]),
        ("fiverr", ["transactions", "amount", "order", "valuation"]),
        ("gigster", ["next"]),
        ("fiverr", ["endCursor", "hasNextPage"]),
        ("lyft", ["requested_at"]),
        ("bolt", ["orders", "order_price", "driver_uuid", "total_orders"]),
        ("open_platforms", ["interactions", "achievements"]),
        ("open_platforms", ["period", "income", "ratings", "noOfHours", "id"]),
    ],
)
def test_values_of_another_type_cost_their_fields_only(in_world: Any, platform: str, names: list[str]) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link(platform)
        await world.control(platform, retype=names)
        return await world.read(platform, account_id, f"id {WHOLE}")

    answer = in_world(test)
    account = answer["data"]["_entities"][0]
    assert account["id"]
    for error in answer.get("errors", []):
        assert error["extensions"]["platform"] == platform
        assert error["extensions"]["code"] in TOLD, error
        assert error["message"].startswith("The platform"), error


def test_connector_that_is_removed_is_read_to_the_end_and_then_gone(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.control("uber", latency_ms=150)
        registry = world.platforms.registry
        reading = asyncio.ensure_future(world.read("uber", account_id, "engagements(first: 60) { edges { cursor } }"))
        await asyncio.sleep(0.05)
        registry.swap([each for each in registry.connectors if each.name != "uber"])
        answer = await reading
        page = await world.browser.get("/link/uber")
        left = [each.name for each in registry.subgraphs]
        unlinked = await world.platforms.linking.unlink(account_id, worker_id="worker-1")
        return answer, page.status_code, left, unlinked.status

    answer, status, left, unlinked = in_world(test)
    account = answer["data"]["_entities"][0]
    if "errors" in answer:  # a page that began after the connector had gone
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UPSTREAM_UNAVAILABLE"}
    else:
        assert len(account["engagements"]["edges"]) == 60
    assert status == 404
    assert "uber" not in left
    assert unlinked == "confirmed"


def test_permit_is_asked_for_before_every_request_of_every_page(in_world: Any) -> None:
    """A lease that ends between two pages ends the reading, whatever the style of paging."""

    class Counted:
        """A permit that ends after some requests."""

        def __init__(self, most: int) -> None:
            self.left = most

        @property
        def ended(self) -> bool:
            self.left -= 1
            return self.left < 0

        def on_end(self, callback: Any) -> Any:
            return lambda: None

    async def test(world: Any) -> Any:
        found = []
        for platform in ("uber", "upwork", "fiverr", "bolt"):
            account_id = await world.link(platform)
            mark = await world.mark()
            answer = await world.read(platform, account_id, "experience { completed }", permit=Counted(9))
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            found.append((platform, codes, len(await world.calls(platform, mark))))
        return found

    for platform, codes, calls in in_world(test):
        assert codes == {"CONSENT_ENDED"} or calls < 3, platform
        assert calls < 9, platform
