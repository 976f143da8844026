"""Progressive overrides at run time: who is asked for a field that is on its way from one subgraph to another."""

import pytest

from gateway.engine import EngineOptions
from gateway.engine.labels import OverrideLabels
from gateway.planner import load_supergraph

OLD = 'type Query { item: Item } type Item @key(fields: "id") { id: ID! price: Int stock: Int }'
NEW = """
type Item @key(fields: "id") {
  id: ID!
  price: Int @override(from: "old", label: "prices")
  stock: Int @override(from: "old", label: "percent(25)")
}
"""


@pytest.fixture
def shop(memory_subgraph):
    old = memory_subgraph("old", OLD, {"Query.item": lambda _: {"id": "1", "price": 1, "stock": 1}})
    return old, memory_subgraph("new", NEW, {"Item": lambda each: {**each, "price": 2, "stock": 2}})


def test_the_application_decides_about_its_labels_for_each_session(shop, federate):
    asked = []

    def choose(session, labels):
        asked.append((session, labels))
        return {"prices", "unheard of"} if session == "new" else set()

    client = federate(*shop, options=EngineOptions(labels=choose))
    for session, price in (("old", 1), ("new", 2), ("old", 1)):
        assert client.query("{ item { price } }", session=session).data == {"item": {"price": price}}
    assert asked == [(session, frozenset({"prices"})) for session in ("old", "new", "old")]


def test_nobody_decides_then_the_old_subgraph_is_asked(shop, federate):
    assert federate(*shop).query("{ item { price } }").data == {"item": {"price": 1}}


def test_a_percentage_is_a_share_of_the_requests(shop, federate):
    client = federate(*shop)
    rolls = iter([0.2, 0.3, 0.249, 0.25])
    version = client.engine.version
    version.labels = OverrideLabels(load_supergraph(version.supergraph_sdl), None, lambda: next(rolls))
    stocks = [client.query("{ item { stock } }").data["item"]["stock"] for _ in range(4)]
    assert stocks == [2, 1, 2, 1]
