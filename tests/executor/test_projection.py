"""Both projections agree on sound trees; the exact one says what is wrong with the others."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.executor import ExecutionSchema
from gateway.executor.projection import Anomaly, compile_projection, project_exactly, shape_projection
from gateway.planner.nodes import Condition, ProjectedField

SDL = """
type Query { node: Node nodes: [[Node]!] strict: Strict! tags: [String!]! kind: Kind kinds: [Kind!] any: JSON }
interface Node { id: ID! size: Int ratio: Float ok: Boolean node: Node }
type Leaf implements Node { id: ID! size: Int ratio: Float ok: Boolean node: Node name: String! }
type Branch implements Node { id: ID! size: Int ratio: Float ok: Boolean node: Node nodes: [Node!] }
type Strict { value: String! inner: Strict }
enum Kind { A B }
scalar JSON
"""
SCHEMA = ExecutionSchema(
    build_schema(SDL),
    object_types={"Query", "Leaf", "Branch", "Strict", "Secret"},
    hidden_values={"Kind": {"HIDDEN"}},
)


def f(parent: str, name: str, kind: str, *selections: ProjectedField, types: Any = None, **more: Any) -> ProjectedField:
    return ProjectedField(
        parent=parent,
        name=name,
        response_key=more.pop("alias", name),
        data_key=more.pop("data_key", name),
        type=kind,
        types=frozenset(types) if types else None,
        selections=selections,
        **more,
    )


def node_fields(depth: int = 1) -> tuple[ProjectedField, ...]:
    fields = [
        f("Node", "__typename", "String!"),
        f("Node", "id", "ID!", alias="key"),
        f("Node", "size", "Int"),
        f("Node", "ratio", "Float"),
        f("Node", "ok", "Boolean", conditions=((Condition(variable="yes", negated=False),),)),
        f("Leaf", "name", "String!", types={"Leaf"}),
    ]
    if depth:
        fields.append(f("Branch", "nodes", "[Node!]", *node_fields(depth - 1), types={"Branch"}))
    return tuple(fields)


PROJECTION = (
    f("Query", "__typename", "String!"),
    f("Query", "node", "Node", *node_fields()),
    f("Query", "nodes", "[[Node]!]", *node_fields(0)),
    f(
        "Query",
        "strict",
        "Strict!",
        f("Strict", "value", "String!"),
        f("Strict", "inner", "Strict", f("Strict", "value", "String!")),
    ),
    f("Query", "tags", "[String!]!"),
    f("Query", "kind", "Kind"),
    f("Query", "kinds", "[Kind!]"),
    f("Query", "any", "JSON", alias="data"),
)

SHAPE = shape_projection(PROJECTION, SCHEMA)
COMPILED = compile_projection(SHAPE)

leaf = st.fixed_dictionaries(
    {
        "__typename": st.just("Leaf"),
        "id": st.text(max_size=2) | st.integers(0, 9),
        "name": st.text(max_size=2),
        "size": st.none() | st.integers(-5, 5),
        "ratio": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "ok": st.none() | st.booleans(),
    },
    optional={"extra": st.just(1)},
)
branch = st.fixed_dictionaries(
    {"__typename": st.just("Branch"), "id": st.text(max_size=2)},
    optional={"nodes": st.none() | st.lists(leaf, max_size=2), "size": st.integers(0, 3)},
)
node = leaf | branch
strict = st.fixed_dictionaries(
    {"value": st.text(max_size=2)},
    optional={"inner": st.none() | st.fixed_dictionaries({"value": st.text(max_size=2)})},
)
sound = st.fixed_dictionaries(
    {"strict": strict, "tags": st.lists(st.text(max_size=1), max_size=2)},
    optional={
        "node": st.none() | node,
        "nodes": st.none() | st.lists(st.lists(st.none() | leaf, max_size=2), max_size=2),
        "kind": st.sampled_from(["A", "B", None]),
        "any": st.none() | st.lists(st.integers() | st.text(max_size=1), max_size=2),
    },
)
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2) | st.sampled_from(["Leaf", "Secret", "HIDDEN"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["__typename", "id", "name", "nodes", "node", "value", "inner", "size", "kind", "strict"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
unsound = st.dictionaries(
    st.sampled_from(["node", "nodes", "strict", "tags", "kind", "any"]), garbage | strict | node, max_size=6
)


def project(tree: dict[str, Any], yes: bool = True) -> tuple[Any, Any, Any]:
    shape, compiled = SHAPE, COMPILED
    variables = {"yes": yes}
    state = compiled.state(variables, lambda value: value, {})
    try:
        fast = compiled.project(tree, state)
    except Anomaly:
        fast = Anomaly
    exact, errors = project_exactly(shape, tree, state, variables)
    return fast, exact, errors


@given(sound, st.booleans())
@settings(max_examples=40, deadline=None)
def test_compiled_and_exact_projection_agree_on_sound_trees(tree, yes):
    fast, exact, errors = project(tree, yes)
    assert errors == []
    assert fast == exact
    assert list(exact) == ["__typename", "node", "nodes", "strict", "tags", "kind", "kinds", "data"]


@given(unsound)
@settings(max_examples=80, deadline=None)
def test_compiled_projection_refuses_whatever_the_exact_one_complains_of(tree):
    fast, exact, errors = project(tree)
    if errors:
        assert fast is Anomaly
    elif fast is not Anomaly:
        assert fast == exact
    assert all(error["extensions"]["code"] == "SUBGRAPH_INVALID_DATA" for error in errors)


SOUND = {"strict": {"value": "v"}, "tags": []}


@pytest.mark.parametrize(
    ("tree", "data", "paths"),
    [
        ({**SOUND, "node": {"__typename": "Leaf", "id": "1", "name": None}}, {"node": None}, [["node", "name"]]),
        ({**SOUND, "strict": {"value": "v", "inner": {}}}, {}, [["strict", "inner", "value"]]),
        ({**SOUND, "strict": {"value": 3}}, None, [["strict", "value"]]),
        ({**SOUND, "tags": ["a", None]}, None, [["tags", 1]]),
        ({**SOUND, "tags": {}}, None, [["tags"]]),
        ({**SOUND, "kind": "C"}, {"kind": None}, [["kind"]]),
        ({**SOUND, "kind": "HIDDEN"}, {"kind": None}, []),
        ({**SOUND, "kinds": ["A", "HIDDEN"]}, {"kinds": None}, [["kinds", 1]]),
        ({**SOUND, "node": {"__typename": "Secret", "id": "1"}}, {"node": None}, []),
        ({**SOUND, "node": {"__typename": "Strict", "id": "1"}}, {"node": None}, [["node"]]),
        ({**SOUND, "node": {"id": "1"}}, {"node": None}, [["node"]]),
        ({**SOUND, "node": [{}]}, {"node": None}, [["node"]]),
        ({**SOUND, "nodes": [[None], None]}, {"nodes": None}, [["nodes", 1]]),
        ({**SOUND, "nodes": [[{"__typename": "Leaf", "name": "n"}]]}, {"nodes": [[None]]}, [["nodes", 0, 0, "key"]]),
    ],
)
def test_null_propagates_to_the_nearest_nullable_field(tree, data, paths):
    fast, exact, errors = project(tree)
    assert fast is Anomaly or (not errors and fast == exact)
    assert [error["path"] for error in errors] == paths
    if data is None:
        assert exact is None
    else:
        assert {key: exact[key] for key in data} == data


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("Int", 1.0, 1),
        ("Int", 2**31, None),
        ("Int", True, None),
        ("Int", "1", None),
        ("Float", 3, 3),
        ("Float", float("nan"), None),
        ("ID", 7, "7"),
        ("ID", 1.5, None),
        ("Boolean", 0, None),
        ("String", 1, None),
    ],
)
def test_leaves_are_coerced_or_refused(kind, value, expected):
    shape = shape_projection((f("Query", "x", kind),), ExecutionSchema(build_schema(f"type Query {{ x: {kind} }}")))
    state = compile_projection(shape).state({}, lambda each: each, {})
    data, errors = project_exactly(shape, {"x": value}, state, {})
    assert data == {"x": expected}
    assert bool(errors) is (expected is None)
