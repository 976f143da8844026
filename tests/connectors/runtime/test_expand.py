"""A REST platform is asked for its optional parts only where a call needs them."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.catalogue import built_in
from connectors.schema import check

ALEX = "alex.sandberg@sandbox.example"
FREELANCER = next(each for each in built_in() if each.name == "freelancer")
FLAGS = ("jobs", "reputation", "badge_details", "qualification_details", "ratings")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("profile { displayName }", {"/api/users/0.1/self/": {"reputation"}}),
        ("listedSkills { name }", {"/api/users/0.1/self/": {"jobs"}}),
        ("credentials { name }", {"/api/users/0.1/self/": {"badge_details", "qualification_details"}}),
        ("engagements(first: 1) { edges { node { title } } }", {"/api/projects/0.1/reviews/": set()}),
        (
            "engagements(first: 1) { edges { node { ratings { value } } } }",
            {"/api/projects/0.1/reviews/": {"ratings"}},
        ),
    ],
)
def test_only_needed_flags_are_sent(in_world: Any, selection: str, expected: dict[str, set[str]]) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("freelancer", ALEX)
        since = await world.mark()
        answer = await world.read("freelancer", account_id, selection)
        return answer, await world.calls("freelancer", since)

    answer, calls = in_world(test, [FREELANCER])
    assert "errors" not in answer
    asked = [urlsplit(call["path"]) for call in calls]
    assert {each.path: {name for name, _ in parse_qsl(each.query) if name in FLAGS} for each in asked} == expected


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (
            '@expand(connect: "self", parameter: "jobs"',
            '@expand(connect: "selfie", parameter: "jobs"',
            "CONNECT_UNKNOWN",
        ),
        ('brings: ["result.jobs"]', "brings: []", "EXPAND_INVALID"),
        ('brings: ["result.jobs"]', 'brings: ["result->first"]', "EXPAND_INVALID"),
    ],
)
def test_expansion_that_means_nothing_is_refused_where_it_stands(old: str, new: str, code: str) -> None:
    (problem,) = check(FREELANCER.source.replace(old, new))
    assert (problem.code, problem.line > 0) == (code, True)
