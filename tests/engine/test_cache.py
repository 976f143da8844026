"""The caches: what they keep, what they drop, what they hold of refusals."""

from __future__ import annotations

import traceback

import pytest

from gateway.engine import EngineOptions
from gateway.engine.cache import LruCache
from gateway.errors import InvalidRequestError


def test_the_entry_not_used_for_longest_goes_first():
    cache: LruCache[str, int] = LruCache(2, 100)
    cache.put("a", 1, 1)
    cache.put("b", 2, 1)
    assert cache.get("a") == 1
    cache.put("c", 3, 1)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_weight_is_bounded_and_accounted_for():
    cache: LruCache[str, int] = LruCache(100, 10)
    cache.put("a", 1, 6)
    cache.put("a", 2, 4)
    cache.put("b", 3, 6)
    assert (len(cache), cache.weight) == (2, 10)
    cache.put("c", 4, 5)
    assert (cache.keys(), cache.weight) == (["c"], 5)
    cache.put("heavy", 5, 11)
    assert cache.keys() == ["c"]


@pytest.fixture
def client(memory_subgraph, federate):
    subgraph = memory_subgraph("s", "type Query { a: Int b: Int }", {"Query.a": lambda _: 1})
    return federate(subgraph, options=EngineOptions(documents=3, plans=2))


def test_documents_that_mean_the_same_share_a_plan(client):
    client.query("{ a b }")
    client.query("query Named { a, b } # comment")
    client.query("{ ...F } fragment F on Query { a b }")
    version = client.engine.version
    assert len(version._documents) == 3
    assert len(version._plans) == 1


def test_refusals_are_cached_and_hold_no_traceback(client):
    version = client.engine.version
    depths = []
    for _ in range(3):
        with pytest.raises(InvalidRequestError) as caught:
            version.prepare("{ nope }", None)
        depths.append(len(traceback.extract_tb(caught.value.__traceback__)))
    assert len(version._documents) == 1
    assert depths[1] == depths[2]
