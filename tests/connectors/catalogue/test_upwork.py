"""The Upwork connector against the simulated platform: GraphQL, tenant header, suppressed feedback."""

from decimal import Decimal
from typing import Any

PRIYA = "priya.parttime@sandbox.example"


def test_profile_and_ratings_come_from_one_query(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        mark = await world.mark()
        answer = await world.read(
            "upwork",
            account_id,
            "profile { displayName countryCode status totalEngagements } "
            "ratings { value normalized sampleSize scheme { name platform } raterRole } "
            "credentials { kind name } listedSkills { name provenance { simulated } }",
        )
        return answer, await world.calls("upwork", mark)

    answer, calls = in_world(test)
    assert "errors" not in answer
    account = answer["data"]["_entities"][0]
    assert account["profile"]["displayName"] == "Alex Sandberg"
    assert account["profile"]["countryCode"] == "US"
    success, feedback = account["ratings"]
    assert success["scheme"] == {"name": "job success score", "platform": "upwork"}
    assert success["normalized"] == float(Decimal(success["value"]) / 100)
    assert feedback["raterRole"] == "CLIENT"
    assert feedback["sampleSize"] > 0
    assert account["credentials"] == [{"kind": "BADGE", "name": "Top Rated"}]
    assert {"name": "Figma", "provenance": {"simulated": True}} in account["listedSkills"]
    assert [call["operation"] for call in calls] == ["Person: user"]


def test_contracts_are_engagements_with_money_hours_and_feedback(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        return await world.read(
            "upwork",
            account_id,
            "engagements(first: 50) { totalCount pageInfo { hasNextPage } edges { node { ref kind status title "
            "period { start precision } duration { seconds basis } counterparty { pseudonym kind } "
            "earnings { kind amount currency sourceCode } ratings { value perItem text } } } }",
        )

    answer = in_world(test)
    assert "errors" not in answer
    connection = answer["data"]["_entities"][0]["engagements"]
    nodes = [edge["node"] for edge in connection["edges"]]
    assert connection["totalCount"] == len(nodes) == 41
    assert connection["pageInfo"] == {"hasNextPage": False}
    assert {node["kind"] for node in nodes} == {"CONTRACT"}
    assert {node["status"] for node in nodes} <= {"COMPLETED", "IN_PROGRESS"}
    assert all(node["counterparty"]["kind"] == "BUSINESS" for node in nodes)
    assert all(
        line["currency"] == "USD" and Decimal(line["amount"]) >= 0 for node in nodes for line in node["earnings"]
    )
    assert any(node["duration"] is None for node in nodes)
    assert any(node["duration"] and node["duration"]["basis"] == "TRACKED" for node in nodes)
    assert any(node["title"] is None for node in nodes)


def test_suppressed_feedback_is_no_rating(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork", PRIYA)
        return await world.read(
            "upwork",
            account_id,
            "ratings { scheme { name } } engagements { edges { node { status ratings { value } } } }",
        )

    account = in_world(test)["data"]["_entities"][0]
    completed = [edge["node"] for edge in account["engagements"]["edges"] if edge["node"]["status"] == "COMPLETED"]
    assert any(node["ratings"] == [] for node in completed)
    assert "job success score" not in {rating["scheme"]["name"] for rating in account["ratings"]}


def test_evidence_carries_titles_and_listed_skills(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        return await world.read(
            "upwork", account_id, "evidence { kind completed terms credentials ratings { name } fidelity simulated }"
        )

    answer = in_world(test)
    assert "errors" not in answer
    (fact,) = answer["data"]["_entities"][0]["evidence"]
    assert fact["kind"] == "CONTRACT"
    assert fact["completed"] > 30
    assert "Figma" in fact["terms"]
    assert any(term.startswith("Brand identity") for term in fact["terms"])
    assert fact["credentials"] == ["Top Rated"]
    assert (fact["fidelity"], fact["simulated"]) == ("DOCUMENTED", True)
