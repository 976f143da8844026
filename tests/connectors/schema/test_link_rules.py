"""A connector that is written against what this Gigway does not run is refused, and told where."""

import pytest

from connectors.catalogue import built_in
from connectors.sandbox.providers import built_in_providers
from connectors.schema import check

UBER = next(each.source for each in built_in() if each.name == "uber")
COURSES = next(each.source for each in built_in_providers() if each.name == "course_catalogue")
CONNECT = "https://specs.apollo.dev/connect/v0.3"
IMPORT = 'import: ["@source", "@connect"]'


@pytest.mark.parametrize("source", [UBER, COURSES], ids=["accounts", "feeds"])
@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        (CONNECT, "https://specs.apollo.dev/connect/v0.9", "LINK_VERSION_UNKNOWN", "it runs " + CONNECT),
        (CONNECT, "https://specs.apollo.dev/connect/v1.0", "LINK_VERSION_UNKNOWN", "it runs " + CONNECT),
        (CONNECT, "https://specs.apollo.dev/connect", "LINK_VERSION_UNKNOWN", "it runs " + CONNECT),
        (CONNECT, "https://specs.apollo.dev/conect/v0.3", "LINK_UNKNOWN", "is none of them"),
        (
            "connector/v1.0",
            "connector/v1.1",
            "LINK_VERSION_UNKNOWN",
            "it runs https://specs.gigway.example/connector/v1.0.",
        ),
    ],
)
def test_unknown_version_is_refused_where_it_stands(source: str, old: str, new: str, code: str, says: str) -> None:
    wrong = source.replace(old, new, 1)
    (problem,) = check(wrong)
    assert problem.code == code
    assert says in problem.message
    assert new in wrong.splitlines()[problem.line - 1][problem.column - 1 :]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CONNECT, "https://specs.apollo.dev/connect/v0.1"),
        (CONNECT, "https://specs.apollo.dev/connect/v0.2"),
        ("federation/v2.9", "federation/v2.0"),
        # Which Apollo's own tools ask for beside connect/v0.3.
        ("federation/v2.9", "federation/v2.12"),
    ],
)
def test_versions_that_say_the_same_are_read(old: str, new: str) -> None:
    assert old in UBER
    assert check(UBER.replace(old, new)) == []


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (f'{IMPORT}, as: "rest"', "LINK_RENAMED"),
        ('import: [{ name: "@connect", as: "@get" }]', "LINK_RENAMED"),
        ('import: ["@sauce"]', "LINK_IMPORT_UNKNOWN"),
    ],
)
def test_names_stand_as_they_are(new: str, code: str) -> None:
    (problem,) = check(UBER.replace(IMPORT, new))
    assert problem.code == code
    assert problem.line


def test_wrong_version_is_told_before_what_follows_from_it() -> None:
    newer = UBER.replace(CONNECT, "https://specs.apollo.dev/connect/v0.4")
    (problem,) = check(newer.replace('id: "me"', 'id: "me", cached: true', 1))
    assert problem.code == "LINK_VERSION_UNKNOWN"
