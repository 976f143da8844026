"""One federation feature at a time, end to end, over subgraphs with resolvers."""

from __future__ import annotations

import asyncio
import re

import pytest

from gateway.engine import Engine


def data_of(response):
    assert response.errors == []
    return response.data


def test_context_values_belong_to_the_place_not_to_the_entity(memory_subgraph, federate):
    """Both users hold the same transaction; it is converted to each user's own currency."""
    currencies = {"1": "EUR", "2": "SEK", "3": "EUR"}
    users = memory_subgraph(
        "users",
        """
        type Query { users: [User!]! }
        type User @key(fields: "id") { id: ID! currency: Currency! }
        type Currency @shareable { code: String! }
        """,
        {
            "Query.users": lambda _: [{"id": each} for each in currencies],
            "User": lambda r: r,
            "User.currency": lambda user: {"code": currencies[user["id"]]},
        },
    )
    bank = memory_subgraph(
        "bank",
        """
        type User @key(fields: "id") @context(name: "user") {
          id: ID!
          currency: Currency! @external
          transactions: [Transaction!]!
        }
        type Currency @shareable { code: String! }
        type Transaction @key(fields: "id") {
          id: ID!
          converted(code: String @fromContext(field: "$user { currency { code } }")): String
        }
        """,
        {
            "User.transactions": lambda _: [{"id": "t"}],
            "Transaction": lambda r: r,
            "Transaction.converted": lambda transaction, code: f"{transaction['id']} in {code}",
        },
    )
    response = federate(users, bank).query("{ users { id transactions { converted } } }")
    assert data_of(response) == {
        "users": [
            {"id": "1", "transactions": [{"converted": "t in EUR"}]},
            {"id": "2", "transactions": [{"converted": "t in SEK"}]},
            {"id": "3", "transactions": [{"converted": "t in EUR"}]},
        ]
    }
    converting = [call for call in bank.calls if "converted" in call.document]
    assert sorted(next(v for v in call.variables.values() if isinstance(v, str)) for call in converting) == [
        "EUR",
        "SEK",
    ]


MEDIA = """
type Query { media: [Media!]! one: Thing }
interface Media @key(fields: "id") { id: ID! title: String }
type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int }
union Thing = Book | Film
"""
SHELF = [
    {"__typename": "Book", "id": "1", "title": "Momo", "pages": 300},
    {"__typename": "Film", "id": "2", "title": "Alien", "minutes": 117},
]


@pytest.fixture
def media(memory_subgraph):
    by_id = {each["id"]: each for each in SHELF}
    return memory_subgraph(
        "media",
        MEDIA,
        {
            "Query.media": lambda _: SHELF,
            "Query.one": lambda _: SHELF[1],
            "Book": lambda r: by_id[r["id"]],
            "Film": lambda r: by_id[r["id"]],
            "Media": lambda r: by_id[r["id"]],
        },
    )


def test_abstract_types_and_fragments(media, federate):
    response = federate(media).query(
        """
        { media { __typename title ...B ... on Film { length: minutes } } one { ... on Media { id } ...B } }
        fragment B on Book { length: pages }
        """
    )
    assert data_of(response) == {
        "media": [
            {"__typename": "Book", "title": "Momo", "length": 300},
            {"__typename": "Film", "title": "Alien", "length": 117},
        ],
        "one": {"id": "2"},
    }


def test_entities_behind_an_abstract_type_are_fetched_by_their_own_types(media, memory_subgraph, federate):
    prices = memory_subgraph(
        "prices",
        'type Book @key(fields: "id") { id: ID! price: Int } type Film @key(fields: "id") { id: ID! price: Int }',
        {"Book": lambda r: {**r, "price": 5}, "Film": lambda r: {**r, "price": 7}},
    )
    response = federate(media, prices).query("{ media { ... on Book { price } ... on Film { id price } } }")
    assert data_of(response) == {"media": [{"price": 5}, {"id": "2", "price": 7}]}
    assert len(prices.calls) == 1


def test_interface_object_adds_fields_to_all_implementations(media, memory_subgraph, federate):
    ratings = memory_subgraph(
        "ratings",
        """
        type Query { best: Media }
        type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int! }
        """,
        {"Query.best": lambda _: {"id": "2", "stars": 5}, "Media": lambda r: {**r, "stars": 3}},
    )
    client = federate(media, ratings)
    assert data_of(client.query("{ media { title stars } }")) == {
        "media": [{"title": "Momo", "stars": 3}, {"title": "Alien", "stars": 3}]
    }
    assert data_of(client.query("{ best { __typename stars title ... on Film { minutes } } }")) == {
        "best": {"__typename": "Film", "stars": 5, "title": "Alien", "minutes": 117}
    }


def test_provided_fields_are_not_fetched_again(memory_subgraph, federate):
    reviews = memory_subgraph(
        "reviews",
        """
        type Query { reviews: [Review!]! }
        type Review { author: User! @provides(fields: "name") }
        type User @key(fields: "id") { id: ID! name: String @external }
        """,
        {"Query.reviews": lambda _: [{"author": {"id": "1", "name": "Ada"}}]},
    )
    users = memory_subgraph("users", 'type User @key(fields: "id") { id: ID! name: String @shareable }')
    assert data_of(federate(reviews, users).query("{ reviews { author { name } } }")) == {
        "reviews": [{"author": {"name": "Ada"}}]
    }
    assert users.calls == []


def test_entities_in_lists_of_lists(memory_subgraph, federate):
    grid = memory_subgraph(
        "grid",
        'type Query { grid: [[Cell]!]! } type Cell @key(fields: "x y") { x: Int! y: Int! }',
        {"Query.grid": lambda _: [[{"x": 0, "y": 0}, None], [], [{"x": 1, "y": 0}, {"x": 0, "y": 0}]]},
    )
    colours = memory_subgraph(
        "colours",
        'type Cell @key(fields: "x y") { x: Int! y: Int! colour: String }',
        {"Cell": lambda r: {**r, "colour": f"#{r['x']}{r['y']}"}},
    )
    assert data_of(federate(grid, colours).query("{ grid { colour } }")) == {
        "grid": [[{"colour": "#00"}, None], [], [{"colour": "#10"}, {"colour": "#00"}]]
    }
    assert len(next(iter(colours.calls[0].variables.values()))) == 2


def test_errors_in_lists_of_lists_have_the_clients_path(memory_subgraph, federate):
    grid = memory_subgraph(
        "grid",
        'type Query { grid: [[Cell]!]! } type Cell @key(fields: "x") { x: Int! }',
        {"Query.grid": lambda _: [[{"x": 0}], [{"x": 1}, {"x": 0}]]},
    )
    colours = memory_subgraph(
        "colours",
        'type Cell @key(fields: "x") { x: Int! colour: String }',
        {"Cell": lambda r: r, "Cell.colour": lambda cell: 1 // cell["x"] and "red"},
    )
    response = federate(grid, colours).query("{ rows: grid { c: colour } }")
    assert response.data == {"rows": [[{"c": None}], [{"c": "red"}, {"c": None}]]}
    assert [error["path"] for error in response.errors] == [["rows", 0, 0, "c"], ["rows", 1, 1, "c"]]


def test_mutation_result_is_joined(memory_subgraph, federate):
    carts = memory_subgraph(
        "carts",
        """
        type Query { ok: Boolean }
        type Mutation { add(upc: ID!): Product }
        type Product @key(fields: "upc") { upc: ID! }
        """,
        {"Mutation.add": lambda _, upc: {"upc": upc}},
    )
    names = memory_subgraph(
        "names",
        'type Product @key(fields: "upc") { upc: ID! name: String }',
        {"Product": lambda r: {**r, "name": f"P{r['upc']}"}},
    )
    response = federate(carts, names).query('mutation { a: add(upc: "1") { name } b: add(upc: "2") { name } }')
    assert data_of(response) == {"a": {"name": "P1"}, "b": {"name": "P2"}}


def test_inaccessible_enum_values_and_types_become_null(memory_subgraph, federate):
    subgraph = memory_subgraph(
        "things",
        """
        type Query { thing: Thing level: Level }
        union Thing = A | B
        type A { a: Int }
        type B @inaccessible { b: Int }
        enum Level { LOW SECRET @inaccessible }
        """,
        {"Query.thing": lambda _: {"__typename": "B", "b": 1}, "Query.level": lambda _: "SECRET"},
    )
    client = federate(subgraph)
    assert data_of(client.query("{ thing { __typename ... on A { a } } level }")) == {"thing": None, "level": None}
    assert not re.search(
        "SECRET|B", client.query("{ __schema { types { name } } }").body.decode().replace("Boolean", "")
    )


def test_one_failing_subgraph_leaves_its_siblings(memory_subgraph, federate):
    sdl = 'type Product @key(fields: "upc") { upc: ID! %s: Int! }'
    base = memory_subgraph(
        "base",
        'type Query { product: Product list: [Product!]! } type Product @key(fields: "upc") { upc: ID! }',
        {"Query.product": lambda _: {"upc": "1"}, "Query.list": lambda _: [{"upc": "1"}]},
    )
    good = memory_subgraph("good", sdl % "good", {"Product": lambda r: {**r, "good": 1}})
    bad = memory_subgraph("bad", sdl % "bad", {"Product": lambda r: {**r, "bad": None}})
    response = federate(base, good, bad).query("{ product { good bad } fine: product { good } }")
    assert response.data == {"product": None, "fine": {"good": 1}}
    assert [error["path"] for error in response.errors] == [["product", "bad"]]


def test_swap_serves_the_new_graph_and_lets_running_requests_finish(memory_subgraph):
    old = memory_subgraph("a", "type Query { version: Int gone: Int }", {"Query.version": lambda _: 1})
    new = memory_subgraph("a", "type Query { version: Int fresh: Int }", {"Query.version": lambda _: 2})

    async def scenario():
        engine = Engine.from_subgraphs([old])
        asked, release = asyncio.Event(), asyncio.Event()
        answer = old.execute

        async def slow(call):
            asked.set()
            await release.wait()
            return await answer(call)

        old.execute = slow
        running = asyncio.create_task(engine.execute("{ version gone }"))
        await asked.wait()
        engine.swap([new])
        during = await engine.execute("{ version fresh }")
        release.set()
        return (await running).data, during.data, (await engine.execute("{ gone }")).is_request_error

    assert asyncio.run(scenario()) == ({"version": 1, "gone": None}, {"version": 2, "fresh": None}, True)


def test_failed_swap_changes_nothing(memory_subgraph):
    from gateway.engine import CompositionFailedError

    engine = Engine.from_subgraphs([memory_subgraph("a", "type Query { version: Int }", {})])
    before = engine.supergraph_sdl
    with pytest.raises(CompositionFailedError) as caught:
        engine.swap([memory_subgraph("a", "type Query { x: Int }"), memory_subgraph("b", "type Query { x: String }")])
    assert [error.code for error in caught.value.errors]
    assert engine.supergraph_sdl == before


def test_requests_are_answered_while_another_thread_swaps(memory_subgraph):
    def version(number):
        types = " ".join(f"type T{n} {{ a: Int }}" for n in range(100))
        fields = " ".join(f"t{n}: T{n}" for n in range(100))
        sdl = f"type Query {{ version: Int {fields} }} {types}"
        return memory_subgraph("a", sdl, {"Query.version": lambda _: number})

    async def scenario():
        engine = Engine.from_subgraphs([version(1)])
        swapping = asyncio.create_task(asyncio.to_thread(engine.swap, [version(2)]))
        meanwhile = []
        while not swapping.done():
            meanwhile.append((await engine.execute("{ version }")).data["version"])
            await asyncio.sleep(0)
        await swapping
        return meanwhile, (await engine.execute("{ version }")).data["version"]

    meanwhile, after = asyncio.run(scenario())
    assert meanwhile
    assert set(meanwhile) <= {1, 2}
    assert sorted(meanwhile) == meanwhile
    assert after == 2
