"""A plan as a DAG of fetches, its merge and its failures."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from graphql import build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import SubgraphUnavailableError
from gateway.executor import ExecutionSchema, RequestContext, compile_plan, execute
from gateway.planner.nodes import (
    EntitySelection,
    Fetch,
    FieldSelection,
    FragmentSelection,
    InputField,
    ProjectedField,
    QueryPlan,
    RepresentationShape,
    Target,
)
from gateway.subgraph import SubgraphCall

SDL = """
type Query { products: [Product] }
type Product { upc: ID! name: String stock: Stock price: Int! }
type Stock { count: Int! }
"""


def field(parent: str, name: str, *selections: Any, key: str | None = None) -> FieldSelection:
    return FieldSelection(parent=parent, name=name, key=key or name, selections=selections)


def projected(parent: str, name: str, kind: str, *selections: ProjectedField, alias: str = "") -> ProjectedField:
    return ProjectedField(
        parent=parent, name=name, response_key=alias or name, data_key=name, type=kind, selections=selections
    )


PRODUCT_KEY = RepresentationShape(
    types=frozenset({"Product"}),
    typename="Product",
    fields=(InputField(parent="Product", name="upc", key="upc", nullable=False, identifying=True),),
)
PRODUCTS = Fetch(id=0, subgraph="products", selections=(field("Query", "products", field("Product", "upc")),))
STOCK = Fetch(
    id=1,
    subgraph="stock",
    after=(0,),
    entities=(
        EntitySelection(
            variable="representations",
            key="_entities",
            targets=(Target(path=("products", "@"), representations=(PRODUCT_KEY,)),),
            selections=(
                FragmentSelection(
                    type_condition="Product",
                    selections=(field("Product", "stock", field("Stock", "count")),),
                ),
            ),
        ),
    ),
)
PLAN = QueryPlan(
    kind="query",
    root_type="Query",
    fetches=(PRODUCTS, STOCK),
    projection=(
        projected(
            "Query",
            "products",
            "[Product]",
            projected("Product", "upc", "ID!"),
            projected("Product", "stock", "Stock", projected("Stock", "count", "Int!"), alias="inStock"),
            alias="all",
        ),
    ),
)


def test_entities_are_deduplicated_and_merged_everywhere(bench, scripted):
    products = scripted("products", {"data": {"products": [{"upc": "1"}, None, {"upc": "2"}, {"upc": "1"}]}})
    stock = scripted("stock", {"data": {"_entities": [{"stock": {"count": 7}}, None]}})
    result = bench(SDL).run(PLAN, products, stock)
    assert result.errors == []
    assert result.data == {
        "all": [
            {"upc": "1", "inStock": {"count": 7}},
            None,
            {"upc": "2", "inStock": None},
            {"upc": "1", "inStock": {"count": 7}},
        ]
    }
    assert orjson.loads(result.body) == {"data": result.data}
    assert products.asked == [("{ products { upc } }", {})]
    assert stock.asked == [
        (
            "query ($representations: [_Any!]!) "
            "{ _entities(representations: $representations) { ... on Product { stock { count } } } }",
            {
                "representations": [
                    {"__typename": "Product", "upc": "1"},
                    {"__typename": "Product", "upc": "2"},
                ]
            },
        )
    ]


def test_entities_without_a_key_are_not_sent(bench, scripted):
    products = scripted("products", {"data": {"products": [{"upc": None}, {}]}})
    stock = scripted("stock", {"data": {"_entities": []}})
    result = bench(SDL).run(PLAN, products, stock)
    assert stock.calls == []
    assert result.data == {"all": [None, None]}


def test_failed_fetch_costs_its_own_fields(bench, scripted):
    products = scripted("products", {"data": {"products": [{"upc": "1"}, {"upc": "2"}]}})
    stock = scripted("stock", SubgraphUnavailableError("The subgraph is not available."))
    result = bench(SDL).run(PLAN, products, stock)
    assert result.data == {"all": [{"upc": "1", "inStock": None}, {"upc": "2", "inStock": None}]}
    assert result.errors == [
        {
            "message": "The subgraph is not available.",
            "path": ["all", index, "inStock"],
            "extensions": {"code": "UPSTREAM_UNAVAILABLE", "service": "stock"},
        }
        for index in (0, 1)
    ]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ConnectionResetError("10.0.0.1 refused"), "UPSTREAM_UNAVAILABLE"),
        (TimeoutError(), "UPSTREAM_TIMEOUT"),
        (ZeroDivisionError("secret"), "SUBGRAPH_ERROR"),
        ([], "SUBGRAPH_INVALID_DATA"),
        ({"data": None}, "SUBGRAPH_INVALID_DATA"),
        ({}, "SUBGRAPH_INVALID_DATA"),
    ],
)
def test_transport_failures_are_coded_and_tell_nothing_else(bench, scripted, failure, code):
    result = bench(SDL).run(PLAN, scripted("products", failure), scripted("stock", {}))
    assert result.data == {"all": None}
    assert [(error["path"], error["extensions"]["code"]) for error in result.errors] == [(["all"], code)]
    assert "secret" not in str(result.errors)
    assert "10.0.0.1" not in str(result.errors)


def test_errors_are_bounded(bench, scripted):
    products = scripted("products", {"data": {"products": [{"upc": str(n)} for n in range(3_000)]}})
    error = {"message": "no", "path": ["_entities", 7, "stock"]}
    stock = scripted("stock", {"data": {"_entities": [None] * 3_000}, "errors": [error] * 100_000})
    result = bench(SDL).run(PLAN, products, stock, max_errors=10)
    assert len(result.errors) == 10
    assert result.extensions == {"suppressedErrors": 99_990}
    down = scripted("stock", SubgraphUnavailableError("The subgraph is not available."))
    result = bench(SDL).run(PLAN, products, down, max_errors=10)
    assert len(result.errors) == 10
    assert result.extensions == {"suppressedErrors": 2_990}


def test_slow_subgraph_is_given_up_at_the_deadline(bench, scripted):
    async def scenario() -> Any:
        never = asyncio.get_running_loop().create_future()

        async def hang() -> Any:
            return await never

        return await bench(SDL).start(
            PLAN,
            scripted("products", {"data": {"products": [{"upc": "1"}]}}),
            scripted("stock", lambda call: hang()),
            deadline=asyncio.get_running_loop().time() + 0.02,
        )

    result = asyncio.run(scenario())
    assert result.data == {"all": [{"upc": "1", "inStock": None}]}
    assert result.errors[0]["extensions"] == {"code": "UPSTREAM_TIMEOUT", "service": "stock"}


def test_entity_errors_are_written_for_every_place_of_the_entity(bench, scripted):
    products = scripted("products", {"data": {"products": [{"upc": "1"}, {"upc": "2"}, {"upc": "1"}]}})
    stock = scripted(
        "stock",
        {
            "data": {"_entities": [{"stock": None}, {"stock": {"count": 1}}]},
            "errors": [
                {
                    "message": "no count",
                    "path": ["_entities", 0, "stock", "count"],
                    "extensions": {"code": "NO_COUNT", "stacktrace": ["x.py"], "hint": "count first"},
                }
            ],
        },
    )
    result = bench(SDL).run(PLAN, products, stock)
    assert result.errors == [
        {
            "message": "no count",
            "path": ["all", index, "inStock", "count"],
            "extensions": {"code": "NO_COUNT", "hint": "count first", "service": "stock"},
        }
        for index in (0, 2)
    ]


@pytest.mark.parametrize("entities", [[], [{"stock": None}, None], "nonsense", [[]]])
def test_missing_extra_or_misshapen_entities_fail_the_fetch(bench, scripted, entities):
    products = scripted("products", {"data": {"products": [{"upc": "1"}]}})
    stock = scripted("stock", {"data": {"_entities": entities}})
    result = bench(SDL).run(PLAN, products, stock)
    assert result.data == {"all": [{"upc": "1", "inStock": None}]}
    assert [(error["path"], error["extensions"]["code"]) for error in result.errors] == [
        (["all", 0, "inStock"], "SUBGRAPH_INVALID_DATA")
    ]


garbage = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["1", "Product", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["__typename", "upc", "stock", "count", "message", "path"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)
product = st.fixed_dictionaries({"upc": garbage}, optional={"__typename": garbage, "stock": garbage})
answers = st.fixed_dictionaries(
    {},
    optional={
        "data": garbage
        | st.fixed_dictionaries({"products": garbage | st.lists(product, max_size=3)})
        | st.fixed_dictionaries({"_entities": garbage | st.lists(garbage, max_size=2)}),
        "errors": garbage | st.lists(garbage, max_size=2),
    },
)


@given(answers, answers)
@settings(max_examples=100, deadline=None)
def test_whatever_subgraphs_answer_there_is_a_response(first, second):
    plan = compile_plan(PLAN, ExecutionSchema(build_schema(SDL)))
    products, stock = Fixed("products", first), Fixed("stock", second)
    context = RequestContext(subgraphs={"products": products, "stock": stock})
    body = orjson.loads(asyncio.run(execute(plan, context)).body)
    assert set(body["data"]) == {"all"}
    assert all(error["message"] and error["extensions"]["code"] for error in body.get("errors", ()))


@dataclass
class Fixed:
    """A subgraph with one answer."""

    name: str
    answer: Any
    sdl: str = ""

    async def execute(self, call: SubgraphCall) -> Any:
        return copy.deepcopy(self.answer)


def test_fetches_start_as_soon_as_their_own_dependencies_are_done(bench, scripted):
    """A fast branch is not held up by a slow sibling: c (after a) starts while b still runs."""
    order: list[str] = []

    async def scenario() -> Any:
        c_started = asyncio.Event()

        async def b() -> Any:
            await c_started.wait()
            order.append("b done")
            return {"data": {"b": 1}}

        async def c() -> Any:
            order.append("c started")
            c_started.set()
            return {"data": {"c": 1}}

        plan = QueryPlan(
            kind="query",
            root_type="Query",
            fetches=(
                Fetch(id=0, subgraph="a", selections=(field("Query", "a"),)),
                Fetch(id=1, subgraph="b", selections=(field("Query", "b"),)),
                Fetch(id=2, subgraph="c", after=(0,), selections=(field("Query", "c"),)),
            ),
            projection=tuple(projected("Query", name, "Int") for name in "abc"),
        )
        return await bench("type Query { a: Int b: Int c: Int }").start(
            plan,
            scripted("a", {"data": {"a": 1}}),
            scripted("b", lambda call: b()),
            scripted("c", lambda call: c()),
        )

    assert asyncio.run(scenario()).data == {"a": 1, "b": 1, "c": 1}
    assert order == ["c started", "b done"]
