"""Subscriptions: a source stream with entity fetches and decisions behind each of its events."""

from __future__ import annotations

import pytest

from gateway.errors import SubgraphUnavailableError
from gateway.executor.hooks import Denial

DENIED = Denial(code="CONSENT_REQUIRED", message="No consent.")
EVENTS = """
type Query { ok: Boolean }
type Subscription { sold(first: Int = 3): Product secret: String @requiresScopes(scopes: [["secret"]]) }
type Product @key(fields: "upc") { upc: ID! price: Int @requiresScopes(scopes: [["price"]]) }
"""
NAMES = 'type Product @key(fields: "upc") { upc: ID! name: String @requiresScopes(scopes: [["names"]]) }'


@pytest.fixture
def closed():
    return []


@pytest.fixture
def subgraphs(memory_subgraph, closed):
    async def sold(_, first=3):
        try:
            for number in range(first):
                yield {"sold": {"upc": str(number), "price": number}}
        finally:
            closed.append("sold")

    async def secret(_):
        yield {"secret": "s"}

    events = memory_subgraph("events", EVENTS, {"Subscription.sold": sold, "Subscription.secret": secret})
    names = memory_subgraph("names", NAMES, {"Product": lambda r: {"upc": r["upc"], "name": f"P{r['upc']}"}})
    # The source's resolvers serve the stream; its values are read by default resolution.
    events._resolvers = Streams(events._resolvers)
    return events, names


class Streams(dict):
    """Resolves a subscription field to its stream when it is opened, and to the event's value afterwards."""

    def get(self, key, default=None):
        resolver = super().get(key, default)
        if resolver is None:
            return None
        return lambda source, **arguments: source[key.split(".")[1]] if source else resolver(source, **arguments)


QUERY = "subscription { sold { upc name } }"


def test_each_event_is_joined(subgraphs, federate, recording_gate):
    client = federate(*subgraphs, gate=recording_gate())
    responses = client.stream(QUERY)
    assert [response.errors for response in responses] == [[], [], []]
    assert [response.data for response in responses] == [
        {"sold": {"upc": str(number), "name": f"P{number}"}} for number in range(3)
    ]


def test_variables_reach_the_source(subgraphs, federate, recording_gate):
    client = federate(*subgraphs, gate=recording_gate())
    query = "subscription S($n: Int) { sold(first: $n) { upc } }"
    assert len(client.stream(query, variables={"n": 1})) == 1


def test_every_event_has_permits_of_its_own_and_holds_none_afterwards(subgraphs, federate, recording_gate):
    gate = recording_gate()
    federate(*subgraphs, gate=gate).stream(QUERY)
    asked = [(batch[0].subgraph, batch[0].key) for batch in gate.requests]
    assert asked == [("names", {"upc": str(number)}) for number in range(3)]
    assert len(gate.released) == 3
    assert gate.acknowledged == [permit.name for permit in gate.permits]


def test_denial_in_an_event_leaves_the_stream_open(subgraphs, federate, recording_gate):
    gate = recording_gate(lambda request: {"names": DENIED} if request.key == {"upc": "1"} else {})
    responses = federate(*subgraphs, gate=gate).stream(QUERY)
    assert [response.data["sold"]["name"] for response in responses] == ["P0", None, "P2"]
    assert [len(response.errors) for response in responses] == [0, 1, 0]


def test_source_is_not_subscribed_to_without_permission(subgraphs, federate, recording_gate):
    gate = recording_gate(lambda request: dict.fromkeys(request.scopes, DENIED))
    (response,) = federate(*subgraphs, gate=gate).stream("subscription { secret }")
    assert response.data == {"secret": None}
    assert [error["extensions"]["code"] for error in response.errors] == ["CONSENT_REQUIRED"]
    assert subgraphs[0].calls == []
    assert len(gate.acknowledged) == len(gate.permits)


def test_permission_that_ends_while_streaming_takes_the_event_back(subgraphs, federate, recording_gate):
    asked = []

    def refuses(request):
        asked.append(request)
        return dict.fromkeys(request.scopes, DENIED) if len(asked) > 1 else {}

    (response,) = federate(*subgraphs, gate=recording_gate(refuses)).stream("subscription { secret }")
    assert response.data == {"secret": None}
    assert [error["path"] for error in response.errors] == [["secret"]]


def test_client_that_leaves_closes_the_source(subgraphs, federate, recording_gate, closed):
    responses = federate(*subgraphs, gate=recording_gate()).stream(QUERY, take=1)
    assert len(responses) == 1
    assert closed == ["sold"]


def test_source_that_breaks_ends_the_stream_with_an_error(subgraphs, federate, recording_gate):
    async def broken(call):
        yield {"data": {"sold": {"upc": "7"}}}
        raise SubgraphUnavailableError("The subgraph is not available.")

    subgraphs[0].subscribe = broken
    responses = federate(*subgraphs, gate=recording_gate()).stream("subscription { sold { upc } }")
    assert [response.data for response in responses] == [{"sold": {"upc": "7"}}, {"sold": None}]
    assert responses[1].errors[0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"


def test_subscription_is_refused_where_one_answer_is_expected(subgraphs, federate):
    response = federate(*subgraphs).query(QUERY)
    assert [error["extensions"]["code"] for error in response.errors] == ["SUBSCRIPTION_NOT_SUPPORTED"]


def test_refused_request_gets_one_response(subgraphs, federate):
    (response,) = federate(*subgraphs).stream("subscription { nope }")
    assert response.is_request_error
