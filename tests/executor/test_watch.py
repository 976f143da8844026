"""Which fetches a gate has to know of."""

import pytest
from graphql import parse

from gateway.composition import SubgraphSDL, compose
from gateway.executor.watch import watched_fetches
from gateway.planner import PlannerOptions, load_supergraph, normalize, plan

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires",
  "@requiresScopes", "@shareable"])
"""
SUBGRAPHS = {
    "people": 'type Query { people: [Person!]! } type Person @key(fields: "id") { id: ID! name: String }',
    "homes": 'type Person @key(fields: "id") { id: ID! home: Home @requiresScopes(scopes: [["home"]]) }'
    ' type Home @key(fields: "id") { id: ID! }',
    "towns": 'type Home @key(fields: "id") { id: ID! town: String }',
    "friends": 'type Person @key(fields: "id") { id: ID! friends: [Person!]! }',
    "pets": 'type Person @key(fields: "id") { id: ID! pets: Int }',
    "letters": 'type Person @key(fields: "id") { id: ID! home: Home @external letter: String '
    '@requires(fields: "home { id }") @requiresScopes(scopes: [["home"]]) }'
    ' type Home @key(fields: "id") { id: ID! }',
}


@pytest.fixture(scope="module")
def supergraph():
    subgraphs = [SubgraphSDL(name=name, url="", sdl=LINK + sdl) for name, sdl in SUBGRAPHS.items()]
    return load_supergraph(compose(subgraphs).supergraph_sdl)


@pytest.mark.parametrize(
    ("query", "watched"),
    [
        ("{ people { name friends { pets } } }", []),
        ("{ people { name home { id } friends { pets } } }", ["homes"]),
        ("{ people { home { town } pets } }", ["homes", "towns"]),
        ("{ people { friends { home { town } } pets } }", ["homes", "towns"]),
        ("{ people { letter pets } }", ["homes", "letters"]),
        ("{ people { friends { letter name } name } }", ["homes", "letters"]),
    ],
)
def test_what_discloses_scopes_and_what_reads_what_that_brought(supergraph, query, watched):
    fetches = plan(supergraph, normalize(supergraph, parse(query)), PlannerOptions(reenter_scoped=True)).fetches
    assert sorted(fetches[number].subgraph for number in watched_fetches(fetches)) == watched
