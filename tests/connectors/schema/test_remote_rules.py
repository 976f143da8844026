"""A connector with a subgraph of its own keeps the same rules, and a few more."""

import pytest

from connectors.schema import check, load
from tests.connectors.remote.acme_platform import SDL


def test_remote_connector_has_no_problems() -> None:
    assert check(SDL) == []


def test_written_fields_are_asked_for_and_the_composed_sdl_is_whole() -> None:
    connector = load(SDL)
    remote = connector.definition.remote
    assert remote is not None
    assert remote.url == "https://graph.acme.example/graphql"
    assert remote.fields == {"profile", "engagements", "ratings", "bikes"}
    assert "credentials: [Credential!]" in connector.sdl
    assert "graph.acme.example" not in connector.sdl


CASES = {
    "method without url": (", method: REMOTE_SUBGRAPH", ", method: OAUTH_API", "REMOTE_METHOD"),
    "not https": ('url: "https://graph.acme', 'url: "http://graph.acme', "URL_NOT_HTTPS"),
    "credentials in the url": ('url: "https://graph', 'url: "https://user:pw@graph', "URL_NOT_HTTPS"),
    "folded from what is not there": (
        '@fold(field: "earnings", from: "engagements")',
        '@fold(field: "earnings", from: "payments")',
        "FOLD_UNKNOWN",
    ),
    "folded and answered": (
        '@fold(field: "earnings", from: "engagements") {',
        '@fold(field: "earnings", from: "engagements") {\n  earnings(since: Date, until: Date): [EarningsSummary!]\n'
        '    @requiresScopes(scopes: [["gig:earnings"]])',
        "FIELD_MAPPED_TWICE",
    ),
    "connect": (
        '  @fold(field: "experience"',
        '  @connect(id: "me", source: "acme", http: { GET: "/me" }, selection: "credentials: list { name kind }")\n'
        '  @fold(field: "experience"',
        "REMOTE_WITH_CONNECT",
    ),
    "omits nothing that is there": ('"Engagement.place"', '"Engagement.colour"', "REMOTE_OMITS_UNKNOWN"),
    "omits what is required": ('"Engagement.place"', '"Engagement.ref"', "REMOTE_OMITS_REQUIRED"),
    "abstract type": ("type AcmeBike", "union AcmeThing = AcmeBike\ntype AcmeBike", "REMOTE_ABSTRACT_TYPE"),
    "argument below": ("electric: Boolean!", "electric(since: Int): Boolean!", "OWN_FIELD_ARGUMENTS"),
    "prefix": ("AcmeBike", "Bike", "TYPE_PREFIX"),
    "scope": ('[AcmeBike!] @requiresScopes(scopes: [["gig:profile"]])', "[AcmeBike!]", "PERSONAL_FIELD_WITHOUT_SCOPE"),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_tells_what_breaks_it(case: str) -> None:
    right, wrong, code = CASES[case]
    assert right in SDL
    assert code in {problem.code for problem in check(SDL.replace(right, wrong))}
