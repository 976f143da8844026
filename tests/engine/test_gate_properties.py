"""Whatever is denied or ends, no trace of it is in the answer, and no permit stays open.

Every value names the entity and the scope that it was disclosed under; what is computed repeats the values that it was
computed from. So the text of the answer tells whether anything got out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine import Engine, compose_supergraph
from gateway.executor.hooks import Denial, GateDecision, GateRequest

PEOPLE = 'type Query { people: [Person!]! } type Person @key(fields: "id") { id: ID! }'
ACCOUNTS = """
type Person @key(fields: "id") { id: ID! accounts: [Account!]! }
interface Account { id: ID! }
type Bank implements Account @key(fields: "id") { id: ID! }
type Shop implements Account @key(fields: "id") { id: ID! }
"""
HOLDER = """
interface Account { id: ID! hint: String @inaccessible }
type %(name)s implements Account @key(fields: "id") {
  id: ID!
  open: String
  hint: String @inaccessible @requiresScopes(scopes: [["score"]])
  a: String @requiresScopes(scopes: [["a"]])
  list: [%(name)sItem!] @requiresScopes(scopes: [["b"]])
}
type %(name)sItem { b: String c: String @requiresScopes(scopes: [["c"]]) part: Part }
type Part @key(fields: "id") { id: ID! }
"""
PARTS = 'type Part @key(fields: "id") { id: ID! label: String deep: String @requiresScopes(scopes: [["d"]]) }'
SCORES = """
type Person @key(fields: "id") {
  id: ID!
  accounts: [Account!]! @external
  score: String @requires(fields: "accounts { id hint }") @requiresScopes(scopes: [["score"]])
}
interface Account { id: ID! hint: String @inaccessible }
"""
QUERY = """
{ people { score accounts {
  id
  ... on Bank { open a list { b c part { label deep } } }
  ... on Shop { open a list { b c part { label deep } } }
} } }
"""
PEOPLE_IDS = ("1", "2")
ENTITIES = [f"{kind}{person}" for kind in ("Bank", "Shop") for person in PEOPLE_IDS]
SCOPES = ("a", "b", "c", "score")
Marks = frozenset[tuple[str, str]]
marks = st.frozensets(
    st.sampled_from(
        [(entity, scope) for entity in ENTITIES for scope in SCOPES]
        + [(person, "score") for person in PEOPLE_IDS]
        + [(f"part-{entity}", "d") for entity in ENTITIES]
    ),
    max_size=6,
)


def tag(entity: str, scope: str) -> str:
    return f"<{entity}/{scope}>"


def holder(reference: dict[str, Any]) -> dict[str, Any]:
    me = reference["id"]
    item = {"b": tag(me, "b"), "c": tag(me, "c"), "part": {"id": f"part-{me}"}}
    return {"id": me, "open": "open", "hint": tag(me, "score"), "a": tag(me, "a"), "list": [item, item]}


def score(person: dict[str, Any]) -> str:
    return f"score of {person['id']} from {[each['hint'] for each in person['accounts']]}"


@pytest.fixture(scope="module")
def world() -> Any:
    return {}


class Permit:
    """A permit that ends for some of its scopes at the second look."""

    ended = False

    def __init__(self, entity: str, scopes: frozenset[str]) -> None:
        self.entity = entity
        self.scopes = scopes

    def on_end(self, callback: Any) -> Any:
        return lambda: None


class MarkedGate:
    """Denies and ends the marked (entity, scope) pairs."""

    def __init__(self, denied: Marks, ends: Marks) -> None:
        self.denied = denied
        self.ends = ends
        self.open: set[Permit] = set()

    async def acquire(self, requests: Sequence[GateRequest], session: Any) -> list[GateDecision]:
        decisions = []
        for request in requests:
            assert request.key is not None
            entity = request.key["id"]
            refused = {scope for scope in request.scopes if (entity, scope) in self.denied}
            permit = Permit(entity, request.scopes - refused)
            self.open.add(permit)
            denial = Denial(code="CONSENT_REQUIRED", message="No.")
            decisions.append(GateDecision(permit=permit, allowed=permit.scopes, denied=dict.fromkeys(refused, denial)))
        return decisions

    async def release(self, permits: Any, session: Any, disclosed: Any) -> Any:
        assert set(disclosed) <= set(permits) == self.open
        ended = {p: frozenset(s for s in p.scopes if (p.entity, s) in self.ends) for p in permits}
        return {permit: scopes for permit, scopes in ended.items() if scopes}

    async def acknowledge(self, permits: Any, session: Any) -> None:
        assert self.open.issuperset(permits)
        self.open.difference_update(permits)


@pytest.fixture
def subgraphs(memory_subgraph):
    accounts = [{"__typename": kind, "kind": kind} for kind in ("Bank", "Shop")]
    return [
        memory_subgraph("people", PEOPLE, {"Query.people": lambda _: [{"id": each} for each in PEOPLE_IDS]}),
        memory_subgraph(
            "accounts",
            ACCOUNTS,
            {"Person.accounts": lambda p: [{**each, "id": each["kind"] + p["id"]} for each in accounts]},
        ),
        memory_subgraph("bank", HOLDER % {"name": "Bank"}, {"Bank": holder}),
        memory_subgraph("shop", (HOLDER % {"name": "Shop"}), {"Shop": holder}),
        memory_subgraph(
            "parts", PARTS, {"Part": lambda r: {**r, "label": f"label of {r['id']}", "deep": tag(r["id"], "d")}}
        ),
        memory_subgraph("scores", SCORES, {"Person.score": score}),
    ]


def test_no_trace_of_what_is_denied_or_ends(subgraphs):
    supergraph = compose_supergraph(subgraphs)

    @given(marks, marks)
    @settings(max_examples=40, deadline=None)
    def check(denied: Marks, ends: Marks) -> None:
        gate = MarkedGate(denied, ends)
        engine = Engine.from_supergraph(supergraph, subgraphs, gate=gate)
        before = [len(each.calls) for each in subgraphs]

        async def run() -> Any:
            response = await engine.execute(QUERY)
            await response.acknowledge()
            return response

        response = asyncio.run(run())
        body = response.body.decode()
        assert gate.open == set()
        for entity, scope in denied | ends:
            assert tag(entity, scope) not in body
        sent = "".join(
            str(call.variables) for each, start in zip(subgraphs, before, strict=True) for call in each.calls[start:]
        )
        for entity, scope in denied:
            assert tag(entity, scope) not in sent
        for entity in ENTITIES:
            if (entity, "b") in denied | ends:
                assert f"label of part-{entity}" not in body
        for person in PEOPLE_IDS:
            inputs = {(f"Bank{person}", "score"), (f"Shop{person}", "score"), (person, "score")}
            if inputs & ends - denied or (person, "score") in denied:
                assert f"score of {person}" not in body
            elif not inputs & (denied | ends):
                assert f"score of {person}" in body
        if not denied | ends:
            assert response.errors == []
            for entity in ENTITIES:
                for scope in ("a", "b", "c", "score"):
                    assert tag(entity, scope) in body

    check()
