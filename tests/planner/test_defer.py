"""`@defer`: what is deferred has fetches of its own, and holds nothing else up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphql import parse

from gateway.planner import Supergraph, normalize, plan
from gateway.planner.nodes import DeferredPart, QueryPlan
from gateway.planner.show import show_plan

Deferred = Callable[..., QueryPlan]

SHOP = {
    "a": 'type Query { items: [Item] } type Item @key(fields: "id") { id: ID! name: String slow: Slow }'
    " type Slow { value: Int }",
    "b": 'type Item @key(fields: "id") { id: ID! price: Int stock: Int }',
}


@pytest.fixture
def deferred(federate: Callable[..., Supergraph]) -> Deferred:
    def deferred(query: str, **subgraphs: str) -> QueryPlan:
        supergraph = federate(**(subgraphs or SHOP))
        return plan(supergraph, normalize(supergraph, parse(query), deferring=frozenset()))

    return deferred


def keys(part: DeferredPart) -> list[str]:
    return [field.response_key for field in part.projection]


def test_a_deferred_field_is_fetched_apart_even_from_the_same_subgraph(deferred: Deferred) -> None:
    made = deferred('{ items { name price ... @defer(label: "later") { name slow { value } stock } } }')
    (part,) = made.deferred
    assert (part.label, part.path, part.response_path, part.parent) == (
        "later",
        ("items", "@"),
        ("items", "@"),
        None,
    )
    assert keys(part) == ["name", "slow", "stock"]
    assert [field.response_key for field in made.projection[0].selections] == ["name", "price"]
    apart = [made.fetches[number] for number in sorted(part.fetches)]
    assert [(fetch.subgraph, fetch.after) for fetch in apart] == [("a", (0,)), ("b", (0,))]
    assert len(made.fetches) == 4
    assert "Defer(label: later" in show_plan(made)


def test_nested_parts_know_what_they_are_within(deferred: Deferred) -> None:
    made = deferred('{ ... @defer { items { name ... @defer(label: "x") { price } } } }')
    outer, inner = made.deferred
    assert (outer.response_path, keys(outer), outer.parent) == ((), ["items"], None)
    assert (inner.response_path, keys(inner), inner.parent) == (("items", "@"), ["price"], 0)
    assert made.projection == ()
    assert outer.fetches < inner.fetches


def test_what_cannot_be_fetched_apart_comes_with_the_answer(deferred: Deferred) -> None:
    made = deferred(
        "{ box { size ... @defer { colour } } }", a="type Query { box: Box } type Box { size: Int colour: Int }"
    )
    (part,) = made.deferred
    assert (len(made.fetches), part.fetches, keys(part)) == (1, frozenset(), ["colour"])


def test_a_deferred_field_that_is_also_asked_for_at_once_is_not_fetched_twice(deferred: Deferred) -> None:
    made = deferred("{ items { price ... @defer { price } } }")
    (part,) = made.deferred
    assert (len(made.fetches), part.fetches) == (2, frozenset())
