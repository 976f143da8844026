"""Static cost of operations."""

import pytest
from graphql import parse

from gateway.composition import SubgraphSDL, api_schema, compose
from gateway.engine.cost import CostModel

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
}
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
    return CostModel(composed.supergraph_sdl, api_schema(composed.supergraph_sdl), assumed_list_size=10)


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
