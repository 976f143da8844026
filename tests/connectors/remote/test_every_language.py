"""Acme's subgraph in Strawberry, Apollo Server and GraphQL Yoga: linked, read, revoked, down, as any platform."""

import asyncio
from decimal import Decimal
from typing import Any

from connectors.transport.permit import WorkerAct
from tests.connectors.remote.acme_platform import ADA, Acme

EVERYTHING = """
  id
  profile { displayName memberSince provenance { connector method fidelity simulated } }
  ratings { value normalized scheme { platform name } }
  bikes { wheelInches electric provenance { connector } }
  engagements(first: 2) {
    totalCount
    pageInfo { hasNextPage }
    edges { node { ref kind status distance { meters native } earnings { amount } place { city } } }
    provenance { coverage { complete records } payloadSha256 }
  }
  experience { kind completed cancelled hours occupation { label } }
  evidence { platform completed ratings { value } }
  paidWork { currency hours amount }
  earnings { total currency engagements }
"""


def test_everything_is_read_in_one_request_and_folded_here(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        return account_id, await world.read("acme", account_id, EVERYTHING)

    account_id, answer = in_acme_world(test)
    assert "errors" not in answer
    (account,) = answer["data"]["_entities"]
    assert account["id"] == account_id
    assert account["profile"] == {
        "displayName": "Ada Courier",
        "memberSince": "2022-03-01",
        "provenance": {"connector": "acme", "method": "REMOTE_SUBGRAPH", "fidelity": "DOCUMENTED", "simulated": True},
    }
    (rating,) = account["ratings"]
    assert (rating["normalized"], rating["scheme"]["platform"]) == (0.95, "acme")
    assert account["bikes"] == [
        {"wheelInches": 28, "electric": False, "provenance": {"connector": "acme"}},
        {"wheelInches": 20, "electric": True, "provenance": {"connector": "acme"}},
    ]
    engagements = account["engagements"]
    assert (engagements["totalCount"], engagements["pageInfo"]) == (5, {"hasNextPage": True})
    newest, cancelled = (edge["node"] for edge in engagements["edges"])
    assert (newest["kind"], newest["status"], cancelled["status"]) == ("DELIVERY", "COMPLETED", "CANCELLED")
    assert newest["distance"]["meters"] == "2500"
    assert Decimal(newest["earnings"][0]["amount"]) == Decimal("12.50")
    assert newest["place"] is None
    assert newest["ref"] not in ("D-5", "D-4")
    assert engagements["provenance"]["coverage"] == {"complete": False, "records": 2}
    (experience,) = account["experience"]
    assert experience["occupation"] == {"label": "bicycle courier"}
    assert (experience["completed"], experience["cancelled"], experience["hours"]) == (4, 1, "5.00")
    assert account["evidence"][0]["ratings"] == [{"value": "4.8"}]
    assert sum(Decimal(each["total"]) for each in account["earnings"]) == Decimal("40.00")
    assert sum(each["engagements"] for each in account["earnings"]) == 4
    (paid,) = account["paidWork"]
    assert (paid["currency"], paid["hours"], Decimal(paid["amount"])) == ("EUR", "5.00", Decimal("40.00"))
    assert len(acme.seen) == 1


def test_platform_sees_its_own_pseudonym_and_the_workers_token(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        for _ in range(2):
            await world.read("acme", account_id, "profile { displayName }")
        return account_id

    account_id = in_acme_world(test)
    first, second = acme.seen
    assert first["token"] == second["token"] == "token-ada"
    (representation,) = first["variables"]["representations"]
    assert representation == second["variables"]["representations"][0]
    assert representation["__typename"] == "AcmeAccount"
    assert account_id not in representation["id"]
    assert "worker-1" not in str(first)
    assert "bikes" not in first["query"]


def test_two_accounts_are_two_requests_each_with_its_own_token(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        ada = await world.link("acme", ADA)
        world.signed_in[0] = "worker-2"
        bo = await world.link("acme", "bo@acme.example")
        call = world.call(
            "query($r: [_Any!]!) { _entities(representations: $r) { ... on AcmeAccount { profile { displayName } } } }",
            {"r": [{"__typename": "AcmeAccount", "id": each} for each in (ada, bo)]},
        )
        (subgraph,) = world.platforms.registry.subgraphs
        permits = {"r": [WorkerAct(), WorkerAct()]}
        return await subgraph.execute(type(call)(document=call.document, variables=call.variables, permits=permits))

    answer = in_acme_world(test)
    names = [each["profile"]["displayName"] for each in answer["data"]["_entities"]]
    assert names == ["Ada Courier", "Bo Courier"]
    assert sorted(each["token"] for each in acme.seen) == ["token-ada", "token-bo"]
    ids = {each["variables"]["representations"][0]["id"] for each in acme.seen}
    assert len(ids) == 2


def test_pages_go_on_where_they_ended(in_acme_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        refs: list[str] = []
        after = "null"
        for _ in range(3):
            answer = await world.read(
                "acme",
                account_id,
                f"engagements(first: 2, after: {after}) {{ edges {{ node {{ ref }} }} pageInfo {{ endCursor }} }}",
            )
            page = answer["data"]["_entities"][0]["engagements"]
            refs += [edge["node"]["ref"] for edge in page["edges"]]
            after = f'"{page["pageInfo"]["endCursor"]}"'
        whole = await world.read("acme", account_id, "engagements { edges { node { ref } } }")
        return refs, [edge["node"]["ref"] for edge in whole["data"]["_entities"][0]["engagements"]["edges"]]

    paged, whole = in_acme_world(test)
    assert paged == whole
    assert len(set(whole)) == 5


def test_token_that_the_platform_revoked_asks_for_linking(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        acme.revoked.add("token-ada")
        answer = await world.read("acme", account_id, "profile { displayName }")
        again = await world.read("acme", account_id, "profile { displayName }")
        return answer, again, world.platforms.accounts.by_ids([account_id])[0].status

    answer, again, status = in_acme_world(test)
    assert answer["data"]["_entities"] == [{"profile": None}]
    assert answer["errors"][0]["extensions"] == {"code": "RELINK_NEEDED", "platform": "acme"}
    assert again["errors"][0]["extensions"]["code"] == "RELINK_NEEDED"
    assert status == "RELINK_NEEDED"
    assert len(acme.seen) == 1


def test_platform_that_is_down_costs_its_fields_and_is_tried_again_with_care(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        acme.down = True
        answer = await world.read("acme", account_id, "id profile { displayName } bikes { electric }")
        return account_id, answer

    account_id, answer = in_acme_world(test)
    assert answer["data"]["_entities"] == [{"id": account_id, "profile": None, "bikes": None}]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UPSTREAM_UNAVAILABLE"}
    assert len(acme.seen) == 3


def test_nothing_is_sent_without_an_open_permit(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        permit = WorkerAct()
        permit.end()
        return await world.read("acme", account_id, "profile { displayName }", permit=permit)

    answer = in_acme_world(test)
    assert answer["errors"][0]["extensions"]["code"] == "CONSENT_ENDED"
    assert acme.seen == []


def test_unlinking_sends_the_token_back(in_acme_world: Any, acme: Acme) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("acme", ADA)
        await world.browser.post("/link/unlink", data={"csrf": "form-token", "account_id": account_id})
        return await world.read("acme", account_id, "profile { displayName }")

    answer = in_acme_world(test)
    assert answer["errors"][0]["extensions"]["code"] == "RELINK_NEEDED"
    assert acme.seen == []
    assert "refresh-token-ada" in acme.revoked


def test_conformance_run_at_the_platforms_own_sandbox(acme: Acme) -> None:
    from connectors.conformance import SandboxAccount, run_conformance
    from connectors.environment import Environment
    from connectors.schema import load
    from tests.connectors.remote.acme_platform import SDL

    environment = Environment(sandbox_url=acme.url, sandboxes={"acme": acme.url})
    account = SandboxAccount(access_token="token-ada", refresh_token="refresh-token-ada")
    report = asyncio.run(run_conformance(load(SDL), environment, account=account))
    assert report.ok, "\n".join(report.lines())
    outcomes = {finding.check: finding.outcome for finding in report.findings}
    assert [name for name, outcome in outcomes.items() if outcome == "skipped"] == ["body cut off", "body too large"]
    assert outcomes["schema"] == outcomes["revoked token"] == outcomes["expired token"] == "ok"
