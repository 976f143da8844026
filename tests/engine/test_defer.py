"""`@defer`: the answer does not wait for what is deferred."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from gateway.engine import Engine
from gateway.errors import SubgraphUnavailableError
from gateway.executor.hooks import Denial

DENIED = Denial(code="CONSENT_REQUIRED", message="No consent.")
SHOP = """
type Query { products: [Product] }
type Product @key(fields: "upc") { upc: ID! name: String @requiresScopes(scopes: [["names"]]) }
"""
STOCK = """
type Product @key(fields: "upc") { upc: ID! count: Int! @requiresScopes(scopes: [["stock"]]) where: Place }
type Place @key(fields: "id") { id: ID! }
"""
PLACES = 'type Place @key(fields: "id") { id: ID! city: String @requiresScopes(scopes: [["places"]]) }'
QUERY = """
query Q($later: Boolean = true) {
  products { upc ... @defer(if: $later, label: "stock") { inStock: count } }
}
"""


@pytest.fixture
def subgraphs(memory_subgraph):
    shop = memory_subgraph("shop", SHOP, {"Query.products": lambda _: [{"upc": "1"}, None, {"upc": "2"}]})
    stock = memory_subgraph("stock", STOCK, {"Product": lambda r: {**r, "count": int(r["upc"]), "where": {"id": "x"}}})
    places = memory_subgraph("places", PLACES, {"Place": lambda r: {**r, "city": "Oslo"}})
    return {"shop": shop, "stock": stock, "places": places}


@pytest.fixture
def stream(subgraphs, federate, recording_gate):
    def stream(query, gate=None, **options):
        client = federate(*subgraphs.values(), gate=gate or recording_gate())
        return [orjson.loads(response.body) for response in client.stream(query, **options)]

    return stream


ANSWER = {"data": {"products": [{"upc": "1"}, None, {"upc": "2"}]}, "hasNext": True}
PART = {
    "incremental": [
        {"path": ["products", 0], "label": "stock", "data": {"inStock": 1}},
        {"path": ["products", 2], "label": "stock", "data": {"inStock": 2}},
    ],
    "hasNext": False,
}


def test_answer_comes_first_and_the_part_later(stream):
    assert stream(QUERY) == [ANSWER, PART]


def test_switched_off_there_is_one_answer(stream):
    whole = [{"upc": "1", "inStock": 1}, None, {"upc": "2", "inStock": 2}]
    assert stream(QUERY, variables={"later": False}) == [{"data": {"products": whole}}]


def test_where_one_answer_is_asked_for_nothing_is_deferred(subgraphs, federate, recording_gate):
    response = federate(*subgraphs.values(), gate=recording_gate()).query(QUERY)
    assert response.data["products"][0] == {"upc": "1", "inStock": 1}


def test_answer_does_not_wait_for_a_subgraph_that_never_answers(subgraphs, recording_gate):
    gate = recording_gate()

    async def scenario():
        called = asyncio.Event()

        async def hang(call):
            called.set()
            await asyncio.get_running_loop().create_future()

        subgraphs["stock"].execute = hang
        responses = Engine.from_subgraphs(subgraphs.values(), gate=gate).subscribe(QUERY)
        first = await anext(responses)
        waiting = asyncio.ensure_future(anext(responses))
        await called.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await responses.aclose()
        return first

    assert orjson.loads(asyncio.run(scenario()).body) == ANSWER
    assert len(gate.permits) == 2
    assert sorted(gate.acknowledged) == sorted(permit.name for permit in gate.permits)


def test_failure_of_a_part_is_told_with_it(stream, subgraphs):
    async def down(call):
        raise SubgraphUnavailableError("The subgraph is not available.")

    subgraphs["stock"].execute = down
    first, part = stream(QUERY)
    assert first == ANSWER
    assert [(each["path"], each["data"]) for each in part["incremental"]] == [
        (["products", 0], None),
        (["products", 2], None),
    ]
    assert [[error["path"] for error in each["errors"]] for each in part["incremental"]] == [
        [["products", 0, "inStock"]],
        [["products", 2, "inStock"]],
    ]


def test_permits_are_open_only_while_their_data_is_on_its_way(subgraphs, recording_gate):
    gate = recording_gate()
    seen = []

    async def scenario():
        engine = Engine.from_subgraphs(subgraphs.values(), gate=gate)
        async for _ in engine.subscribe("{ products { upc count where { id ... @defer { city } } } }"):
            seen.append(([permit.name for permit in gate.permits], list(gate.acknowledged)))

    asyncio.run(scenario())
    assert seen == [
        (["stock/0", "stock/1"], []),
        (["stock/0", "stock/1", "places/2"], ["stock/0", "stock/1"]),
    ]
    assert gate.acknowledged == ["stock/0", "stock/1", "places/2"]
    assert gate.released == [{"stock/0": {"stock": 1}, "stock/1": {"stock": 1}}, {"places/2": {"places": 1}}]


def test_denied_part_is_an_error_in_the_part(stream, recording_gate):
    gate = recording_gate(lambda request: {"stock": DENIED} if request.subgraph == "stock" else {})
    first, part = stream(QUERY, gate=gate)
    assert first == ANSWER
    assert [each["errors"][0]["extensions"]["code"] for each in part["incremental"]] == ["CONSENT_REQUIRED"] * 2


def test_permission_that_ends_before_a_part_takes_it_back(stream, recording_gate):
    gate = recording_gate(ends=lambda permit: frozenset({"stock"}) if permit.name == "stock/0" else frozenset())
    first, part = stream(QUERY, gate=gate)
    assert first == ANSWER
    assert [each["data"] for each in part["incremental"]] == [None, {"inStock": 2}]
    assert [error["extensions"]["code"] for error in part["incremental"][0]["errors"]] == ["CONSENT_ENDED"]


def test_parts_inside_parts_come_after_them(stream):
    query = """
    { products { upc ... @defer(label: "a") { count where { id ... @defer(label: "b") { city } } } } }
    """
    responses = stream(query)
    entries = [each for response in responses[1:] for each in response["incremental"]]
    assert [each["label"] for each in entries] == ["a", "a", "b", "b"]
    assert entries[2] == {"path": ["products", 0, "where"], "label": "b", "data": {"city": "Oslo"}}
    assert [response["hasNext"] for response in responses][-1] is False
