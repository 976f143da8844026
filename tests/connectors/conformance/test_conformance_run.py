"""The conformance run passes what keeps its promises and names what does not."""

import asyncio

import aiohttp
import pytest

from connectors.catalogue import built_in
from connectors.conformance import Report, run_conformance
from connectors.environment import Environment
from connectors.sandbox.providers import built_in_providers
from connectors.schema import load, load_any

CONNECTORS = {connector.name: connector for connector in (*built_in(), *built_in_providers())}


def run(connector, sandbox_url: str) -> Report:
    async def main() -> Report:
        async with aiohttp.ClientSession() as session:
            (await session.post(f"{sandbox_url}/control/reset", json={})).raise_for_status()
        return await run_conformance(connector, Environment(sandbox_url=sandbox_url))

    return asyncio.run(main())


@pytest.mark.parametrize(("name", "checks"), [("uber", 17), ("creatorup", 26), ("course_catalogue", 9)])
def test_catalogue_keeps_its_promises(sandbox_url: str, name: str, checks: int) -> None:
    report = run(CONNECTORS[name], sandbox_url)
    assert report.ok, "\n".join(report.lines())
    assert {finding.outcome for finding in report.findings} == {"ok"}
    assert report.lines()[-1] == f"  {checks} ok, 0 failed, 0 skipped"


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ('GET: "/v1/courses"', 'GET: "/v2/courses"', "UPSTREAM_MALFORMED"),
        ('"ON_SITE"', '"ANYWHERE"', "`mode` is not what it should be. [FIELD_INVALID]"),
        ("size: 100", "size: 101", "UPSTREAM_MALFORMED"),
        ("size: 100,", "size: 100, most: 100,", "more than the 100 records"),
    ],
)
def test_broken_promise_of_a_feed_is_named(sandbox_url: str, right: str, wrong: str, seen: str) -> None:
    source = CONNECTORS["course_catalogue"].source
    assert right in source
    report = run(load_any(source.replace(right, wrong, 1)), sandbox_url)
    (finding,) = [each for each in report.findings if each.check == "feed courses"]
    assert finding.outcome == "FAILED"
    assert seen in finding.seen


@pytest.mark.parametrize(
    ("right", "wrong", "check", "seen"),
    [
        ('city: city_name?', 'memberSince: city_name', "every field", "profile.memberSince"),
        ('GET: "/v1/partners/trips"', 'GET: "/v2/trips"', "paging", "UPSTREAM_MALFORMED"),
        ("offset: $page.offset limit", "offset: $page.offset->mul(0) limit", "paging", "records"),
        ('"reference: driver_id"', '"reference: driver"', "linking", "whose account"),
        ('"reference: driver_id"', '"reference: driver_id", isSuccess: "$.fine"', "linking",
         "an error.; isSuccess is not true; identity request GET /v1/partners/me"),
    ],
)  # fmt: skip
def test_broken_promise_is_named(sandbox_url: str, right: str, wrong: str, check: str, seen: str) -> None:
    source = CONNECTORS["uber"].source
    assert right in source
    report = run(load(source.replace(right, wrong, 1)), sandbox_url)
    assert not report.ok
    (finding,) = [each for each in report.findings if each.check == check]
    assert finding.outcome == "FAILED"
    assert seen in finding.seen
