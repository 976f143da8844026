"""A requester attests what a worker did for them, over signed requests, and nothing of anybody else."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.transport import UpstreamRequest, UpstreamResponse, Wire

MIKA = "mika.manytask@sandbox.example"
DARIO = "dario.dormant@sandbox.example"
NIA = "nia.newcomer@sandbox.example"


def entity(answer: Any) -> Any:
    """The one entity of an answer without errors."""
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["_entities"][0]


def test_assignments_are_attested_with_what_the_requester_paid(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("mturk_requester", MIKA)
        return await world.read(
            "mturk_requester",
            account_id,
            "engagements(first: 200) { pageInfo { hasNextPage } provenance { method coverage { complete reason } } "
            "edges { node { kind title status duration { seconds } earnings { amount } counterparty { kind } } } }",
        )

    found = entity(in_world(test))["engagements"]
    nodes = [edge["node"] for edge in found["edges"]]
    assert len(nodes) > 50
    assert {node["kind"] for node in nodes} == {"MICROTASK"}
    assert {node["title"] for node in nodes} <= {
        "Draw boxes around traffic signs", "Classify the mood of a product photo", "Compare two image captions"
    }  # fmt: skip
    for node in nodes:
        assert (node["status"] == "COMPLETED") == bool(node["earnings"])
    assert not found["pageInfo"]["hasNextPage"]
    assert found["provenance"] == {
        "method": "REQUESTER_API",
        "coverage": {"complete": False, "reason": "TIME_LIMIT"},
    }


class BonusWire(Wire):
    """A wire that remembers what the requester's API says of bonuses, before it is mapped."""

    def __init__(self) -> None:
        super().__init__()
        self.bonuses: list[Mapping[str, Any]] = []

    async def exchange(self, request: UpstreamRequest, **options: Any) -> UpstreamResponse:
        response = await super().exchange(request, **options)
        if request.headers.get("X-Amz-Target", "").endswith(".ListBonusPayments"):
            self.bonuses += json.loads(response.body)["BonusPayments"]
        return response


def test_bonus_stands_beside_the_reward_of_its_assignment_and_in_the_month_that_it_was_granted(in_world: Any) -> None:
    wire = BonusWire()

    async def test(world: Any) -> Any:
        account_id = await world.link("mturk_requester", MIKA)
        worker = await world.claim_of("mturk_requester", MIKA)
        mark = await world.mark()
        answer = await world.read(
            "mturk_requester",
            account_id,
            "engagements(first: 200) { edges { node { status earnings { kind amount currency sourceCode } } } } "
            "earnings { from total engagements lines { kind amount } provenance { derivation } }",
        )
        horizon = (world.clock() - timedelta(days=60)).timestamp()
        return entity(answer), worker, horizon, await world.calls("mturk_requester", mark)

    account, worker, horizon, calls = in_world(test, wire=wire)
    own = [each for each in wire.bonuses if each["WorkerId"] == worker and each["GrantTime"] >= horizon]
    assert 0 < len(own) < len(wire.bonuses)
    nodes = [edge["node"]["earnings"] for edge in account["engagements"]["edges"]]
    with_bonus = [lines for lines in nodes if len(lines) == 2]
    assert {len(lines) for lines in nodes} == {0, 1, 2}
    assert {lines[0]["kind"] for lines in nodes if lines} == {"BASE"}
    # What the requester of the sandbox adds is twice the reward, so that no bonus is at another's assignment.
    for base, bonus in with_bonus:
        assert (bonus["kind"], bonus["currency"], bonus["sourceCode"]) == ("BONUS", "USD", "BonusAmount")
        assert Decimal(bonus["amount"]) == 2 * Decimal(base["amount"])

    granted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in own:
        granted[f"{datetime.fromtimestamp(each['GrantTime'], UTC):%Y-%m}"] += Decimal(each["BonusAmount"])
    summed = {
        each["from"][:7]: Decimal(line["amount"])
        for each in account["earnings"]
        for line in each["lines"]
        if line["kind"] == "BONUS"
    }
    assert summed == granted
    for each in account["earnings"]:
        assert Decimal(each["total"]) == sum(Decimal(line["amount"]) for line in each["lines"])
    asked = Counter(call["operation"] for call in calls)
    # Tasks are listed once for both; a bonus may come when no assignment can any more.
    assert asked["ListBonusPayments"] > asked["ListAssignmentsForHIT"] > 10 > asked["ListHITs"]
    assert account["earnings"][0]["provenance"]["derivation"][-1].endswith("from engagements and payments")


def test_bonuses_are_asked_for_only_where_money_is(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("mturk_requester", DARIO)
        asked = {}
        for selection in ("engagements(first: 1) { edges { node { title } } }", "experience { completed }"):
            mark = await world.mark()
            entity(await world.read("mturk_requester", account_id, selection))
            asked[selection] = {call["operation"] for call in await world.calls("mturk_requester", mark)}
        return asked

    for operations in in_world(test).values():
        assert operations == {"ListHITs", "ListAssignmentsForHIT"}


def test_only_tasks_that_may_be_in_the_span_are_asked_for(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("mturk_requester", MIKA)
        since = (world.clock() - timedelta(days=10)).isoformat()
        mark = await world.mark()
        answer = await world.read(
            "mturk_requester",
            account_id,
            "engagements(first: 100, since: $since) { provenance { coverage { complete reason } } "
            "edges { node { period { start } } } }",
            declared="$since: DateTime",
            variables={"since": since},
        )
        return answer, since, await world.calls("mturk_requester", mark)

    answer, since, calls = in_world(test)
    found = entity(answer)["engagements"]
    assert found["provenance"]["coverage"] == {"complete": True, "reason": None}
    assert all(edge["node"]["period"]["start"] >= since[:19] for edge in found["edges"])
    asked = [call["operation"] for call in calls]
    assert 3 <= asked.count("ListAssignmentsForHIT") <= 15


def test_qualification_that_was_granted_is_a_credential_and_a_revoked_one_is_none(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        granted = await world.link("mturk_requester", MIKA)
        world.signed_in[0] = "worker-2"
        revoked = await world.link("mturk_requester", DARIO)
        fields = "credentials { kind name score }"
        return [await world.read("mturk_requester", each, fields) for each in (granted, revoked)]

    granted, revoked = (entity(answer)["credentials"] for answer in in_world(test))
    assert granted == [{"kind": "QUALIFICATION", "name": "Image labelling, tested", "score": "96"}]
    assert revoked == []


def test_worker_who_did_nothing_for_the_requester_gets_no_code(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        before = len(await world.inbox(NIA))
        await world.claim("mturk_requester", await world.claim_of("mturk_requester", NIA))
        return before, len(await world.inbox(NIA))

    before, after = in_world(test)
    assert before == after


def test_code_comes_from_the_requester_at_the_platform(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.claim("mturk_requester", await world.claim_of("mturk_requester", MIKA))
        return (await world.inbox(MIKA))[0]

    message = in_world(test)
    assert message["via"] == "Amazon Mechanical Turk"
    assert "If this was not you, do nothing." in message["text"]


def test_key_that_amazon_refuses_is_not_the_workers_fault(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("mturk_requester", MIKA)
        registration = world.environment.registration("mturk_requester")
        world.environment.registrations["mturk_requester"] = type(registration)(
            client_id="gigway-sandbox", client_secret="withdrawn", agreed_by="the requester"
        )
        answer = await world.read("mturk_requester", account_id, "credentials { name }")
        (account,) = world.platforms.accounts.of_worker("worker-1")
        return answer["errors"][0]["extensions"]["code"], account.status

    assert in_world(test) == ("UPSTREAM_UNAVAILABLE", "OK")


def test_throttling_of_http_400_is_told_as_throttling(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("mturk_requester", MIKA)
        await world.control("mturk_requester", throttle=True)
        answer = await world.read("mturk_requester", account_id, "credentials { name }")
        return answer["errors"][0]["extensions"]["code"]

    assert in_world(test) == "UPSTREAM_THROTTLED"
