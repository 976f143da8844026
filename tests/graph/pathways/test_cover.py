from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import OccupationId, Provider, SkillId, Training, TrainingId, TrainingMode
from graph.pathways.cover import cheapest_cover
from graph.pathways.narrowing import least_excess, narrow
from graph.pathways.task import LEARNING_AT_WORK, STAFFED, Limits, Task
from graph.pathways.worth import HOUR_VALUE

PROVIDER = Provider(id="p", name="Example (simulated)", simulated=True)
NO_LIMITS = Limits()


def skills(names):
    return frozenset(map(SkillId, names))


def programme(name, teaches, requires="", *, cost=100, hours=10, licenses=()):
    return Training(
        id=TrainingId(name),
        title=name,
        provider=PROVIDER,
        teaches=skills(teaches),
        requires=skills(requires),
        licenses=frozenset(map(OccupationId, licenses)),
        hours=hours,
        cost=Decimal(cost),
        currency="EUR",
        mode=TrainingMode.ONLINE,
        certificate=None,
    )


def names(cover):
    return None if cover is None else [each.id for each in cover.programmes]


def cover(programmes, *, held="", wanted, tolerance=0, limits=NO_LIMITS, **more):
    task = Task(held=skills(held), wanted=skills(wanted), tolerance=tolerance, limits=limits, **more)
    return cheapest_cover(programmes, task)


def test_prerequisites_come_first_and_are_paid_for():
    offered = [programme("c", "c", "b"), programme("b", "b", "a"), programme("a", "a")]
    assert names(cover(offered, wanted="c")) == ["a", "b", "c"]
    assert names(cover(offered, held="b", wanted="c")) == ["c"]


def test_circular_prerequisites_are_no_plan():
    offered = [programme("a", "a", "b"), programme("b", "b", "a")]
    assert cover(offered, wanted="ab") is None


def test_a_programme_cannot_teach_its_own_prerequisite():
    assert cover([programme("a", "ab", "b")], wanted="a") is None


def test_a_circle_is_left_through_a_third_programme():
    circle = [programme("a", "a", "b", cost=1), programme("b", "b", "a", cost=1)]
    entry = programme("entry", "b", cost=900)
    assert names(cover([*circle, entry], wanted="a")) == ["entry", "a"]
    long = [programme(x, x, y, cost=1) for x, y in ("ab", "bc", "cd", "da")]
    assert names(cover([*long, programme("entry", "c", cost=900)], wanted="abcd", tolerance=0)) == [
        "entry",
        "b",
        "a",
        "d",
    ]


def test_a_programme_that_teaches_nothing_is_not_taken():
    assert names(cover([programme("x", "", cost=0, hours=0), programme("a", "a")], wanted="a")) == ["a"]


def test_a_skill_that_nobody_teaches_cannot_be_covered():
    assert cover([programme("a", "a")], wanted="az") is None
    found = cover([programme("a", "a")], wanted="az", tolerance=1)
    assert (names(found), found.uncovered) == (["a"], skills("z"))


def test_cheap_learning_at_work_is_preferred_within_the_tolerance():
    dear, cheap = programme("a", "a", cost=1_000), programme("b", "b", cost=10, hours=1)
    found = cover([dear, cheap], wanted="ab", tolerance=2)
    assert (names(found), found.uncovered) == (["b"], skills("a"))


def test_nothing_missing_needs_nothing():
    found = cover([programme("a", "a")], held="a", wanted="a")
    assert (names(found), found.cost, found.hours) == ([], Decimal(0), 0)


def test_a_licence_is_needed_even_when_every_skill_is_held():
    licensed = programme("licence", "", licenses=["driver"], cost=900)
    assert names(cover([licensed], held="a", wanted="a", licence=OccupationId("driver"))) == ["licence"]
    assert cover([programme("a", "a")], held="a", wanted="a", licence=OccupationId("driver")) is None


@pytest.mark.parametrize("limits", [Limits(cost=Decimal(199)), Limits(hours=19)])
def test_limits_are_hard(limits):
    assert cover([programme("a", "a"), programme("b", "b")], wanted="ab", limits=limits) is None
    assert names(cover([programme("a", "a"), programme("b", "b")], wanted="ab", limits=Limits(cost=Decimal(200))))


def test_an_on_ramp_is_worth_its_price_but_only_toward_its_own_goal():
    driver = OccupationId("driver")
    ramp = replace(programme("ramp", "a", cost=100 + STAFFED - 1), staffs=frozenset({driver}), staffed_by="x")
    plain = programme("plain", "a", cost=100)
    assert names(cover([plain, ramp], wanted="a", goal=driver)) == ["ramp"]
    assert names(cover([plain, ramp], wanted="a", goal=OccupationId("baker"))) == ["plain"]
    dear = replace(ramp, cost=Decimal(100 + int(STAFFED) + 1))
    assert names(cover([plain, dear], wanted="a", goal=driver)) == ["plain"]


def test_a_found_set_is_not_found_again_with_something_added():
    offered = [programme("a1", "a", cost=10), programme("a2", "a", cost=1_000), programme("free", "z", cost=0, hours=0)]
    assert names(cover(offered, wanted="a", exclude=[frozenset({TrainingId("a1")})])) == ["a2"]
    assert cover(offered, wanted="a", exclude=[frozenset()], tolerance=1) is None


def test_found_sets_are_excluded():
    offered = [programme("a1", "a", cost=10), programme("a2", "a", cost=20), programme("a3", "a", cost=30)]
    seen = []
    for expected in ("a1", "a2", "a3"):
        found = cover(offered, wanted="a", exclude=seen)
        assert names(found)[0] == expected
        seen += [frozenset(names(found))]


def brute_force(offered, *, wanted, held, tolerance, limits, exclude, licence):
    best = None
    for size in range(len(offered) + 1):
        for chosen in combinations(offered, size):
            known, rest = set(held), list(chosen)
            while ready := [each for each in rest if each.requires <= known]:
                known |= {skill for each in ready for skill in each.teaches}
                rest = [each for each in rest if each not in ready]
            left = wanted - known
            if rest or len(left) > tolerance or any(seen <= {each.id for each in chosen} for seen in exclude):
                continue
            if limits.minus(sum(each.cost for each in chosen), sum(each.hours for each in chosen)) is None:
                continue
            if licence is not None and not any(licence in each.licenses for each in chosen):
                continue
            value = sum(float(each.cost) + HOUR_VALUE * each.hours for each in chosen) + LEARNING_AT_WORK * len(left)
            best = value if best is None else min(best, value)
    return best


LETTERS = st.frozensets(st.sampled_from("abcdef"), max_size=3)
OFFERS = st.lists(st.tuples(LETTERS, LETTERS, st.integers(0, 500), st.integers(0, 40), st.booleans()), max_size=7)
LIMITS = st.builds(
    Limits,
    cost=st.none() | st.integers(0, 1_500).map(Decimal),
    hours=st.none() | st.integers(0, 120),
)


WAYS = {"few of many": (0, 1), "narrowed": (0, 1_000), "whole": (1_000, 1_000)}
"""From how many programmes on they are narrowed, and how many of them are tried first."""


@pytest.mark.parametrize(("narrowed_from", "few"), WAYS.values(), ids=WAYS)
@settings(max_examples=80, deadline=None)
@given(OFFERS, LETTERS, LETTERS, st.integers(0, 2), LIMITS, st.lists(st.frozensets(st.integers(0, 6))), st.booleans())
def test_the_choice_is_the_cheapest_there_is(
    narrowed_from, few, specified, wanted, held, tolerance, limits, excluded, licensed
):
    offered = [
        programme(str(i), teaches, requires, cost=cost, hours=hours, licenses=["driver"] if licenses else [])
        for i, (teaches, requires, cost, hours, licenses) in enumerate(specified)
    ]
    asked = {
        "wanted": skills(wanted),
        "held": skills(held),
        "tolerance": tolerance,
        "limits": limits,
        "exclude": tuple(frozenset(TrainingId(str(each)) for each in seen) for seen in excluded),
        "licence": OccupationId("driver") if licensed else None,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.pathways.cover.NARROWED_FROM", narrowed_from)
        patch.setattr("graph.pathways.cover.FEW", few)
        found = cheapest_cover(offered, Task(**asked))
    expected = brute_force(offered, **asked)
    assert (None if found is None else pytest.approx(found.objective, abs=1e-3)) == expected
    if found is not None:
        assert found.bound == pytest.approx(found.objective, abs=1e-3)
        known = set(skills(held))
        for each in found.programmes:
            assert each.requires <= known
            known |= each.teaches


@pytest.mark.parametrize("seed", range(4))
def test_of_many_programmes_few_are_left_and_the_best_cover_among_them(seed, monkeypatch):
    random, letters = Random(seed), [chr(ord("a") + number) for number in range(60)]
    offered = [
        programme(
            f"{number:04}",
            random.sample(letters, 3),
            random.sample(letters, random.choice([0, 0, 1])),
            cost=random.randint(50, 2_000),
            hours=random.randint(10, 200),
        )
        for number in range(400)
    ]
    asked = {"held": skills(letters[12:20]), "wanted": skills(letters[:12]), "tolerance": 2, "limits": NO_LIMITS}
    narrowed = cheapest_cover(offered, Task(**asked))
    monkeypatch.setattr("graph.pathways.cover.NARROWED_FROM", 1_000)
    whole = cheapest_cover(offered, Task(**asked))
    assert (narrowed.programmes, narrowed.uncovered) == (whole.programmes, whole.uncovered)
    for measure in ("cost", "hours"):
        least = getattr(whole, measure)
        for share in (1.0, 0.9, 0.5, 0.2, 0.02):
            limits = Limits(**{measure: (Decimal if measure == "cost" else int)(int(float(least) * share))})
            monkeypatch.setattr("graph.pathways.cover.NARROWED_FROM", 60)
            one = cheapest_cover(offered, Task(**asked | {"limits": limits}))
            monkeypatch.setattr("graph.pathways.cover.NARROWED_FROM", 1_000)
            other = cheapest_cover(offered, Task(**asked | {"limits": limits}))
            assert (one is None) == (other is None)
            assert one is None or one.objective == pytest.approx(other.objective, abs=1e-3)
    excess = least_excess(offered, Task(**asked))
    left = narrow(offered, excess, asked["held"], whole.objective)
    assert set(whole.programmes) <= set(left)
    assert len(left) < 100
