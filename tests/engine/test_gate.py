"""The gate: what is asked, what a denial cuts, what an ended permission takes back."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from gateway.engine import Engine
from gateway.errors import SubgraphUnavailableError
from gateway.executor import ALLOW_ALL
from gateway.executor.hooks import Denial

DENIED = Denial(code="CONSENT_REQUIRED", message="No consent.", extensions={"reason": "not asked"})

PEOPLE = """
type Query { person(id: ID!): Person people: [Person!]! }
type Person @key(fields: "id") { id: ID! name: String }
"""
DIRECTORY = """
type Person @key(fields: "id") { id: ID! accounts: [Account!]! }
interface Account { id: ID! }
type BankAccount implements Account @key(fields: "id") { id: ID! }
type ShopAccount implements Account @key(fields: "id") { id: ID! }
"""
BANK = """
interface Account { id: ID! evidence: String @inaccessible }
type BankAccount implements Account @key(fields: "id") {
  id: ID!
  iban: String
  balance: Int @requiresScopes(scopes: [["money"]])
  evidence: String @inaccessible @requiresScopes(scopes: [["score"]])
  payments: [Payment!] @requiresScopes(scopes: [["payments"]])
}
type Payment { amount: Int! place: String @requiresScopes(scopes: [["location"]]) }
"""
SHOP = """
interface Account { id: ID! evidence: String @inaccessible }
type ShopAccount implements Account @key(fields: "id") {
  id: ID!
  evidence: String @inaccessible @requiresScopes(scopes: [["score"]])
  orders: [String!] @requiresScopes(scopes: [["orders"]])
}
"""
SCORES = """
type Person @key(fields: "id") {
  id: ID!
  accounts: [Account!]! @external
  score: Int @requires(fields: "accounts { id evidence }") @requiresScopes(scopes: [["score"]])
}
interface Account { id: ID! evidence: String @inaccessible }
"""


@pytest.fixture
def subgraphs(memory_subgraph):
    accounts = [{"__typename": "BankAccount", "id": "b1"}, {"__typename": "ShopAccount", "id": "s1"}]
    return {
        each.name: each
        for each in (
            memory_subgraph(
                "people",
                PEOPLE,
                {
                    "Query.person": lambda _, id: {"id": id, "name": f"P{id}"},
                    "Query.people": lambda _: [{"id": "1"}, {"id": "2"}],
                    "Person": lambda r: {"id": r["id"], "name": f"P{r['id']}"},
                },
            ),
            memory_subgraph(
                "directory",
                DIRECTORY,
                {"Person.accounts": lambda p: [{**a, "id": f"{a['id']}.{p['id']}"} for a in accounts]},
            ),
            memory_subgraph(
                "bank",
                BANK,
                {
                    "BankAccount": lambda r: {
                        "id": r["id"],
                        "iban": "IBAN",
                        "balance": 5,
                        "evidence": "rich",
                        "payments": [{"amount": 1, "place": "here"}, {"amount": 2, "place": "there"}],
                    }
                },
            ),
            memory_subgraph("shop", SHOP, {"ShopAccount": lambda r: {**r, "orders": ["o1"], "evidence": "buys"}}),
            memory_subgraph(
                "scores",
                SCORES,
                {"Person.score": lambda p: sum(a["evidence"] is not None for a in p["accounts"])},
            ),
        )
    }


@pytest.fixture
def ask(subgraphs, federate):
    def ask(query, gate, **options):
        return federate(*subgraphs.values(), gate=gate).query(query, **options)

    return ask


ACCOUNTS = """
{ person(id: "1") { name accounts { id ... on BankAccount { iban balance } ... on ShopAccount { orders } } } }
"""


def refuse(*scopes, **by_subgraph):
    return lambda request: {
        scope: DENIED for scope in request.scopes if scope in scopes or scope in by_subgraph.get(request.subgraph, ())
    }


def test_everything_allowed_is_there(ask, recording_gate):
    gate = recording_gate()
    response = ask(ACCOUNTS, gate)
    assert response.errors == []
    bank, shop = response.data["person"]["accounts"]
    assert bank == {"id": "b1.1", "iban": "IBAN", "balance": 5}
    assert shop == {"id": "s1.1", "orders": ["o1"]}


def test_gate_is_asked_for_each_entity_with_its_disclosure(ask, recording_gate):
    gate = recording_gate()
    ask("{ people { accounts { ... on BankAccount { iban balance } } } }", gate)
    assert [[(each.subgraph, each.typename, each.key, each.scopes) for each in batch] for batch in gate.requests] == [
        [
            ("bank", "BankAccount", {"id": "b1.1"}, frozenset({"money"})),
            ("bank", "BankAccount", {"id": "b1.2"}, frozenset({"money"})),
        ]
    ]
    assert gate.released == [{"bank/0": {"money": 1}, "bank/1": {"money": 1}}]
    assert gate.acknowledged == ["bank/0", "bank/1"]


def test_permits_travel_with_the_call(ask, recording_gate, subgraphs):
    gate = recording_gate()
    ask(ACCOUNTS, gate)
    (call,) = subgraphs["bank"].calls
    assert {name: [repr(each) for each in permits] for name, permits in call.permits.items()} == {
        "representations": ["bank/0"] if repr(gate.permits[0]) == "bank/0" else ["bank/1"]
    }


def test_denied_field_is_cut_and_the_rest_fetched(ask, recording_gate, subgraphs):
    response = ask(ACCOUNTS, recording_gate(refuse("money")))
    assert response.data["person"]["accounts"][0] == {"id": "b1.1", "iban": "IBAN", "balance": None}
    assert response.errors == [
        {
            "message": "No consent.",
            "path": ["person", "accounts", 0, "balance"],
            "extensions": {"reason": "not asked", "code": "CONSENT_REQUIRED"},
        }
    ]
    assert "balance" not in subgraphs["bank"].documents[0]


def test_nothing_left_is_not_sent(ask, recording_gate, subgraphs):
    response = ask(ACCOUNTS, recording_gate(refuse("orders")))
    assert subgraphs["shop"].calls == []
    assert [error["path"] for error in response.errors] == [["person", "accounts", 1, "orders"]]


def test_entities_are_partitioned_by_what_they_may_disclose(ask, recording_gate, subgraphs):
    gate = recording_gate(
        lambda request: {"money": DENIED} if request.key == {"id": "b1.1"} and "money" in request.scopes else {}
    )
    response = ask("{ people { accounts { ... on BankAccount { iban balance } } } }", gate)
    found = [person["accounts"][0] for person in response.data["people"]]
    assert found == [{"iban": "IBAN", "balance": None}, {"iban": "IBAN", "balance": 5}]
    (call,) = subgraphs["bank"].calls
    sent = sorted(
        (representation["id"], "balance" in call.document)
        for each in call.variables.values()
        for representation in each
    )
    assert sent == [("b1.1", True), ("b1.2", True)]
    assert len(call.variables) == 2
    assert [error["path"] for error in response.errors] == [["people", 0, "accounts", 0, "balance"]]


def test_denial_inside_a_list_is_one_error(ask, recording_gate):
    response = ask(
        '{ person(id: "1") { accounts { ... on BankAccount { payments { amount place } } } } }',
        recording_gate(refuse("location")),
    )
    assert response.data["person"]["accounts"][0]["payments"] == [
        {"amount": 1, "place": None},
        {"amount": 2, "place": None},
    ]
    assert [error["path"] for error in response.errors] == [["person", "accounts", 0, "payments"]]


def test_hidden_input_is_sent_as_null_and_listed(ask, recording_gate):
    response = ask('{ person(id: "1") { score } }', recording_gate(refuse(shop=("score",))))
    assert response.data == {"person": {"score": 1}}
    assert response.errors == []
    assert response.extensions["missing"] == [
        {"path": ["person", "score"], "reason": "not asked", "code": "CONSENT_REQUIRED"}
    ]


def test_failed_input_is_listed_as_missing(ask, recording_gate, subgraphs):
    async def down(call):
        raise SubgraphUnavailableError("The subgraph is not available.")

    subgraphs["shop"].execute = down
    response = ask('{ person(id: "1") { score accounts { ... on ShopAccount { orders } } } }', recording_gate())
    assert response.data["person"]["score"] == 1
    assert [(error["path"], error["extensions"]["code"]) for error in response.errors] == [
        (["person", "accounts", 1, "orders"], "UPSTREAM_UNAVAILABLE")
    ]
    assert response.extensions["missing"] == [
        {"path": ["person", "score"], "service": "shop", "reason": "UPSTREAM_ERROR", "code": "UPSTREAM_UNAVAILABLE"}
    ]


def test_missing_input_is_an_error_where_its_field_is_null(ask, recording_gate, subgraphs):
    async def null(call):
        return {"data": {"_entities": [{"score": None}]}}

    subgraphs["scores"].execute = null
    response = ask('{ person(id: "1") { score } }', recording_gate(refuse(shop=("score",))))
    assert [(error["path"], error["extensions"]["code"]) for error in response.errors] == [
        (["person", "score"], "CONSENT_REQUIRED")
    ]


def test_computed_field_inherits_the_permits_behind_its_inputs(ask, recording_gate):
    gate = recording_gate()
    assert ask('{ person(id: "1") { score } }', gate).data == {"person": {"score": 2}}
    (request,) = [each for batch in gate.requests for each in batch if each.subgraph == "scores"]
    assert sorted(repr(permit).split("/")[0] for permit in request.inherited) == ["bank", "shop"]
    assert request.scopes == frozenset({"score"})


def test_without_a_gate_scoped_fields_are_denied(ask, subgraphs):
    response = ask(ACCOUNTS, None)
    assert response.data["person"]["accounts"][0] == {"id": "b1.1", "iban": "IBAN", "balance": None}
    assert {error["extensions"]["code"] for error in response.errors} == {"CONSENT_UNDECIDED"}
    assert subgraphs["shop"].calls == []


def test_allow_all_must_be_asked_for(ask):
    assert ask(ACCOUNTS, ALLOW_ALL).data["person"]["accounts"][0]["balance"] == 5


def test_undecided_scope_is_denied(ask, recording_gate):
    gate = recording_gate()

    async def acquire(requests, session):
        decisions = await type(gate).acquire(gate, requests, session)
        return [type(each)(permit=each.permit) for each in decisions]

    gate.acquire = acquire
    response = ask(ACCOUNTS, gate)
    assert {error["extensions"]["code"] for error in response.errors} == {"CONSENT_UNDECIDED"}
    assert sorted(gate.acknowledged) == sorted(repr(each) for each in gate.permits)


@pytest.mark.parametrize("answer", [RuntimeError("store is down"), []])
def test_failing_gate_denies_everything(ask, recording_gate, subgraphs, answer):
    gate = recording_gate()

    async def acquire(requests, session):
        if isinstance(answer, Exception):
            raise answer
        return answer

    gate.acquire = acquire
    response = ask(ACCOUNTS, gate)
    assert response.data["person"]["accounts"][0]["balance"] is None
    assert {error["extensions"]["code"] for error in response.errors} == {"CONSENT_UNAVAILABLE"}
    assert "store" not in response.body.decode()


def test_ended_scope_is_pruned_at_release(ask, recording_gate):
    gate = recording_gate(ends=lambda permit: frozenset({"money"}) if "bank" in permit.name else frozenset())
    response = ask(ACCOUNTS, gate)
    assert response.data["person"]["accounts"] == [
        {"id": "b1.1", "iban": "IBAN", "balance": None},
        {"id": "s1.1", "orders": ["o1"]},
    ]
    assert [(error["path"], error["extensions"]["code"]) for error in response.errors] == [
        (["person", "accounts", 0, "balance"], "CONSENT_ENDED")
    ]
    assert orjson.loads(response.body)["data"] == response.data


def test_what_was_computed_from_ended_data_goes_with_it(ask, recording_gate):
    gate = recording_gate(ends=lambda permit: frozenset({"score"}) if "shop" in permit.name else frozenset())
    response = ask('{ person(id: "1") { name score } }', gate)
    assert response.data == {"person": {"name": "P1", "score": None}}
    assert [(error["path"], error["extensions"]["code"]) for error in response.errors] == [
        (["person", "score"], "CONSENT_ENDED")
    ]


def test_nested_scope_that_ends_leaves_the_rest_of_the_list(ask, recording_gate):
    gate = recording_gate(ends=lambda permit: frozenset({"location"}))
    response = ask('{ person(id: "1") { accounts { ... on BankAccount { payments { amount place } } } } }', gate)
    assert response.data["person"]["accounts"][0]["payments"] == [
        {"amount": 1, "place": None},
        {"amount": 2, "place": None},
    ]


def test_failing_release_takes_everything_permitted_out(ask, recording_gate):
    gate = recording_gate()

    async def release(permits, session, disclosed):
        raise RuntimeError("store is down")

    gate.release = release
    response = ask(ACCOUNTS, gate)
    assert response.data["person"]["accounts"] == [
        {"id": "b1.1", "iban": "IBAN", "balance": None},
        {"id": "s1.1", "orders": None},
    ]
    assert {error["extensions"]["code"] for error in response.errors} == {"CONSENT_UNAVAILABLE"}
    assert len(gate.acknowledged) == 2


def test_permit_that_ends_cancels_its_call(subgraphs, recording_gate):
    """The call never returns by itself: only the end of the permit can finish the request."""
    gate = recording_gate()
    cancelled = []

    async def scenario():
        started = asyncio.Event()

        async def hang(call):
            started.set()
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        subgraphs["bank"].execute = hang
        engine = Engine.from_subgraphs(subgraphs.values(), gate=gate)
        task = asyncio.create_task(engine.execute(ACCOUNTS))
        await started.wait()
        for permit in gate.permits:
            if permit.name.startswith("bank"):
                permit.end()
        response = await task
        await response.acknowledge()
        return response

    response = asyncio.run(scenario())
    assert cancelled == [True]
    assert response.data["person"]["accounts"][0] == {"id": "b1.1", "iban": None, "balance": None}
    assert {error["extensions"]["code"] for error in response.errors} == {"CONSENT_ENDED"}
    assert len(gate.acknowledged) == 2


def test_cancelled_request_acknowledges_its_permits(subgraphs, recording_gate):
    gate = recording_gate()

    async def scenario():
        started = asyncio.Event()

        async def hang(call):
            started.set()
            await asyncio.get_running_loop().create_future()

        subgraphs["bank"].execute = hang
        engine = Engine.from_subgraphs(subgraphs.values(), gate=gate)
        task = asyncio.create_task(engine.execute(ACCOUNTS))
        await started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(scenario())
    assert sorted(gate.acknowledged) == sorted(permit.name for permit in gate.permits)


def test_cancellation_while_the_gate_decides_acknowledges_too(subgraphs, recording_gate):
    gate = recording_gate()

    async def scenario():
        asked, answer = asyncio.Event(), asyncio.Event()

        async def acquire(requests, session):
            asked.set()
            await answer.wait()
            return await type(gate).acquire(gate, requests, session)

        gate.acquire = acquire
        engine = Engine.from_subgraphs(subgraphs.values(), gate=gate)
        task = asyncio.create_task(engine.execute(ACCOUNTS))
        await asked.wait()
        task.cancel()
        asyncio.get_running_loop().call_soon(answer.set)
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())
    assert subgraphs["bank"].calls == []
    assert sorted(gate.acknowledged) == sorted(permit.name for permit in gate.permits)


@pytest.mark.parametrize("comes_at_once", [False, True])
def test_a_decision_in_a_future_is_cancelled_with_its_request_or_acknowledged(subgraphs, recording_gate, comes_at_once):
    """One of two fetches is under way with a permit, the other waits for its decision."""
    gate = recording_gate()

    async def scenario():
        loop = asyncio.get_running_loop()
        under_way, second, asked = asyncio.Event(), loop.create_future(), []

        def acquire(requests, session):
            asked.append(requests)
            if len(asked) == 1:
                return type(gate).acquire(gate, requests, session)
            second.set_result((loop.create_future(), requests))
            return second.result()[0]

        async def hang(call):
            under_way.set()
            await loop.create_future()

        gate.acquire = acquire
        for name in ("bank", "shop"):
            subgraphs[name].execute = hang
        engine = Engine.from_subgraphs(subgraphs.values(), gate=gate)
        task = asyncio.create_task(engine.execute(ACCOUNTS))
        await under_way.wait()
        deciding, requests = await second
        if comes_at_once:
            deciding.set_result(await type(gate).acquire(gate, requests, None))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        return deciding.cancelled()

    assert asyncio.run(asyncio.wait_for(scenario(), 5)) is not comes_at_once
    assert len(gate.permits) == (2 if comes_at_once else 1)
    assert sorted(gate.acknowledged) == sorted(permit.name for permit in gate.permits)


@pytest.mark.parametrize("waits", [False, True])
def test_permits_are_closed_whether_or_not_anybody_waits_for_it(subgraphs, recording_gate, waits):
    gate = recording_gate()

    async def scenario():
        may_close, closed = asyncio.Event(), asyncio.Event()

        async def acknowledge(permits, session):
            await may_close.wait()
            await type(gate).acknowledge(gate, permits, session)
            closed.set()

        gate.acknowledge = acknowledge
        response = await Engine.from_subgraphs(subgraphs.values(), gate=gate).execute(ACCOUNTS)
        if waits:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await response.acknowledge()
        else:
            response.acknowledge()
        may_close.set()
        await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(scenario())
    assert sorted(gate.acknowledged) == sorted(permit.name for permit in gate.permits)
