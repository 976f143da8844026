"""Whatever the text, composition answers with a value, and what it composes is whole."""

import re

from graphql import build_schema, validate_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.composition import Composed, CompositionFailed, SubgraphSDL, compose
from gateway.composition.api import api_schema_sdl

SEEDS = (
    """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external"])
type Query { me(at: Time = "now", size: Size = S): User search: [Found!] }
type User implements Node @key(fields: "id") @key(fields: "id owner { id }") {
  id: ID! owner: Owner! n: Int @external m: Int @requires(fields: "n") }
type Owner { id: ID! } interface Node @key(fields: "id") { id: ID! } union Found = User | Owner
enum Size { S M } scalar Time""",
    """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible", "@tag"])
type User @key(fields: "id") { id: ID! n: Int @tag(name: "x") secret: Int @inaccessible friends: [User!]! }
input In { x: Int = 1 y: [In!] }""",
    """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@interfaceObject"])
type Node @interfaceObject @key(fields: "id") { id: ID! stars(in: In): Int } input In { x: Int = 1 }""",
    """type Query { legacy: User } extend type User @key(fields: "id") { id: ID! @external a: Int }
type Mutation { change(id: ID!): User } directive @mine(x: Int) repeatable on FIELD | OBJECT""",
)
TOKENS = [re.findall(r'"[^"\n]*"|\w+|\s+|.', seed) for seed in SEEDS]


@st.composite
def disturbed(draw):
    """The seeds with tokens removed, repeated and exchanged."""
    subgraphs = []
    for number, tokens in enumerate(TOKENS):
        changed = list(tokens)
        for _ in range(draw(st.integers(0, 3))):
            place = draw(st.integers(0, len(changed) - 1))
            other = draw(st.integers(0, len(changed) - 1))
            match draw(st.sampled_from(["remove", "repeat", "exchange"])):
                case "remove":
                    del changed[place]
                case "repeat":
                    changed.insert(place, changed[other])
                case "exchange":
                    changed[place], changed[other] = changed[other], changed[place]
        subgraphs.append(SubgraphSDL(name=f"s{number}", url="", sdl="".join(changed)))
    return draw(st.permutations(subgraphs))


@settings(max_examples=120, deadline=None)
@given(disturbed())
def test_disturbed_sdl_composes_or_is_refused_with_codes(subgraphs):
    result = compose(subgraphs)
    if isinstance(result, CompositionFailed):
        assert result.errors
        assert all(re.fullmatch(r"[A-Z_]+", error.code) and error.message for error in result.errors)
        return
    assert isinstance(result, Composed)
    assert validate_schema(build_schema(result.supergraph_sdl)) == []
    assert validate_schema(build_schema(result.api_schema_sdl)) == []
    assert api_schema_sdl(result.supergraph_sdl) == result.api_schema_sdl


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered(text):
    result = compose([SubgraphSDL(name="a", url="", sdl=text)])
    assert isinstance(result, Composed | CompositionFailed)


def test_the_seeds_compose():
    result = compose([SubgraphSDL(name=f"s{i}", url="", sdl=sdl) for i, sdl in enumerate(SEEDS)])
    assert isinstance(result, Composed), str(result)
