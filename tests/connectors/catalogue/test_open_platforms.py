"""The Open Platforms connector reads what real platforms make of the contract, and not only what it says."""

from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
DARIO = "dario.dormant@sandbox.example"

FIELDS = """
engagements(first: 50) { edges { node {
  title status period { start end } duration { seconds basis } place { precision city }
  counterparty { pseudonym } earnings { amount currency } ratings { value scheme { name min max } text }
} } }
credentials { kind name score awardedAt }
achievements { name type score scoreLabel }
"""


@pytest.fixture
def record(in_world: Any) -> Any:
    async def test(world: Any) -> Any:
        account_id = await world.link("open_platforms", ALEX)
        return await world.read("open_platforms", account_id, FIELDS)

    answer = in_world(test)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["_entities"][0]


def test_what_is_null_or_left_out_is_absent(record: Any) -> None:
    nodes = [edge["node"] for edge in record["engagements"]["edges"]]
    assert len(nodes) == 14
    assert any(node["period"]["start"] is None and node["period"]["end"] for node in nodes)
    assert any(node["counterparty"] is None for node in nodes)
    assert any(node["ratings"] == [] for node in nodes)
    assert {node["status"] for node in nodes} <= {"COMPLETED", "DISPUTED"}


def test_decimal_hours_and_amounts_are_exact(record: Any) -> None:
    nodes = [edge["node"] for edge in record["engagements"]["edges"]]
    assert 5400 in {node["duration"]["seconds"] for node in nodes}
    assert {node["duration"]["basis"] for node in nodes} == {"REPORTED"}
    assert {line["currency"] for node in nodes for line in node["earnings"]} == {"SEK"}
    assert "187.50" in {line["amount"] for node in nodes for line in node["earnings"]}


def test_ratings_keep_their_own_scale_thumbs_too(record: Any) -> None:
    ratings = [rating for edge in record["engagements"]["edges"] for rating in edge["node"]["ratings"]]
    scales = {(rating["scheme"]["name"], rating["scheme"]["min"], rating["scheme"]["max"]) for rating in ratings}
    assert scales == {("Quality", "1", "5"), ("Communication", "1", "5"), ("Recommended", "0", "1")}


def test_places_are_cities_where_they_say_one_and_countries_else(record: Any) -> None:
    places = {(edge["node"]["place"]["precision"], edge["node"]["place"]["city"]) for edge in
              record["engagements"]["edges"]}  # fmt: skip
    assert places == {("CITY", "Visby"), ("COUNTRY", None)}


def test_scores_are_numbers_or_words_and_unknown_kinds_are_other(record: Any) -> None:
    found = {each["name"]: (each["kind"], each["score"]) for each in record["credentials"]}
    assert found == {
        "Top Talent": ("BADGE", "90"),
        "Ten jobs done": ("BADGE", None),
        "Web accessibility": ("EXAM", None),
        "Guild member": ("OTHER", None),
    }
    words = {each["name"]: (each["score"], each["scoreLabel"]) for each in record["achievements"]}
    assert words["Web accessibility"] == ("A", "grade")


def test_worker_whom_the_platform_has_deleted_cannot_link(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return await world.prove("open_platforms", await world.claim("open_platforms", DARIO), DARIO)

    answer = in_world(test)
    assert answer.status_code == 400
    assert "no record of yours" in answer.text


def test_token_is_in_the_body_and_in_no_log(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("open_platforms", ALEX)
        mark = await world.mark()
        await world.read("open_platforms", account_id, "engagements(first: 1) { edges { cursor } }")
        return await world.calls("open_platforms", mark)

    (call,) = in_world(test)
    assert (call["method"], call["path"], call["persona"]) == ("POST", "/api/ExportData", ALEX)
    assert "sandbox-secret" not in str(call)


def test_token_that_the_platform_refuses_is_not_the_workers_fault(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("open_platforms", ALEX)
        registration = world.environment.registration("open_platforms")
        world.environment.registrations["open_platforms"] = type(registration)(client_secret="old")
        answer = await world.read("open_platforms", account_id, "credentials { name }")
        (account,) = world.platforms.accounts.of_worker("worker-1")
        return answer["errors"][0]["extensions"]["code"], account.status

    assert in_world(test) == ("UPSTREAM_UNAVAILABLE", "OK")
