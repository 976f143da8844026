from dataclasses import replace
from datetime import timedelta
from itertools import islice
from random import Random

import pytest

from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.evidence.licences import PRACTISED_HOURS
from graph.matching.model import WEIGHTS, opportunities_of, rank
from graph.matching.preferences import Preferences, Remote
from graph.matching.profile import Profile
from graph.matching.similarity import space_of
from graph.matching.text import explain_match
from graph.matching.worker_index import WorkerIndex, judge


@pytest.fixture(scope="module")
def driver(graph, rides, now):
    return assess(graph, read_facts([{"evidence": [rides]}]), now)


def regulated(graph):
    return {each.id for each in graph.occupations.values() if each.regulation is not None}


def someone(graph, random):
    skills = random.sample(sorted(graph.skills), 30)
    lows = {skill: round(random.random(), 4) for skill in skills}
    return Profile(
        low=lows,
        held=frozenset(skill for skill, low in lows.items() if low > 0.4),
        practice={each: random.random() * 900 for each in random.sample(sorted(graph.occupations), 2)},
        licensed=frozenset(each for each in sorted(regulated(graph)) if random.random() < 0.3),
        performance=round(random.uniform(-1, 1), 4),
        preferences=Preferences(
            place=random.choice([None, "Malmö", "Lund", "Stockholm", "Oslo"]),
            farthest_km=random.choice([None, None, 20, 700]),
            remote=random.choice(list(Remote)),
            hours_per_week=random.choice([None, 10, 40]),
            least_pay=random.choice([None, 15.0, 30.0]),
            currency="EUR",
            unwanted=frozenset(random.sample(sorted(graph.occupations), 5)),
            looking=random.random() < 0.9,
        ),
    )


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        (
            {"required": frozenset(), "preferred": frozenset()},
            "No skill is required. What counted most: how soon the rest can be learned (0.10 of ",
        ),
        ({"preferred": frozenset()}, "What counted most: how many of the required skills are held (0.16 of "),
    ],
)
def test_what_is_alike_for_everybody_is_not_what_counted_most(graph, driver, now, asks, told):
    skills = frozenset(sorted(driver.held)[:2])
    work = replace(next(iter(graph.opportunities.values())), **{"required": skills, "remote": False, **asks})
    market = graph.with_market(replace(graph.market, opportunities=(replace(work, closes_at=None),)))
    profile = replace(Profile.of(driver), low=dict.fromkeys(skills, 0.1), practice={})
    ((_, match),) = rank(market, profile, now)
    assert told in explain_match(market, match.opportunity, match.missing, match.features)


def test_both_directions_agree(graph, now):
    """A worker's score for an opportunity is the opportunity's score for the worker, feature by feature."""
    random = Random(5)
    people = {f"w{number}": someone(graph, random) for number in range(30)}
    index = WorkerIndex(graph)
    index.put(people.items())
    ours = {
        worker: {m.opportunity.id: m for _, m in opportunities_of(graph).rank(p, now)} for worker, p in people.items()
    }
    for opportunity in graph.opportunities.values():
        if opportunity.is_open(now):
            found = index.rank(opportunity, limit=100)
            assert {each.worker for each in found} == {w for w in people if opportunity.id in ours[w]}
            for each in found:
                assert each.features == ours[each.worker][opportunity.id].features
                assert each.score == pytest.approx(ours[each.worker][opportunity.id].score)
            assert [each.worker for each in found] == [
                each.worker for each in sorted(found, key=lambda each: (-each.score, each.worker))
            ]


def listed(graph, profile, now, **options):
    return {match.opportunity.id: match for _, match in rank(graph, profile, now, **options)}


def test_regulated_work_is_open_to_those_who_practised_it_or_have_the_licence_in_both_directions(graph, driver, now):
    electrician = graph.opportunities["opportunity:electrician"]
    occupation = electrician.occupation
    plain = Profile.of(driver)
    cases = {
        "none": (plain, False),
        "a little": (replace(plain, practice={occupation: PRACTISED_HOURS - 0.01}), False),
        "practised": (replace(plain, practice={occupation: PRACTISED_HOURS}), True),
        "licensed": (replace(plain, licensed=frozenset({occupation})), True),
    }
    index = WorkerIndex(graph)
    index.put((name, profile) for name, (profile, _) in cases.items())
    assert {each.worker for each in index.rank(electrician, limit=9)} == {"practised", "licensed"}
    for profile, is_open in cases.values():
        assert (judge(graph, profile, electrician) is not None) == is_open
        assert (electrician.id in listed(graph, profile, now)) == is_open
        assert (electrician.id in listed(graph, profile, now, blocked=True)) == (not is_open)


def test_what_a_licence_blocks_is_listed_apart_with_the_reason(graph, driver, now):
    everything, blocked = listed(graph, Profile.of(driver), now), listed(graph, Profile.of(driver), now, blocked=True)
    assert all(each.blocked_by is None for each in everything.values())
    assert blocked["opportunity:electrician"].blocked_by == "electrical installation authorization"
    assert {each.opportunity.occupation for each in blocked.values()} <= regulated(graph)
    match = blocked["opportunity:electrician"]
    told = explain_match(graph, match.opportunity, match.missing, match.features, match.blocked_by)
    assert "Not open yet: the occupation is regulated (electrical installation authorization)" in told


def test_the_limit_cuts_the_same_order(graph, now):
    random = Random(6)
    index = WorkerIndex(graph)
    index.put((f"w{number:03}", someone(graph, random)) for number in range(200))
    free = [each for each in graph.opportunities.values() if graph.occupations[each.occupation].regulation is None]
    for opportunity in free[:5]:
        everybody = index.rank(opportunity, limit=1_000)
        for limit in (0, 1, 7, 199, 200):
            assert index.rank(opportunity, limit=limit) == everybody[:limit]
        for place in (0, 5, len(everybody) - 1):
            last = (everybody[place].score, everybody[place].worker)
            assert index.rank(opportunity, limit=9, after=last) == everybody[place + 1 : place + 10]


def test_joining_and_leaving_one_by_one_comes_to_the_same(graph):
    """However the segments have grown, been merged and thinned out, the order is that of an index made at once."""
    random = Random(11)
    people = {f"w{number:02}": someone(graph, random) for number in range(40)}
    grown = WorkerIndex(graph)
    for worker in random.sample(sorted(people), 40):
        grown.put([(worker, someone(graph, random))])
        grown.put([(worker, people[worker])])
    for worker in sorted(people)[::2]:
        grown.remove(worker)
        del people[worker]
    made = WorkerIndex(graph)
    made.put(people.items())
    assert len(grown) == len(made) == 20
    for opportunity in list(graph.opportunities.values())[:8]:
        assert grown.rank(opportunity, limit=50) == made.rank(opportunity, limit=50)


def test_equal_workers_are_ordered_by_key_and_the_removed_are_gone(graph, driver):
    index = WorkerIndex(graph)
    profile = Profile.of(driver)
    index.put((name, profile) for name in ("c", "a", "b"))
    shuttle = graph.opportunities["opportunity:airport-shuttle"]
    assert [each.worker for each in index.rank(shuttle, limit=2)] == ["a", "b"]
    index.remove("a")
    index.remove("unknown")
    assert [each.worker for each in index.rank(shuttle, limit=5)] == ["b", "c"]
    index.remove("b")
    index.remove("c")
    assert index.rank(shuttle, limit=5) == []


def test_work_that_one_does_already_comes_first(graph, driver, now):
    _, best = rank(graph, Profile.of(driver), now)[0]
    assert best.opportunity.id == "opportunity:airport-shuttle"
    assert best.missing == ()
    assert {each.name: each.value for each in best.features}["required_held"] == 1


def test_only_what_is_open_is_ranked(graph, driver, now):
    def ids(instant):
        return {each.opportunity.id for _, each in rank(graph, Profile.of(driver), instant)}

    assert "opportunity:seasonal-parcel" not in ids(now)
    assert "opportunity:seasonal-parcel" in ids(now - timedelta(days=150))
    assert ids(now - timedelta(days=3_000)) == set()


def test_a_higher_lower_bound_never_lowers_a_score(graph, now):
    random = Random(8)
    for _ in range(20):
        worse = someone(graph, random)
        better = replace(worse, low={skill: min(1.0, low + 0.2) for skill, low in worse.low.items()})
        before = {each.opportunity.id: each.score for _, each in opportunities_of(graph).rank(worse, now)}
        after = {each.opportunity.id: each.score for _, each in opportunities_of(graph).rank(better, now)}
        assert all(after[each] >= before[each] for each in before)


def test_an_opportunity_that_asks_for_everything_is_still_ranked(graph, driver):
    index = WorkerIndex(graph)
    index.put([("w", Profile.of(driver))])
    some = next(iter(graph.opportunities.values()))
    (found,) = index.rank(replace(some, required=frozenset(graph.skills)), limit=1)
    assert 0 < found.score < 0.3
    (found,) = index.rank(replace(some, required=frozenset(), preferred=frozenset()), limit=1)
    values = {each.name: each.value for each in found.features}
    assert {name: values[name] for name in list(values)[:4]} == {
        "required_skills": 1.0,
        "required_held": 1.0,
        "preferred_skills": 1.0,
        "within_reach": 1.0,
    }


def test_weights_are_shares():
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_near_occupations_are_alike(graph):
    space = space_of(graph)

    def named(name):
        (found,) = graph.occupation_names.exactly(name)
        return found

    taxi = named("taxi driver")
    assert space.similarity(taxi, taxi) == 1
    assert (
        space.similarity(taxi, named("private chauffeur")) > 0.5 > space.similarity(taxi, named("specialist dentist"))
    )
    nearest = [graph.occupations[each].name for each in islice(space.nearest(taxi), 2)]
    assert set(nearest) == {"bus driver", "private chauffeur"}
    for other in graph.occupations:
        assert space.similarity(taxi, other) == pytest.approx(space.similarity(other, taxi))
        assert 0 <= space.similarity(taxi, other) <= 1
