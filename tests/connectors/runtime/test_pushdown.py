"""A GraphQL upstream is asked for what the call needs, and for nothing else."""

from typing import Any

import pytest
from graphql import build_schema, parse, print_ast, validate

from connectors.catalogue import built_in
from connectors.runtime.needs import asked_of
from connectors.runtime.pushdown import documents_of, prune_document
from connectors.schema.variables import parse_mapping

ALEX = "alex.sandberg@sandbox.example"
DOCUMENT = """
query Jobs($first: Int!, $after: String, $size: Int) {
  viewer {
    login
    picture(size: $size)
    jobs(first: $first, after: $after) {
      pageInfo { endCursor }
      nodes { __typename id pay { amount currency } ... on Ride { miles } client: customer { name } }
    }
  }
}
"""


def flat(text: str) -> str:
    """A document on one line."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([("viewer", "login")], "query Jobs { viewer { login } }"),
        (
            [("viewer", "jobs", "nodes", "id"), ("viewer", "jobs", "nodes", "pay")],
            "query Jobs($first: Int!, $after: String) { viewer { jobs(first: $first, after: $after) "
            "{ nodes { __typename id pay { amount currency } } } } }",
        ),
        (
            [("viewer", "jobs", "nodes", "client", "name"), ("viewer", "jobs", "nodes", "miles")],
            "query Jobs($first: Int!, $after: String) { viewer { jobs(first: $first, after: $after) "
            "{ nodes { __typename ... on Ride { miles } client: customer { name } } } } }",
        ),
        ([("viewer", "picture")], "query Jobs($size: Int) { viewer { picture(size: $size) } }"),
        # Nothing is read of the objects, but whether they are there.
        (
            [("viewer", "jobs", "nodes", "client", "__typename")],
            "query Jobs($first: Int!, $after: String) { viewer { jobs(first: $first, after: $after) "
            "{ nodes { __typename client: customer { __typename } } } } }",
        ),
    ],
)
def test_only_the_paths_that_are_read_stay(paths: list[tuple[str, ...]], expected: str) -> None:
    assert flat(prune_document(DOCUMENT, [("$", "data", *path) for path in paths])) == expected


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (DOCUMENT, [("$",)]),
        (DOCUMENT, [("$", "data"), ("$", "data", "viewer", "login")]),
        (DOCUMENT, [("$", "errors")]),
        ("query A { viewer { ...F } } fragment F on User { login name }", [("$", "data", "viewer", "login")]),
        ("query A { a } query B { b }", [("$", "data", "a")]),
    ],
)
def test_what_is_not_certain_stays_as_it_is_written(text: str, paths: list[tuple[str, ...]]) -> None:
    assert prune_document(text, paths) == text


@pytest.mark.parametrize(
    "field", ["profile", "ratings", "engagements", "experience", "evidence", "paidWork", "credentials"]
)
def test_documents_of_the_catalogue_stay_valid(field: str) -> None:
    from connectors.sandbox.platforms import github_sponsors, upwork

    for connector, package in (("upwork", upwork), ("github_sponsors", github_sponsors)):
        definition = next(each for each in built_in() if each.name == connector).definition
        folder = str(package.__file__).rpartition("/")[0]
        with open(f"{folder}/schema.graphql", encoding="utf-8") as file:
            schema = build_schema(file.read())
        for connect in definition.connects:
            tree = asked_of(connect, {field: None}, definition)
            source = definition.sources[connect.endpoint.source]
            documents = documents_of(connect, source, parse_mapping(connect.selection))
            if tree and documents is not None:
                pruned = documents.needed(tree)
                assert validate(schema, parse(pruned)) == []
                assert len(print_ast(parse(pruned))) <= len(print_ast(parse(documents.text)))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"profile": {"displayName": None}}, "query Person { user { name } }"),
        ({"profile": {"provenance": None}}, "query Person { user { __typename } }"),
        (
            {"profile": {"countryCode": None}},
            "query Person { user { freelancerProfile { countryDetails { twoLetterAbbreviation } } } }",
        ),
        (
            {"listedSkills": {"provenance": None}},
            "query Person { user { freelancerProfile { skills { edges { node { __typename } } } } } }",
        ),
    ],
)
def test_fields_within_an_account_field_are_pruned_too(fields: Any, expected: str) -> None:
    definition = next(each for each in built_in() if each.name == "upwork").definition
    connect = next(each for each in definition.connects if each.id == "person")
    documents = documents_of(connect, definition.sources["upwork"], parse_mapping(connect.selection))
    assert documents is not None
    assert flat(documents.needed(asked_of(connect, fields, definition))) == expected


def test_actor_who_reads_numbers_only_leaves_money_and_feedback_at_the_platform() -> None:
    definition = next(each for each in built_in() if each.name == "upwork").definition
    connect = next(each for each in definition.connects if each.id == "history")
    documents = documents_of(connect, definition.sources["upwork"], parse_mapping(connect.selection))
    assert documents is not None
    numbers = documents.needed(asked_of(connect, {"experience": {"completed": None}}, definition))
    assert "totalCharge" not in numbers
    assert "feedback" not in numbers
    assert "clientOrgId" not in numbers
    money = documents.needed(asked_of(connect, {"earnings": None}, definition))
    assert "totalCharge" in money


def test_fields_that_are_asked_for_together_share_one_request(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork", ALEX)
        mark = await world.mark()
        answer = await world.read(
            "upwork",
            account_id,
            "engagements(first: 5) { edges { node { title } } } experience { completed } profile { displayName } "
            "listedSkills { name }",
        )
        return answer, [call["operation"] for call in await world.calls("upwork", mark)]

    answer, operations = in_world(test)
    assert "errors" not in answer
    assert sorted({each.partition(":")[0] for each in operations}) == ["Person", "WorkHistory"]
    assert sum(each.startswith("Person") for each in operations) == 1
