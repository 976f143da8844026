"""Static cost of operations."""

import pytest
from graphql import parse

from gateway.composition import SubgraphSDL, api_schema, compose
from gateway.engine import EngineOptions, Limits
from gateway.engine.cost import CostModel
from gateway.executor.hooks import Denial
from gateway.planner import parse_supergraph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@listSize"])
type Query {
  one: Book
  many: [Book!]!
  top(first: Int = 5): [Book!]! @listSize(slicingArguments: ["first"])
  few: [Book!]! @listSize(assumedSize: 3)
  page(first: Int, last: Int): Page!
    @listSize(slicingArguments: ["first", "last"], sizedFields: ["books"], requireOneSlicingArgument: false)
  search(text: String @cost(weight: 7)): Item
  books(first: Int, after: String, last: Int): Books!
}
type Books { edges: [BookEdge!]! nodes: [Book!]! pageInfo: PageInfo! }
type BookEdge { node: Book! }
type PageInfo { hasNextPage: Boolean! }
type Mutation { add: Book }
interface Item { title: String }
type Book implements Item { title: String author: Author pages: Int @cost(weight: 2) }
type Film implements Item { title: String cast: [Author!]! }
type Author @cost(weight: 4) { name: String }
type Page { books: [Book!]! total: Int }
"""


@pytest.fixture(scope="module")
def model():
    composed = compose([SubgraphSDL(name="a", url="", sdl=SDL)])
    return CostModel(
        parse_supergraph(composed.supergraph_sdl), api_schema(composed.supergraph_sdl), assumed_list_size=10
    )


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ one { title } }", {}, 1),
        ("{ one { title pages } }", {}, 3),
        ("{ one { author { name } } }", {}, 5),
        ("{ many { title } }", {}, 10),
        ("{ many { author { name } } }", {}, 50),
        ("{ top { title } }", {}, 5),
        ("{ top(first: 2) { title } }", {}, 2),
        ("query ($n: Int) { top(first: $n) { title } }", {"n": 8}, 8),
        ("query ($n: Int) { top(first: $n) { title } }", {}, 10),
        ("{ few { title } }", {}, 3),
        ("{ page(first: 4) { books { title } total } }", {}, 5),
        ("{ page(first: 4, last: 6) { books { author { name } } } }", {}, 31),
        ("{ page { books { title } } }", {}, 11),
        ("{ books(first: 3) { edges { node { title } } pageInfo { hasNextPage } } }", {}, 8),
        ("query ($n: Int) { books(last: $n) { nodes { author { name } } } }", {"n": 4}, 21),
        ("{ books { edges { node { title } } } }", {}, 21),
        ('{ search(text: "x") { title } }', {}, 8),
        ("{ search { ... on Book { author { name } } ... on Film { cast { name } } } }", {}, 41),
        ("{ search { ...F } } fragment F on Item { title ... on Film { cast { name } } }", {}, 41),
        ("mutation { add { title } }", {}, 11),
        ("{ __schema { types { name } } __typename }", {}, 0),
        ("{ a: many { title } b: many { title } }", {}, 20),
    ],
)
def test_the_cost_of_an_operation(model, query, variables, cost):
    document = parse(query)
    operation = next(each for each in document.definitions if each.kind == "operation_definition")
    assert model.estimator(document, operation)(variables) == cost


class Ledger:
    """A budget that lets nothing pass that costs more than what is left, and notes who paid."""

    def __init__(self, left):
        self.left = left
        self.paid = []

    async def charge(self, cost, session):
        if cost > self.left:
            return Denial(code="BROKE", message="Nothing is left.", extensions={"left": self.left})
        self.left -= cost
        self.paid.append((session, cost))
        return None

    def report(self, cost, session):
        return {"cost": cost, "left": self.left}


@pytest.fixture
def books(memory_subgraph):
    return memory_subgraph(
        "books",
        """
        type Query { books(first: Int!): [Book!]! @listSize(slicingArguments: ["first"]) }
        type Book { title: String }
        """,
        {"Query.books": lambda _, first: [{"title": "Momo"}] * first},
    )


BOOKS = "query ($n: Int!) { books(first: $n) { title } }"


def test_an_operation_is_paid_for_before_it_is_planned(books, federate):
    ledger = Ledger(5)
    client = federate(books, budget=ledger)
    refused = client.query(BOOKS, {"n": 6}, session="ann")
    assert list(refused.errors) == [{"message": "Nothing is left.", "extensions": {"left": 5, "code": "BROKE"}}]
    assert refused.is_request_error
    assert (books.calls, client.engine.version.prepare(BOOKS, None).plans) == ([], {})
    assert len(client.query(BOOKS, {"n": 5}, session="bob").data["books"]) == 5
    assert ledger.paid == [("bob", 5)]


def test_the_cost_is_reported_where_it_is_asked_for(books, federate):
    client = federate(books, budget=Ledger(9))
    assert client.query(BOOKS, {"n": 2}).extensions == {}
    assert client.query(BOOKS, {"n": 3}, report_cost=True).extensions == {"cost": {"cost": 3, "left": 4}}


def test_without_a_budget_the_limit_is_the_same_for_all(books, federate):
    client = federate(books, options=EngineOptions(limits=Limits(cost=3)))
    assert client.query(BOOKS, {"n": 3}, report_cost=True).extensions == {"cost": {"cost": 3, "limit": 3}}
    (error,) = client.query(BOOKS, {"n": 4}).errors
    assert error["extensions"] == {"cost": 4, "limit": 3, "code": "COST_LIMIT_EXCEEDED"}
