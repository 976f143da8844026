"""Numbers about many tell of nobody: properties of what can be seen, over any coming and going."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.counting.aggregates import STEP, K
from graph.counting.contribution import UNKNOWN, Contribution
from graph.counting.counted import Counted
from graph.counting.publication import publish, told, whole

SKILLS = ["esco:a", "esco:b"]


def counted(region, lacking, since):
    return Counted(contribution=Contribution(region=region, lacking=frozenset(lacking)), since=since)


def group(count, lacking, *, region="SE-M", since=1, name="g"):
    return {f"{name}{number}": counted(region, lacking, since) for number in range(count)}


def test_numbers_are_told_when_enough_do_and_enough_do_not():
    people = group(40, ["esco:a"]) | group(35, [], name="h")
    regions = publish(1, people, {}, Random(1))
    assert told(regions, "SE-M") == told(regions, None)
    cell = told(regions, "SE-M")["esco:a"]
    assert (cell.lacking, cell.workers) == (40, 75)
    assert told(regions, "SE-O") == {}


@pytest.mark.parametrize(("lack", "do_not"), [(9, 60), (60, 9), (60, 0), (0, 60)])
def test_a_few_or_their_rest_are_not_told(lack, do_not):
    people = group(lack, ["esco:a"]) | group(do_not, [], name="h")
    assert told(publish(1, people, {}, Random(1)), "SE-M") == {}


def test_a_region_appears_at_a_number_that_nobody_knows():
    def appears_at(seed):
        regions, dice = {}, Random(seed)
        for size in range(1, 100):
            people = group(size, [])
            regions = publish(size, people, regions, dice)
            if regions["SE-M"].made_in is not None:
                return size
        raise AssertionError

    seen = {appears_at(seed) for seed in range(200)}
    assert seen == set(range(K, 2 * K))


def test_unknown_places_are_counted_in_the_whole_only():
    people = group(30, ["esco:a"], region=UNKNOWN) | group(30, [], region=UNKNOWN, name="h")
    regions = publish(1, people, {}, Random(1))
    assert told(regions, UNKNOWN) == {}
    assert whole(regions)["esco:a"].workers == 60


steps = st.lists(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["join", "leave", "change"])), max_size=14),
    min_size=2,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(0, 1_000))
def test_two_answers_that_differ_differ_by_k_people(months, seed):
    """Whatever comes and goes: new numbers rest on at least K who were not, or not as they are, in the last ones."""
    dice, regions, made = Random(seed), {}, {}
    people = group(30, ["esco:a"]) | group(30, ["esco:b"], name="h")
    names = list(people)
    for number, moves in enumerate(months, 1):
        for who, move in moves:
            name = names[who % len(names)]
            if move == "leave":
                people.pop(name, None)
            elif move == "join" and name not in people:
                people[name] = counted("SE-M", ["esco:a"], number)
            elif move == "change" and name in people:
                other = ["esco:b"] if people[name].contribution.lacking == {"esco:a"} else ["esco:a"]
                people[name] = counted("SE-M", other, number)
        before, regions = regions, publish(number, people, regions, dice)
        if told(regions, "SE-M") != told(before, "SE-M") or whole(regions) != whole(before):
            assert regions["SE-M"].made_in == number
        if regions["SE-M"].made_in == number:
            different = [name for name in made.keys() | people.keys() if made.get(name) != people.get(name)]
            assert len(different) >= K
            made = dict(people)


REGIONS = ["SE-AB", "SE-M", UNKNOWN]
moves = st.lists(
    st.lists(st.tuples(st.integers(0, 120), st.sampled_from(["leave", *REGIONS, "change"])), max_size=30),
    min_size=2,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(moves, st.integers(0, 1_000))
def test_no_difference_of_two_answers_is_about_fewer_than_k(months, seed):
    """Region against region and the whole, month against the next: whatever is subtracted, at least K stand behind."""
    dice, regions = Random(seed), {}
    people = {}
    for region in REGIONS:
        for skill in SKILLS:
            people |= group(22, [skill], region=region, since=0, name=f"{region}{skill}")
    names, behind = list(people), {}
    for number, moved in enumerate(months, 1):
        for who, move in moved:
            name = names[who % len(names)]
            if move == "leave":
                people.pop(name, None)
            elif move == "change" and name in people:
                kept = people[name].contribution
                people[name] = counted(kept.region, {"esco:a", "esco:b"} - kept.lacking, number)
            elif move in REGIONS and (name not in people or people[name].contribution.region != move):
                people[name] = counted(move, ["esco:a"], number)
        before, regions = regions, publish(number, people, regions, dice)
        last, behind = (
            behind,
            {
                name: {(who, each) for who, each in people.items() if each.contribution.region == name}
                if region.made_in == number
                else behind.get(name, set())
                for name, region in regions.items()
            },
        )
        for asked in (*REGIONS, None):
            if told(before, asked) and told(regions, asked) != told(before, asked):
                told_of = regions if asked is None else [asked]
                assert len({who for each in told_of for who, _ in behind[each] ^ last.get(each, set())}) >= K
        rest = {skill: cell.lacking for skill, cell in whole(regions).items()}
        for name in ("SE-AB", "SE-M"):
            for skill, cell in told(regions, name).items():
                rest[skill] -= cell.lacking
        hidden = regions[UNKNOWN].cells if UNKNOWN in regions else {}
        assert {skill: left for skill, left in rest.items() if left} == {
            skill: cell.lacking for skill, cell in hidden.items()
        }


@settings(max_examples=200, deadline=None)
@given(st.integers(20, 200), st.integers(0, 10_000))
def test_one_more_or_one_fewer_changes_nothing_in_the_next_release(size, seed):
    dice = Random(seed)
    people = group(size, ["esco:a"]) | group(size, ["esco:b"], name="h")
    first = publish(1, people, {}, dice)
    without = {name: each for name, each in people.items() if name != "g0"}
    another = people | {"new": counted("SE-M", ["esco:a"], 2)}
    changed = people | {"g0": counted("SE-M", ["esco:b"], 2)}
    for those in (without, another, changed):
        second = publish(2, those, first, dice)
        assert {name: each.cells for name, each in second.items()} == {n: each.cells for n, each in first.items()}


def test_changes_gather_until_they_are_enough_to_hide_in():
    people, regions, dice = group(100, ["esco:a"]) | group(60, [], name="h"), {}, Random(3)
    regions = publish(1, people, regions, dice)
    before, gone = regions["SE-M"], 0
    for number in range(2, 40):
        people.pop(f"g{number}")
        gone += 1
        regions = publish(number, people, regions, dice)
        if regions["SE-M"] != before:
            break
    assert K <= gone < 2 * K
    assert regions["SE-M"].made_in == number


def test_rounding_is_right_on_average_and_a_multiple_of_five():
    people = group(43, ["esco:a"]) | group(20, [], name="h")
    cells = [publish(1, people, {}, Random(seed))["SE-M"].cells["esco:a"] for seed in range(2_000)]
    assert {each.lacking for each in cells} == {40, 45}
    assert {each.workers % STEP for each in cells} == {0}
    assert sum(each.lacking for each in cells) / len(cells) == pytest.approx(43, abs=0.2)
