import pytest

from graph.errors import InvalidArgumentError
from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.matching.fairness import audit
from graph.matching.profile import Profile
from graph.matching.worker_index import WorkerIndex


@pytest.fixture(scope="module")
def profile(graph, rides, now):
    return Profile.of(assess(graph, read_facts([{"evidence": [rides]}]), now))


@pytest.fixture(scope="module")
def shuttle(graph):
    return [graph.opportunities["opportunity:airport-shuttle"]]


def pool(graph, *groups):
    """An index of (group, size, profile), the workers of the groups in turns."""
    index, members = WorkerIndex(graph), {}
    for group, size, profile in groups:
        for number in range(size):
            worker = f"{number:04}-{group}"
            members[worker] = group
            index.put([(worker, profile)])
    return index, members


def test_equal_groups_are_shown_alike(graph, profile, shuttle):
    index, members = pool(graph, ("a", 200, profile), ("b", 200, profile))
    report = audit(index, shuttle, members, top=400)
    assert {each.group: round(each.ratio, 1) for each in report.groups} == {"a": 1.0, "b": 1.0}
    assert not any(each.is_flagged for each in report.groups)


def test_a_group_whose_skills_are_recorded_less_is_flagged(graph, profile, shuttle):
    nothing = Profile(low={}, held=frozenset(), practice={})
    index, members = pool(graph, ("seen", 50, profile), ("unseen", 50, nothing))
    first, second = audit(index, shuttle, members, top=20).groups
    assert (first.group, first.exposure, first.is_flagged) == ("unseen", 0, True)
    assert (second.group, second.exposure, second.ratio) == ("seen", 1, 1)


def test_chance_tells_a_small_pool_s_luck_from_what_is_systematic(graph, profile, shuttle):
    nothing = Profile(low={}, held=frozenset(), practice={})
    index, members = pool(graph, ("seen", 50, profile), ("unseen", 50, nothing))
    unseen, seen = audit(index, shuttle, members, top=20).groups
    assert unseen.chance < 0.001 <= seen.chance
    assert seen.chance == 1
    index, members = pool(graph, ("a", 12, profile), ("b", 12, profile))
    alike = audit(index, shuttle, members, top=1).groups
    assert alike[0].is_flagged, "one place only: one of the two has it"
    assert alike[0].chance == pytest.approx(0.5, abs=0.06)
    assert audit(index, shuttle, members, top=1) == audit(index, shuttle, members, top=1)


def test_small_groups_are_not_told(graph, profile, shuttle):
    index, members = pool(graph, ("many", 30, profile), ("few", 9, profile))
    report = audit(index, shuttle, members)
    assert [each.group for each in report.groups] == ["many"]
    assert (report.left_out, report.opportunities) == (9, 1)


def test_without_workers_or_opportunities_nothing_is_unfair(graph, profile, shuttle):
    assert audit(WorkerIndex(graph), shuttle, {}).groups == ()
    index, members = pool(graph, ("a", 20, profile))
    assert [each.ratio for each in audit(index, [], members).groups] == [1.0]
    with pytest.raises(InvalidArgumentError):
        audit(index, shuttle, members, top=0)
