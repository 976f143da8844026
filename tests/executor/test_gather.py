"""Gathering from a place that has been walked once finds what a walk of one's own finds, in any tree."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.executor.gather import compile_gather, compile_gather_from, compile_survey
from gateway.executor.merge import copy_containers
from gateway.executor.watch import plain_path
from gateway.planner.nodes import LIST, EntitySelection, InputField, RepresentationShape, Target, TypeStep

KEY = (InputField(parent="T", name="id", key="id", identifying=True),)
ITEMS = ("items", LIST)
PATHS = [ITEMS, ("one",), (*ITEMS, TypeStep(types=frozenset(("A", "B")))), ("outer", *ITEMS)]

leaves = st.sampled_from(["1", "2", None, ["1"], {"a": 1}, 3])
names = st.sampled_from(["A", "B", "C", None, 7])
entities = st.builds(
    lambda fields, name: {**fields, "__typename": name},
    st.dictionaries(st.sampled_from(["id", "x"]), leaves),
    names,
)
elements = st.one_of(entities, st.none(), st.just("broken"), st.lists(entities, max_size=3))
items = st.one_of(st.none(), st.lists(elements, max_size=6), entities)
trees = st.fixed_dictionaries({"items": items, "one": st.one_of(st.none(), entities)})
inner = st.one_of(st.none(), trees, st.lists(st.one_of(st.none(), trees), max_size=3))


def selection(path, *groups):
    shapes = tuple(RepresentationShape(types=frozenset(each), typename=each[0], fields=KEY) for each in groups)
    target = Target(path=path, representations=shapes)
    return EntitySelection(variable="representations", key="_entities", targets=(target,), selections=())


def answered(gathered):
    """Answer every representation where its answers go, and return what was sent; types may come in another order."""
    for representation, sink in zip(*gathered, strict=True):
        for into in sink:
            into["answer"] = representation
    return sorted(map(repr, gathered[0]))


@settings(deadline=None, max_examples=300)
@given(
    path=st.sampled_from(PATHS),
    groups=st.sampled_from([("A",), ("A", "B"), ("AB",)]),
    sharing=st.booleans(),
    data=st.data(),
)
def test_one_walk_for_many_finds_what_each_would(path, groups, sharing, data):
    tree = {"outer": data.draw(inner)} if path[0] == "outer" else data.draw(trees)
    chosen, places = selection(path, *groups), {plain_path(path)}
    alone, together = copy_containers(tree), copy_containers(tree)
    expected = compile_gather(chosen, places, sharing=sharing)(alone)
    gathered = compile_gather_from(chosen, sharing=sharing)(compile_survey(path, places)(together))
    assert together == tree
    assert answered(gathered) == answered(expected)
    assert together == alone
