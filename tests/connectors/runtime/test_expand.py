"""A REST platform is asked for its optional parts only where a call needs them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.catalogue import built_in
from connectors.runtime.field_tree import Tree
from connectors.runtime.needs import asked_of
from connectors.runtime.pushdown import expansions_of
from connectors.schema import check, load
from connectors.schema.variables import parse_mapping
from connectors.transport.permit import WorkerAct

ALEX = "alex.sandberg@sandbox.example"
FREELANCER, MTURK = (
    next(each for each in built_in() if each.name == name) for name in ("freelancer", "mturk_requester")
)
FLAGS = ("jobs", "reputation", "badge_details", "qualification_details", "ratings")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("profile { displayName headline memberSince status }", {"/api/users/0.1/self/": set()}),
        ("profile { provenance { fidelity } }", {"/api/users/0.1/self/": set()}),
        ("profile { totalEngagements }", {"/api/users/0.1/self/": {"reputation"}}),
        ("profile { displayName } ratings { sampleSize }", {"/api/users/0.1/self/": {"reputation"}}),
        # A list of which nothing is read must still be told from no list.
        ("listedSkills { provenance { fidelity } }", {"/api/users/0.1/self/": {"jobs"}}),
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


def test_what_is_not_asked_for_is_neither_missing_nor_drift(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("freelancer", ALEX)
        answer = await world.read(
            "freelancer", account_id, "profile { displayName provenance { missing { field reason } } }"
        )
        (subgraph,) = world.platforms.registry.subgraphs
        return answer, subgraph.health().drift

    answer, drift = in_world(test, [FREELANCER])
    profile = answer["data"]["_entities"][0]["profile"]
    assert profile["displayName"]
    assert (profile["provenance"]["missing"], drift) == ([], [])


NARROW_AND_WIDE = """
query($r: [_Any!]!) {
  one: _entities(representations: $r) { ... on FreelancerAccount { profile { displayName } it: profile { status } } }
  two: _entities(representations: $r) { ... on FreelancerAccount { profile { totalEngagements } } }
}
"""


def test_narrow_question_shares_the_answer_to_the_wide_one_and_never_the_other_way_round(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("freelancer", ALEX)
        (subgraph,) = world.platforms.registry.subgraphs
        representation = {"__typename": "FreelancerAccount", "id": account_id}
        call = world.call(NARROW_AND_WIDE, {"r": [representation]})
        mark = await world.mark()
        narrow = await world.read("freelancer", account_id, "profile { displayName }")
        both = await subgraph.execute(replace(call, permits={"r": [WorkerAct()]}))
        return narrow, both, [call["path"] for call in await world.calls("freelancer", mark)]

    narrow, both, paths = in_world(test, [FREELANCER])
    assert paths == ["/api/users/0.1/self/", "/api/users/0.1/self/?reputation=true"]
    (one,), (two,) = both["data"]["one"], both["data"]["two"]
    assert one["profile"] == narrow["data"]["_entities"][0]["profile"]
    assert two["profile"]["totalEngagements"] > 0


REWARDS = '@expand(connect: "hits", parameter: "with", value: "rewards", brings: ["HITs.Reward"])'
EXPANDED_HITS = MTURK.source.replace('@paging(connect: "hits"', f'{REWARDS}\n  @paging(connect: "hits"')


@pytest.mark.parametrize(
    ("field", "expected"),
    [("engagements", {"with": "rewards"}), ("evidence", {"with": "rewards"}), ("credentials", {})],
)
def test_list_that_another_endpoint_is_asked_for_one_by_one_is_brought_whole(
    field: str, expected: dict[str, str]
) -> None:
    assert flags_of(EXPANDED_HITS, "hits", {field: {}}) == expected


COUNTED = FREELANCER.source.replace(
    '  @paging(connect: "reviews", style: OFFSET, size: 100)',
    '  @expand(connect: "reviews", parameter: "count", brings: ["result.total"])\n'
    '  @paging(connect: "reviews", style: OFFSET, size: 100, total: "$.result.total")',
)


def test_what_paging_reads_is_always_brought() -> None:
    assert flags_of(COUNTED, "reviews", {"engagements": {}}) == {"count": "true"}


def flags_of(source: str, connect_id: str, fields: Tree) -> Mapping[str, str]:
    """What a call for some fields sends to an endpoint, beside what is always sent."""
    definition = load(source).definition
    connect = next(each for each in definition.connects if each.id == connect_id)
    expansions = expansions_of(connect, definition.sources[connect.endpoint.source], parse_mapping(connect.selection))
    assert expansions is not None
    return expansions.needed(asked_of(connect, fields, definition))


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
