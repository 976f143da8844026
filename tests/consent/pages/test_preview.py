"""The preview: examples of one's own data, read as the worker, shaped for the page, acknowledged when it has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

import consent
from consent.oauth.details import Item
from consent.pages.preview import PreviewPart, preview_query, read_preview
from consent.pages.wording import Wording

NAMES = {"uber": "Uber", "upwork": "Upwork"}
WORDS = Wording("en", str)
EVERYTHING = frozenset(
    Item("uber", category)
    for category in (
        *("profile", "engagements", "earnings", "ratings", "reviews", "credentials", "experience", "location"),
        "skills",
    )
)
UBER = {
    "platform": {"name": "uber"},
    "profile": {"displayName": "Alex S.", "headline": None, "city": "Malmö", "memberSince": "2029-01-01"},
    "engagements": {
        "totalCount": 120,
        "edges": [
            {
                "node": {
                    "kind": "RIDE",
                    "title": None,
                    "status": "COMPLETED",
                    "period": {"start": "2030-04-30T10:00:00Z"},
                    "place": {"city": "Malmö"},
                    "occupation": {"label": "taxi driver"},
                }
            }
        ],
    },
    "earnings": [{"from": "2030-04-01", "to": "2030-04-30", "total": "1000.00", "currency": "SEK"}],
    "ratings": [{"value": "4.9", "sampleSize": 300, "scheme": {"max": "5"}}],
    "reviews": [{"text": "<b>Great</b>" + "!" * 300}, {"text": None}],
    "credentials": [],
    "experience": None,
    "places": {"edges": [{"node": {"place": {"city": "Malmö", "point": {"latitude": "55.6", "longitude": "13.0"}}}}]},
}
SKILLS = [{"skill": {"label": f"skill {number}"}, "proficiency": 0.5} for number in range(5)]
ANSWER = {"viewer": {"worker": {"accounts": [UBER], "skills": SKILLS}}}


@dataclass
class Gateway:
    """Answers the worker, and remembers what was asked and acknowledged."""

    data: Mapping[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    acknowledged: int = 0

    async def read(self, worker_id: str, query: str, variables: Mapping[str, Any]) -> Gateway:
        self.asked.append((worker_id, query, variables))
        return self

    async def acknowledge(self) -> None:
        self.acknowledged += 1


def test_the_query_is_one_of_the_public_schema() -> None:
    schema = build_schema((Path(consent.__file__).parents[1] / "schema.graphql").read_text(encoding="utf-8"))
    for items in (EVERYTHING, {Item("uber", "skills")}, {Item("uber", "ratings"), Item("upwork", "ratings")}):
        asked = preview_query(items)
        assert asked is not None
        assert validate(schema, parse(asked[0])) == []


def test_only_what_is_asked_for_is_fetched() -> None:
    asked = preview_query({Item("uber", "ratings"), Item("*", "matching")})
    assert asked is not None
    query, variables = asked
    assert variables == {"platforms": ["uber"]}
    assert "ratings" in query
    for other in ("engagements", "earnings", "skills", "profile", "text"):
        assert other not in query
    assert preview_query({Item("*", "matching")}) is None


def test_examples_item_by_item() -> None:
    parts = {part.category: part for part in read_preview(EVERYTHING, Gateway(ANSWER), WORDS, NAMES)}
    assert parts["Gigs"] == PreviewPart(
        platform="Uber", category="Gigs", lines=("taxi driver, 2030-04-30, Malmö, completed",), more=119
    )
    assert parts["Profile"].lines == ("Alex S., Malmö, 2029-01-01",)
    assert parts["Earnings"].lines == ("2030-04-01 – 2030-04-30, 1000.00 SEK",)
    assert parts["Ratings"].lines == ("4.9 / 5, n = 300",)
    assert parts["Reviews"].lines is not None
    assert len(parts["Reviews"].lines[0]) == 160
    assert parts["Credentials"].lines == ()
    assert parts["Experience in numbers"].lines is None
    assert parts["Exact places"].lines == ("Malmö, 55.6, 13.0",)
    assert parts["Skills"] == PreviewPart(
        platform=None, category="Skills", lines=tuple(f"skill {number} – 50 %" for number in range(3)), more=2
    )


@pytest.mark.parametrize("data", [None, {}, {"viewer": None}, {"viewer": {"worker": None}}])
def test_an_answer_without_data(data: Mapping[str, Any] | None) -> None:
    items = {Item("uber", "ratings"), Item("uber", "skills")}
    parts = read_preview(items, Gateway(data, errors=[{"message": "no", "path": ["viewer"]}]), WORDS, NAMES)
    assert parts == [PreviewPart(platform=None, category="Skills", lines=None, is_failed=True)]


def test_what_failed_is_told_from_what_is_not_there() -> None:
    account = {"platform": {"name": "uber"}, "ratings": None, "credentials": None, "earnings": []}
    errors = [{"message": "down", "path": ["viewer", "worker", "accounts", 0, "ratings"]}]
    answer = Gateway({"viewer": {"worker": {"accounts": [account]}}}, errors=errors)
    items = {Item("uber", "ratings"), Item("uber", "credentials"), Item("uber", "earnings")}
    parts = {part.category: (part.lines, part.is_failed) for part in read_preview(items, answer, WORDS, NAMES)}
    assert parts == {"Ratings": (None, True), "Credentials": (None, False), "Earnings": ((), False)}


def test_the_page_shows_it_without_granting_anything(make_site: Any, submit: Any) -> None:
    gateway = Gateway(ANSWER)
    site = make_site(read_own=gateway.read)
    site.sign_in()
    path = site.ask()
    page = submit(site.browser, path, path, {"answer": "preview", "item": ["uber:engagements"]})
    assert page.status_code == 200
    assert "What Nordic Staffing would see now" in page.text
    assert "taxi driver, 2030-04-30" in page.text
    assert "and 119 more" in page.text
    assert 'value="uber:engagements" checked' in page.text
    ((worker_id, query, variables),) = gateway.asked
    assert (worker_id, variables) == (site.alex, {"platforms": ["uber"]})
    assert "ratings" not in query
    assert gateway.acknowledged == 1
    assert site.world.grants.of_worker(site.alex) == []


def test_61_what_platforms_say_is_escaped(make_site: Any, submit: Any) -> None:
    hostile = {"platform": {"name": "uber"}, "ratings": [{"value": "<script>x</script>", "scheme": {"max": "5"}}]}
    site = make_site(read_own=Gateway({"viewer": {"worker": {"accounts": [hostile]}}}).read)
    site.sign_in()
    path = site.ask()
    page = submit(site.browser, path, path, {"answer": "preview", "item": ["uber:ratings"]})
    assert "&lt;script&gt;x" in page.text
    assert "<script>x" not in page.text


def test_without_a_gateway_there_is_no_preview(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    assert "Show me first" not in site.browser.get(path).text
    assert submit(site.browser, path, path, {"answer": "preview"}).status_code == 200
