from dataclasses import fields, replace
from pathlib import Path

import pytest
from graphql import Visitor, parse, print_ast, visit

from gateway.composition import Composed, SubgraphSDL, compose

DESIGN = Path(__file__).parent.parent / "fixtures" / "design"
UBER = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@shareable", "@inaccessible", "@requiresScopes", "@composeDirective"])
  @link(url: "https://specs.gigway.example/gigway/v1.0", import: ["@pairwise"])
  @composeDirective(name: "@pairwise")
directive @pairwise on FIELD_DEFINITION | ARGUMENT_DEFINITION
scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time")
scalar Decimal
enum EngagementKind { RIDE DELIVERY TASK SHIFT MICROTASK CONTRACT MILESTONE PROJECT SPONSORSHIP }
enum Fidelity { DOCUMENTED OBSERVED TAKEOUT HYPOTHETICAL }
enum OccupationMapping { EXACT INFERRED }
type OccupationRef @shareable { scheme: String! code: String! label: String! mapping: OccupationMapping! }
interface PlatformAccount {
  id: ID! @pairwise evidence: [SkillFact!] @inaccessible paidWork: [PaidWork!] @inaccessible
}
type UberAccount implements PlatformAccount @key(fields: "id") {
  id: ID! @pairwise
  evidence: [SkillFact!] @inaccessible @requiresScopes(scopes: [["gig:skills"]])
  paidWork: [PaidWork!] @inaccessible @requiresScopes(scopes: [["gig:earnings"]])
}
type PaidWork @shareable @inaccessible {
  kind: EngagementKind! occupation: OccupationRef terms: [String!]! currency: String! hours: Decimal! amount: Decimal!
}
type SkillRating @shareable @inaccessible { name: String! value: Decimal! min: Decimal! max: Decimal! sampleSize: Int }
type SkillFact @shareable @inaccessible {
  platform: String! kind: EngagementKind! occupation: OccupationRef terms: [String!]! completed: Int! cancelled: Int!
  hours: Decimal firstAt: DateTime lastAt: DateTime recent: Int! ratings: [SkillRating!]! credentials: [String!]!
  fidelity: Fidelity! simulated: Boolean!
}
"""


class _Plain(Visitor):
    """Takes out what has no meaning: descriptions and order."""

    def leave(self, node, *_):
        names = {field.name for field in fields(node)}
        changed = {"description": None} if "description" in names else {}
        for name in names & {"definitions", "fields", "values", "types", "arguments", "directives", "interfaces"}:
            changed[name] = tuple(sorted(getattr(node, name) or (), key=print_ast))
        return replace(node, **changed)


def plain(sdl: str) -> str:
    return print_ast(visit(parse(sdl, no_location=True), _Plain()))


def composed(graph_sdl: str) -> Composed:
    others = {name: (DESIGN / f"{name}.graphql").read_text(encoding="utf-8") for name in ("consent", "directory")}
    others["directory"] = "\n".join(
        line for line in others["directory"].splitlines() if not line.startswith("type UpworkAccount")
    )
    result = compose(
        [
            SubgraphSDL(name=name, url=f"http://{name}.example/graphql", sdl=sdl)
            for name, sdl in {**others, "graph": graph_sdl, "uber": UBER}.items()
        ]
    )
    assert isinstance(result, Composed), str(result)
    return result


@pytest.fixture(scope="module")
def fixture_supergraph():
    return composed((DESIGN / "graph.graphql").read_text(encoding="utf-8"))


def reduced(sdl: str, outline: str) -> str:
    """What of an SDL is in the outline: the same definitions, of them the same fields, arguments and values."""
    known = {name_of(each): each for each in parse(outline, no_location=True).definitions}
    document, definitions = parse(sdl, no_location=True), []
    for definition in document.definitions:
        model = known.get(name_of(definition))
        if model is not None:
            definitions.append(as_far_as(definition, model))
    return print_ast(replace(document, definitions=tuple(definitions)))


def as_far_as(node, model):
    for parts in ("fields", "values", "arguments"):
        names = {each.name.value: each for each in getattr(model, parts, None) or ()}
        own = getattr(node, parts, None)
        if own and not hasattr(node, "operation"):
            kept = tuple(as_far_as(each, names[each.name.value]) for each in own if each.name.value in names)
            node = replace(node, **{parts: kept})
    return node


def name_of(definition):
    named = getattr(definition, "name", None)
    return type(definition).__name__, None if named is None else named.value


def test_the_subgraph_composes_to_what_the_design_says(schema, fixture_supergraph):
    ours = composed(schema.as_str())
    assert plain(reduced(ours.supergraph_sdl, fixture_supergraph.supergraph_sdl)) == plain(
        fixture_supergraph.supergraph_sdl
    )
    assert plain(reduced(ours.api_schema_sdl, fixture_supergraph.api_schema_sdl)) == plain(
        fixture_supergraph.api_schema_sdl
    )


def test_the_comparison_would_notice_a_difference(schema, fixture_supergraph):
    changed = composed(schema.as_str().replace("totalHours: Int!", "totalHours: Int"))
    assert plain(reduced(changed.supergraph_sdl, fixture_supergraph.supergraph_sdl)) != plain(
        fixture_supergraph.supergraph_sdl
    )


def test_evidence_is_in_no_clients_schema(schema):
    api = composed(schema.as_str()).api_schema_sdl
    assert "SkillFact" not in api
    assert "PaidWork" not in api
    assert "paidWork" not in api
