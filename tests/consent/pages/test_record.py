"""The worker's record at the platforms as a file: page by page, acknowledged as it leaves, honest about gaps."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from starlette.requests import ClientDisconnect

import consent
from consent.pages.record import MAX_PAGES, read_record, record_query
from consent.pages.record_file import RecordFiles
from tests.consent.pages.test_preview import Gateway

pytestmark = pytest.mark.anyio


def gig(number: int) -> dict[str, Any]:
    return {
        "ref": f"g{number}",
        "kind": "RIDE",
        "title": "=cmd()" if number == 0 else None,
        "occupation": {"label": "taxi driver", "code": "8322", "scheme": "ISCO-08"},
        "status": "COMPLETED",
        "period": {"start": "2030-04-30T10:00:00Z", "end": None, "timezone": None},
        "duration": {"seconds": 600, "basis": "ELAPSED"},
        "distance": None,
        "place": {"city": "Malmö"},
        "earnings": [{"amount": "10.50", "currency": "SEK"}, {"amount": "-1.00", "currency": "SEK"}],
        "ratings": [{"value": "5"}],
    }


class Platforms:
    """The gateway's answers about two platforms: Uber has three pages of gigs, Upwork is down."""

    def __init__(self, *, endless: bool = False) -> None:
        self.answers: list[Gateway] = []
        self.asked: list[Mapping[str, Any]] = []
        self.endless = endless

    async def read(self, worker_id: str, query: str, variables: Mapping[str, Any]) -> Gateway:
        assert all(answer.acknowledged == 1 for answer in self.answers), "a page is let go before the next is read"
        self.asked.append(variables)
        answer = self._answer(variables["platforms"][0], variables["after"])
        self.answers.append(answer)
        return answer

    def _answer(self, platform: str, after: str | None) -> Gateway:
        if platform == "upwork":
            gone = [{"message": "down", "path": ["viewer"], "extensions": {"code": "UPSTREAM_UNAVAILABLE"}}]
            return Gateway({"viewer": {"worker": {"accounts": [{"profile": None, "engagements": None}]}}}, gone)
        number = int(after or 0)
        more = self.endless or number < 2
        account: dict[str, Any] = {
            "engagements": {
                "pageInfo": {"hasNextPage": more, "endCursor": str(number + 1)},
                "edges": [{"node": gig(number)}],
            }
        }
        if after is None:
            account["profile"] = {"displayName": "Alex"}
        return Gateway({"viewer": {"worker": {"accounts": [account]}}})


@pytest.mark.parametrize("after", [None, "cursor"])
def test_the_queries_fit_the_schema(after: str | None) -> None:
    schema = build_schema((Path(consent.__file__).parents[1] / "schema.graphql").read_text())
    query, variables = record_query("uber", after)
    assert validate(schema, parse(query)) == []
    assert variables == {"platforms": ["uber"], "after": after}


@pytest.mark.parametrize("data", [None, {"viewer": {"worker": None}}, {"viewer": {"worker": {"accounts": []}}}])
def test_an_answer_without_anything_is_an_empty_page(data: Mapping[str, Any] | None) -> None:
    page = read_record(Gateway(data, [{"message": "x"}]))
    assert (page.parts, page.gigs, page.after, page.problems) == ({}, (), None, ("UNKNOWN",))


def test_all_of_it_as_json(make_site: Any) -> None:
    platforms = Platforms()
    site = make_site(read_own=platforms.read)
    site.sign_in()
    for account in site.accounts.accounts:
        account.health = "ok"
    assert 'href="/me/record.json"' in site.browser.get("/me/data").text
    answer = site.browser.get("/me/record.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="gigway-my-record.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "platforms": [
            {
                "platform": "uber",
                "name": "Uber",
                "profile": {"displayName": "Alex"},
                "gigs": [gig(0), gig(1), gig(2)],
                "is_whole": True,
                "problems": [],
            },
            {
                "platform": "upwork",
                "name": "Upwork",
                "profile": None,
                "gigs": [],
                "is_whole": False,
                "problems": ["UPSTREAM_UNAVAILABLE"],
            },
        ]
    }
    assert [asked["after"] for asked in platforms.asked] == [None, "1", "2", None]
    assert [answer.acknowledged for answer in platforms.answers] == [1] * 4


def test_gigs_as_a_table(make_site: Any) -> None:
    site = make_site(read_own=Platforms().read)
    site.sign_in()
    rows = list(csv.DictReader(io.StringIO(site.browser.get("/me/record.csv").text)))
    assert [row["ref"] for row in rows] == ["g0", "g1", "g2"]
    assert (rows[0]["title"], rows[1]["paid"], rows[1]["currency"], rows[1]["occupation"]) == (
        "'=cmd()",
        "9.50",
        "SEK",
        "taxi driver",
    )


def test_a_record_without_end_is_cut_and_says_so(make_site: Any) -> None:
    platforms = Platforms(endless=True)
    site = make_site(read_own=platforms.read)
    site.sign_in()
    (uber,) = site.browser.get("/me/record.json").json()["platforms"]
    assert (len(uber["gigs"]), uber["is_whole"], len(platforms.asked)) == (MAX_PAGES, False, MAX_PAGES)


async def test_when_the_browser_goes_away_reading_ends_and_nothing_stays_open(make_site: Any) -> None:
    platforms = Platforms(endless=True)
    site = make_site(read_own=platforms.read)
    files = RecordFiles(site.services, platforms.read)

    class Worker:
        worker_id = site.alex

    response = await files.json(None, Worker())  # type: ignore[arg-type]
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 6:
            raise OSError("gone")

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
    with pytest.raises(ClientDisconnect):
        await response(scope, receive, send)
    assert 0 < len(platforms.asked) < MAX_PAGES
    assert all(answer.acknowledged == 1 for answer in platforms.answers)


async def test_a_platform_that_asks_for_patience_gets_it_for_a_while(make_site: Any) -> None:
    def throttled(seconds: float | None) -> Gateway:
        told = {"code": "UPSTREAM_THROTTLED"} | ({} if seconds is None else {"retryAfter": seconds})
        return Gateway({"viewer": {"worker": {"accounts": [{"engagements": None}]}}}, [{"extensions": told}])

    class Busy(Platforms):
        def __init__(self, *waits: float | None) -> None:
            super().__init__()
            self.waits = list(waits)

        def _answer(self, platform: str, after: str | None) -> Gateway:
            return throttled(self.waits.pop(0)) if self.waits else super()._answer(platform, after)

    async def rows(platforms: Platforms) -> list[dict[str, str]]:
        files = RecordFiles(site.services, platforms.read, pause=pause)
        text = "".join([chunk async for chunk in files._as_csv(site.alex)])
        return list(csv.DictReader(io.StringIO(text)))

    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    site = make_site()
    assert len(await rows(Busy(30, None, 60))) == 3
    assert waited == [30, 5, 60]
    waited.clear()
    (row,) = await rows(Busy(100, 100))
    assert (row["platform"], row["ref"], row["note"]) == ("Uber", "", "Not whole: UPSTREAM_THROTTLED")
    assert waited == [100]
    *_, last = await rows(Platforms(endless=True))
    assert last["note"] == "Not whole: TOO_MANY"


def test_another_session_or_none_reads_nothing(make_site: Any) -> None:
    platforms = Platforms()
    site = make_site(read_own=platforms.read)
    for path in ("/me/record.json", "/me/record.csv"):
        assert site.browser.get(path).status_code == 303
    assert platforms.asked == []
