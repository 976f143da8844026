"""Every connector of the catalogue, read whole from its simulated platform: no field fails, and the numbers agree."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.catalogue import built_in

ALEX = "alex.sandberg@sandbox.example"
MIKA = "mika.manytask@sandbox.example"
NIA = "nia.newcomer@sandbox.example"

PERSONAS = dict.fromkeys(
    ("taskrabbit", "instawork", "mturk", "mturk_requester", "doordash", "wolt", "uber_eats_takeout"), MIKA
)
"""Whose record is read; ALEX's unless said otherwise."""

WHOLE = """
id
profile { displayName headline city countryCode memberSince status totalEngagements provenance { simulated fidelity } }
ratings { scheme { platform name min max higherIsBetter } value normalized sampleSize window { from to lifetime }
  raterRole perItem text provenance { payloadSha256 } }
credentials { kind name score maxScore awardedAt expiresAt }
engagements(first: 100) {
  totalCount pageInfo { hasNextPage endCursor } provenance { coverage { records complete } }
  edges { node {
    ref kind title status cancelledBy occupation { scheme code label mapping } period { start end precision }
    duration { seconds basis } distance { meters native nativeUnit } place { precision city point { latitude } }
    counterparty { pseudonym kind } earnings { kind amount currency sourceCode }
    ratings { value normalized text scheme { name } }
  } }
}
experience { kind occupation { label } completed cancelled hours firstAt lastAt activeMonths }
earnings { from to currency total engagements lines { kind amount currency } provenance { derivation } }
evidence { platform kind terms completed cancelled recent ratings { name value } credentials fidelity simulated }
paidWork { kind occupation { code } terms currency hours amount }
"""

PAY_BY_THE_HOUR = {
    *("bolt", "business_talent_group", "instawork", "lyft", "mturk_requester", "open_platforms", "taskrabbit", "uber"),
    *("uber_takeout", "upwork"),
}
"""The platforms that tell both hours and pay."""


@pytest.mark.parametrize("connector", built_in(), ids=lambda connector: connector.name)
def test_whole_account_reads_without_an_error(in_world: Any, connector: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link(connector.name, PERSONAS.get(connector.name, ALEX))
        answer = await world.read(connector.name, account_id, WHOLE)
        (subgraph,) = world.platforms.registry.subgraphs
        return answer, subgraph.health()

    answer, health = in_world(test, [connector])
    assert "errors" not in answer, answer["errors"][:3]
    assert health.drift == []
    account = answer["data"]["_entities"][0]
    nodes = [edge["node"] for edge in account["engagements"]["edges"]]
    platform = connector.definition.platform
    assert nodes
    assert len({node["ref"] for node in nodes}) == len(nodes)
    assert all(node["period"]["start"] or node["period"]["end"] for node in nodes)
    assert account["profile"] is None or account["profile"]["provenance"] == {
        "simulated": True,
        "fidelity": platform.fidelity,
    }
    for rating in account["ratings"] or []:
        assert 0 <= rating["normalized"] <= 1
        assert rating["scheme"]["platform"] == platform.name
        assert len(rating["provenance"]["payloadSha256"]) == 64
    for node in nodes:
        for line in node["earnings"] or []:
            assert Decimal(line["amount"]).as_tuple().exponent <= -2
            assert line["currency"]
    assert sum(fact["completed"] for fact in account["evidence"]) == sum(
        summary["completed"] for summary in account["experience"]
    )
    assert {fact["fidelity"] for fact in account["evidence"]} == {platform.fidelity}
    assert bool(account["paidWork"]) is (connector.name in PAY_BY_THE_HOUR)
    for paid in account["paidWork"] or []:
        assert 1 < Decimal(paid["amount"]) / Decimal(paid["hours"]) < 1000, "an hour's pay, in whatever currency"
    for summary in account["earnings"] or []:
        lines = [line for line in summary["lines"] if line["kind"] != "CASH_COLLECTED"]
        assert Decimal(summary["total"]) == sum(Decimal(line["amount"]) for line in lines)


LINKABLE_AS_NEWCOMER = [connector for connector in built_in() if connector.name != "mturk_requester"]
"""A requester's account sends messages only to those who have worked for them."""


@pytest.mark.parametrize("connector", LINKABLE_AS_NEWCOMER, ids=lambda connector: connector.name)
def test_newcomer_has_an_empty_record_and_no_error(in_world: Any, connector: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link(connector.name, NIA)
        return await world.read(connector.name, account_id, WHOLE)

    answer = in_world(test, [connector])
    assert "errors" not in answer, answer["errors"][:3]
    account = answer["data"]["_entities"][0]
    assert account["engagements"]["edges"] == []
    assert account["experience"] == account["evidence"] == []
    assert not account["paidWork"]
