"""What a remote subgraph may answer, and what becomes of it: odd, wrong, hostile."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, parse

from connectors.runtime.remote.answer import SchemaRefusedError, account_values
from connectors.runtime.remote.document import Wanted, document_of
from connectors.runtime.remote.sdl import missing_fields
from connectors.runtime.remote.shape import Examination
from connectors.schema import load
from connectors.transport import (
    UpstreamError,
    UpstreamForbiddenError,
    UpstreamMalformedError,
    UpstreamThrottledError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
)
from tests.connectors.remote.acme_platform import HERE, SDL

ACME = load(SDL)
ACCOUNT = ACME.schema.get_type("AcmeAccount")
assert isinstance(ACCOUNT, GraphQLObjectType)


def read(body: Any) -> dict[str, Any]:
    return account_values(body, account_type="AcmeAccount", account_id="p1")


def whole(**fields: Any) -> dict[str, Any]:
    return {"data": {"_entities": [{"__typename": "AcmeAccount", "id": "p1", **fields}]}}


def error(code: str, *path: str | int) -> dict[str, Any]:
    return {"message": "Ada Courier, token-ada", "path": ["_entities", 0, *path], "extensions": {"code": code}}


def test_values_are_under_their_aliases() -> None:
    assert read(whole(f0={"displayName": "Ada"}))["f0"] == {"displayName": "Ada"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ([], UpstreamMalformedError),
        ({}, UpstreamMalformedError),
        ({"data": None, "errors": [{"message": "no such field"}]}, SchemaRefusedError),
        ({"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]}, UpstreamUnauthorizedError),
        ({**whole(), "errors": [error("unauthenticated", "f0")]}, UpstreamUnauthorizedError),
        ({**whole(), "errors": [error("RATE_LIMITED")]}, UpstreamThrottledError),
        ({"data": {"_entities": [None]}}, UpstreamMalformedError),
        ({"data": {"_entities": [None]}, "errors": [error("INTERNAL")]}, UpstreamUnavailableError),
        ({"data": {"_entities": [None]}, "errors": [error("FORBIDDEN")]}, UpstreamForbiddenError),
        ({"data": {"_entities": []}}, UpstreamMalformedError),
        ({"data": {"_entities": [{}, {}]}}, UpstreamMalformedError),
        ({"data": {"_entities": [{"__typename": "AcmeAccount", "id": "p2"}]}}, UpstreamMalformedError),
        ({"data": {"_entities": [{"__typename": "OtherAccount", "id": "p1"}]}}, UpstreamMalformedError),
        ({"data": {"_entities": "p1"}}, UpstreamMalformedError),
    ],
)
def test_answer_that_is_not_the_accounts_is_refused(body: Any, kind: type[UpstreamError]) -> None:
    with pytest.raises(kind) as caught:
        read(body)
    assert "Ada" not in str(caught.value)


def test_error_stands_where_its_path_leads_and_says_nothing_of_the_platforms_own() -> None:
    body = whole(f0={"displayName": None, "city": "Gothenburg"}, f1=None)
    body["errors"] = [error("INTERNAL", "f0", "displayName"), error("FORBIDDEN", "f1", "edges", 3), error("X", 7, "y")]
    values = read(body)
    assert isinstance(values["f0"]["displayName"], UpstreamUnavailableError)
    assert values["f0"]["city"] == "Gothenburg"
    assert isinstance(values["f1"], UpstreamForbiddenError)
    assert "Ada" not in str(values["f0"]["displayName"]) + str(values["f1"])


@pytest.mark.parametrize(
    ("name", "tree", "value", "drift"),
    [
        ("profile", {"displayName": None}, "Ada", ("TYPE_MISMATCH", "profile", "a string where an object is promised")),
        (
            "profile",
            {"displayName": None},
            {"displayName": 5},
            ("TYPE_MISMATCH", "profile.displayName", "a number where String is promised"),
        ),
        ("profile", {"displayName": None}, {}, ("MISSING_KEY", "profile.displayName", "left out of the answer")),
        (
            "profile",
            {"status": None},
            {"status": "FIRED"},
            ("NO_MATCH", "profile.status", "a string that AccountStanding does not have"),
        ),
        (
            "profile",
            {"status": None},
            {"status": ["ACTIVE"]},
            ("NO_MATCH", "profile.status", "a list that AccountStanding does not have"),
        ),
        (
            "bikes",
            {"electric": None},
            {"electric": True},
            ("TYPE_MISMATCH", "bikes", "an object where a list is promised"),
        ),
        (
            "bikes",
            {"electric": None},
            [{"electric": None}],
            ("MISSING_KEY", "bikes.electric", "null where a value is promised"),
        ),
        (
            "bikes",
            {"wheelInches": None},
            [{"wheelInches": True}],
            ("TYPE_MISMATCH", "bikes.wheelInches", "a boolean where Int is promised"),
        ),
    ],
)
def test_what_does_not_fit_the_schema_is_drift(name: str, tree: Any, value: Any, drift: tuple[str, str, str]) -> None:
    examination = Examination(frozenset())
    examination.examine(ACCOUNT.fields[name].type, value, tree, name)
    assert [(each.code, each.path, each.message) for each in examination.problems()] == [drift]


def test_what_the_runtime_fills_in_and_what_is_omitted_is_not_asked_for() -> None:
    wanted = {
        "f0": Wanted("ratings", {}, {"normalized": None, "value": None, "provenance": None}),
        "f1": Wanted("engagements", {"first": 2, "after": None}, {"edges": {"node": {"ref": None, "place": None}}}),
    }
    text, variables = document_of(ACCOUNT, wanted, frozenset({"Engagement.place"}))
    parse(text)
    assert text == (
        "query GigwayAccount($representations: [_Any!]!, $f1_first: Int) { "
        "_entities(representations: $representations) { __typename ... on AcmeAccount { id "
        "f0: ratings { value } f1: engagements(first: $f1_first) { edges { node { ref } } } } } }"
    )
    assert variables == {"f1_first": 2}


def test_subgraph_that_lacks_what_it_is_asked_for_is_told_by_coordinates() -> None:
    sdl = (HERE / "subgraph.graphql").read_text(encoding="utf-8")
    assert missing_fields(sdl, ACME.definition, ACCOUNT) == []
    less = sdl.replace("  bikes: [AcmeBike!]\n", "").replace("perItem: Boolean!", "")
    assert missing_fields(less, ACME.definition, ACCOUNT) == ["AcmeAccount.bikes", "Rating.perItem"]
