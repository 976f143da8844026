"""The directory subgraph: its SDL, platforms, and only the accounts that the asker may know of."""

from pathlib import Path
from typing import Any

from graphql import parse, print_ast

from connectors.catalogue import built_in
from connectors.directory import directory_sdl

FIXTURE = Path(__file__).parents[1] / "fixtures" / "design" / "directory.graphql"


def test_sdl_is_what_the_design_fixture_says() -> None:
    chosen = [each.definition for each in built_in() if each.name in ("uber", "upwork")]
    generated, fixture = (_definitions(text) for text in (directory_sdl(chosen), FIXTURE.read_text(encoding="utf-8")))
    assert generated == fixture


def test_sdl_does_not_depend_on_the_order_of_connectors() -> None:
    definitions = [each.definition for each in built_in()]
    assert directory_sdl(definitions) == directory_sdl(definitions[::-1])


def test_platforms_tell_what_they_have(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return await world.platforms.directory.execute(
            world.call('{ platform(name: "uber") { name displayName fidelity simulated '
                       'categories notSupported linking } '
                       'nowhere: platform(name: "nowhere") { name } }')
        )  # fmt: skip

    assert in_world(test) == {
        "data": {
            "platform": {
                "name": "uber",
                "displayName": "Uber",
                "fidelity": "DOCUMENTED",
                "simulated": True,
                "categories": ["earnings", "engagements", "experience", "profile", "ratings", "skills"],
                "notSupported": ["credentials"],
                "linking": "The worker signs in at the platform and allows it (OAuth 2).",
            },
            "nowhere": None,
        }
    }


def test_worker_shows_visible_accounts_only(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        uber, upwork = await world.link("uber"), await world.link("upwork")
        world.visible.by_worker["worker-1"] = [upwork]
        document = (
            "query($r: [_Any!]!, $p: [String!]) { _entities(representations: $r) { ... on Worker { "
            "accounts(platforms: $p) { __typename id health platform { name } } } } }"
        )
        variables = {"r": [{"__typename": "Worker", "id": "worker-1"}, {"__typename": "Worker", "id": "worker-2"}]}
        all_ = await world.platforms.directory.execute(world.call(document, variables))
        none = await world.platforms.directory.execute(world.call(document, {**variables, "p": ["uber"]}))
        return uber, upwork, all_, none

    _, upwork, everything, nothing = in_world(test)
    stub = {"__typename": "UpworkAccount", "id": upwork, "health": "OK", "platform": {"name": "upwork"}}
    assert everything == {"data": {"_entities": [{"accounts": [stub]}, {"accounts": []}]}}
    assert nothing == {"data": {"_entities": [{"accounts": []}, {"accounts": []}]}}


def test_account_stub_of_another_platform_is_unknown(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        return await world.platforms.directory.execute(
            world.call(
                "query($r: [_Any!]!) { _entities(representations: $r) { "
                "... on UberAccount { health } ... on UpworkAccount { health } } }",
                {
                    "r": [
                        {"__typename": "UberAccount", "id": account_id},
                        {"__typename": "UpworkAccount", "id": account_id},
                        {"__typename": "UberAccount", "id": "acct_unknown"},
                    ]
                },
            )
        )

    assert in_world(test) == {"data": {"_entities": [{"health": "OK"}, None, None]}}


def _definitions(sdl: str) -> set[str]:
    """The definitions of an SDL without descriptions."""
    found = set()
    for node in parse(sdl).definitions:
        text = print_ast(node)
        found.add("\n".join(line for line in text.splitlines() if '"""' not in line))
    return found
