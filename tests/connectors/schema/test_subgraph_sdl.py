"""The subgraph that a connector is composed as."""

import pytest
from graphql import ObjectTypeDefinitionNode, parse, print_ast

from connectors.catalogue import built_in
from connectors.directory import directory_sdl
from connectors.schema.vocabulary import CATEGORY_OF_FIELD, RUNTIME_DIRECTIVES
from gateway.composition import Composed, SubgraphSDL, compose


@pytest.mark.parametrize("connector", built_in(), ids=lambda connector: connector.name)
def test_canonical_fields_carry_exactly_their_category(connector) -> None:
    (account,) = [
        node
        for node in parse(connector.sdl).definitions
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value == connector.definition.account_type
    ]
    for field in account.fields:
        category = CATEGORY_OF_FIELD.get(field.name.value)
        if category is not None:
            directives = [print_ast(each) for each in field.directives]
            assert f'@requiresScopes(scopes: [["gig:{category}"]])' in directives
            assert field.type.kind != "non_null_type"


@pytest.mark.parametrize("connector", built_in(), ids=lambda connector: connector.name)
def test_no_runtime_directive_and_no_address_reaches_the_composer(connector) -> None:
    assert not [name for name in RUNTIME_DIRECTIVES if f"@{name}(" in connector.sdl]
    for source in connector.definition.sources.values():
        assert source.base_url not in connector.sdl


def test_catalogue_composes_with_the_design_fixtures(design_sdls) -> None:
    given = {**design_sdls, **{connector.name: connector.sdl for connector in built_in()}}
    outcome = compose([SubgraphSDL(name=name, url="", sdl=sdl) for name, sdl in given.items()])
    assert isinstance(outcome, Composed), str(outcome)


def test_public_schema_of_canonical_types_does_not_change_when_a_platform_joins(design_sdls) -> None:
    def api(connectors) -> dict[str, list[str]]:
        given = {
            **design_sdls,
            "directory": directory_sdl([each.definition for each in connectors]),
            **{each.name: each.sdl for each in connectors},
        }
        outcome = compose([SubgraphSDL(name=name, url="", sdl=sdl) for name, sdl in given.items()])
        assert isinstance(outcome, Composed), str(outcome)
        definitions = parse(outcome.api_schema_sdl).definitions
        named = [node for node in definitions if getattr(node, "name", None)]
        return {node.name.value: sorted(print_ast(node).splitlines()) for node in named}

    few = api([each for each in built_in() if each.name in ("uber", "upwork")])
    many = api(built_in())
    assert few == {name: text for name, text in many.items() if name in few}
