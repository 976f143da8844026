"""Connectors without accounts: feeds alone, with the same located, coded problems."""

import pytest

from connectors.catalogue import built_in
from connectors.sandbox.providers import built_in_providers
from connectors.schema import ConnectorError, ProviderConnector, check, load, load_any

CATALOGUE = built_in_providers()[0].source
ENTRY, W = "@entry", '"words"'


def test_file_with_feeds_alone_is_a_provider():
    loaded = load_any(CATALOGUE)
    assert isinstance(loaded, ProviderConnector)
    (feed,) = loaded.definition.feeds
    assert (feed.id, feed.gives, feed.paging.style, feed.every.total_seconds()) == (
        "courses",
        "TRAINING",
        "OFFSET",
        3600,
    )
    with pytest.raises(ConnectorError, match="ACCOUNT_TYPE_COUNT"):
        load(CATALOGUE)


def test_platform_may_have_accounts_and_feeds():
    creatorup = next(each for each in built_in() if each.name == "creatorup")
    assert [feed.id for feed in creatorup.definition.feeds] == ["tracks"]
    assert "feed" not in creatorup.sdl


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("gives: TRAINING", "gives: COURSES", "DIRECTIVE_INVALID"),
        ('source: "catalogue"', 'source: "elsewhere"', "SOURCE_UNKNOWN"),
        ("https://courses", "http://courses", "URL_NOT_HTTPS"),
        ('GET: "/v1/courses"', 'GET: "v1/courses"', "PATH_NOT_RELATIVE"),
        ("records: items {", "courses: items {", "FEED_WITHOUT_RECORDS"),
        ("ref: code", "reference: code", "MAPPING_UNKNOWN_FIELD"),
        ("hours: workload.hours", "", "MAPPING_MISSING_FIELD"),
        ("taught_in", "taught_in { code }", "MAPPING_OBJECT_FOR_SCALAR"),
        ("hours: workload.hours", "hours: workload..hours", "MAPPING_INVALID"),
        ('queryParams: "offset: $page.offset', 'queryParams: "offset: $nothing.offset', "MAPPING_INVALID"),
        ('version: "1.0.0"', 'version: "one"', "PLATFORM_VERSION"),
        ('name: "course_catalogue"', 'name: "Courses"', "PLATFORM_NAME"),
        ("@limits(concurrency: 2", '@occupation(code: "x", label: "y") @limits(concurrency: 2', "PROVIDER_DIRECTIVE"),
        ("paging: {", 'every: "PT5S" paging: {', "FEED_TOO_OFTEN"),
        ("paging: {", 'every: "often" paging: {', "DURATION_INVALID"),
        ('total: "$.total"', 'total: "total"', "PAGING_NOT_A_VALUE"),
        ("@limits(concurrency: 2", "@unheard @limits(concurrency: 2", "DIRECTIVE_UNKNOWN"),
        (
            "@limits(concurrency: 2",
            f"{ENTRY}(occupation: {W}, label: {W}, zone: 6) @limits(concurrency: 2",
            "ENTRY_ZONE",
        ),
        (
            "@limits(concurrency: 2",
            f"{ENTRY}(occupation: {W}, label: {W}, notes: [{{ language: {W}, text: {W} }}]) @limits(concurrency: 2",
            "ENTRY_LANGUAGE",
        ),
    ],
)
def test_mistakes_are_told_with_their_code(old, new, code):
    assert old in CATALOGUE
    text = CATALOGUE.replace(old, new, 1)
    problems = check(text)
    assert code in {each.code for each in problems}
    for each in problems:
        assert text.split("\n")[each.line - 1][each.column - 1] == "@" or each.code == "DIRECTIVE_INVALID", each


def test_provider_declares_no_types():
    problems = check(CATALOGUE + "\nenum Level { LOW HIGH }\n")
    assert [(each.line, each.code) for each in problems] == [(CATALOGUE.count("\n") + 2, "PROVIDER_TYPES")]
