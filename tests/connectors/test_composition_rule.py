"""The canonical rules inside the composer."""

import pytest

from connectors.catalogue import built_in
from connectors.composition_rule import CanonicalRule
from gateway.composition import Composed, CompositionError, CompositionFailed, SubgraphSDL, compose

ROOT = "type Query { ok: Boolean }"
UBER = next(connector for connector in built_in() if connector.name == "uber")


def codes(sdl: str) -> set[str]:
    """The codes of composing Uber's subgraph, given as `sdl`, with a root of our own."""
    rule = CanonicalRule(lambda code, message: CompositionError(code=code, message=message), trusted=frozenset({"own"}))
    outcome = compose(
        [SubgraphSDL(name="own", url="", sdl=ROOT), SubgraphSDL(name="uber", url="", sdl=sdl)], rules=[rule]
    )
    if isinstance(outcome, Composed):
        return set()
    assert isinstance(outcome, CompositionFailed)
    return {error.code for error in outcome.errors}


def test_catalogue_keeps_the_rules() -> None:
    assert codes(UBER.sdl) == set()


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("sampleSize: Int", "sampleSize: Float", "CANONICAL_TYPE_CHANGED"),
        ("gig:reviews", "gig:ratings", "CANONICAL_TYPE_CHANGED"),
        ("enum RaterRole {", "enum RaterRole {\n  NEIGHBOR", "CANONICAL_TYPE_CHANGED"),
        ("type Reliability @shareable {", "type Reliability @shareable {\n  honesty: Float", "CANONICAL_TYPE_CHANGED"),
        ("UberVehicle", "Vehicle", "TYPE_PREFIX"),
        ('[UberVehicle!] @requiresScopes(scopes: [["gig:profile"]])', "[UberVehicle!]", "PERSONAL_FIELD_WITHOUT_SCOPE"),
        ("gig:experience", "gig:profile", "SCOPE_UNKNOWN"),
        ("type UberVehicle {", "type Query { vehicles: [UberVehicle!] }\ntype UberVehicle {", "ROOT_FIELDS"),
    ],
)
def test_platform_that_breaks_a_rule_does_not_compose(good: str, bad: str, code: str) -> None:
    assert good in UBER.sdl
    assert code in codes(UBER.sdl.replace(good, bad))


def test_two_platforms_with_one_type_name_do_not_compose() -> None:
    """`taxi_2go` and `taxi2go` make the same prefix: their accounts would be one entity."""
    sdls = {name: UBER.sdl.replace("Uber", "Taxi2go") for name in ("taxi_2go", "taxi2go")}
    rule = CanonicalRule(lambda code, message: CompositionError(code=code, message=message), trusted=frozenset({"own"}))
    subgraphs = [SubgraphSDL(name=name, url="", sdl=sdl) for name, sdl in {"own": ROOT, **sdls}.items()]
    outcome = compose(subgraphs, rules=[rule])
    assert isinstance(outcome, CompositionFailed)
    found = [error for error in outcome.errors if error.code == "TYPE_OF_TWO_PLATFORMS"]
    assert {error.message.split()[1] for error in found} == {"Taxi2goAccount", "Taxi2goVehicle"}


def test_type_named_after_another_platform_does_not_compose() -> None:
    """`uber` may name a type `UberEats…`, but not one that `uber_eats` has."""
    sdls = {
        "uber": UBER.sdl.replace("UberVehicle", "UberEatsVehicle"),
        "uber_eats": UBER.sdl.replace("Uber", "UberEats"),
    }
    rule = CanonicalRule(lambda code, message: CompositionError(code=code, message=message), trusted=frozenset({"own"}))
    subgraphs = [SubgraphSDL(name=name, url="", sdl=sdl) for name, sdl in {"own": ROOT, **sdls}.items()]
    outcome = compose(subgraphs, rules=[rule])
    assert isinstance(outcome, CompositionFailed)
    assert [error.code for error in outcome.errors] == ["TYPE_OF_TWO_PLATFORMS"]
