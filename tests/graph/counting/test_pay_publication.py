"""What workers earn, told of many: whatever two numbers are compared, at least ten people stand between them."""

from dataclasses import replace
from decimal import Decimal
from itertools import combinations, count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.counting import pay_publication
from graph.counting.aggregates import STEP, K, two_digits
from graph.counting.contribution import UNKNOWN, Contribution
from graph.counting.counted import EVER, Counted
from graph.counting.pay_publication import WHOLE, PayKey, PayQuarters, publish_pay, told_pay

A, B, C = "esco:a", "esco:b", "esco:c"


def earns(rate, *, region="SE-M", skills=(A,), currency="EUR", since=1):
    """Somebody in the counts."""
    pay = {(currency, skill): Decimal(rate) for skill in skills}
    contribution = Contribution(region=region, lacking=frozenset(), pay=pay)
    return Counted(contribution=contribution, since=since, paid_since=dict.fromkeys(pay, since))


def group(count, *, name="g", start=10, **options):
    return {f"{name}{number}": earns(start + number, **options) for number in range(count)}


def release(people, before=None, *, number=1, seed=1):
    return publish_pay(number, people, before or {}, Random(seed))


def eur(cells, region="SE-M", skill=A):
    return told_pay(cells, region, "EUR", skill)


def test_the_example_by_hand():
    """`docs/skills.md` works it out."""
    rates = [15, 16, 16, 16, 17, 17, 18, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 24, 30]
    cells = release({f"w{number}": earns(rate) for number, rate in enumerate(rates)})
    told = eur(cells)
    assert (told.lower, told.middle, told.upper, told.workers) == (17, 19, 22, 20)


def test_fewer_than_ten_are_told_nowhere():
    assert all(eur(release(group(9), seed=seed)) is None for seed in range(50))
    assert eur({}) is None


def test_a_cell_appears_at_a_number_that_nobody_knows():
    def appears_at(seed):
        cells, dice = {}, Random(seed)
        for size in count(1):
            cells = publish_pay(size, group(size), cells, dice)
            if eur(cells) is not None:
                return size
        raise AssertionError

    assert {appears_at(seed) for seed in range(200)} == set(range(K, 2 * K))


def test_currencies_are_never_put_together():
    people = group(30) | group(30, name="s", start=100, currency="SEK")
    cells = release(people)
    assert eur(cells).upper < 100 <= told_pay(cells, "SE-M", "SEK", A).lower
    assert told_pay(cells, "SE-M", "USD", A) is None


def test_of_unknown_places_nothing_is_told_but_in_the_whole():
    cells = release(group(30, region=UNKNOWN) | group(30, name="h", start=200))
    assert told_pay(cells, UNKNOWN, "EUR", A) is None
    assert eur(cells).lower > 200
    whole = eur(cells, None)
    assert whole.lower < 200 < whole.upper


def test_how_many_is_rounded_at_random_and_right_on_average():
    told = [eur(release(group(23), seed=seed)).workers for seed in range(2_000)]
    assert set(told) == {20, 25}
    assert sum(told) / len(told) == pytest.approx(23, abs=0.2)
    assert {each % STEP for each in told} == {0}


@pytest.mark.parametrize(
    ("exact", "told"), [("18.43", 18), ("183", 180), ("7.46", "7.5"), ("99.6", 100), ("0.456", "0.46")]
)
def test_amounts_have_two_digits(exact, told):
    assert two_digits(Decimal(exact)) == Decimal(told)
    assert "E" not in str(two_digits(Decimal(exact)))


def test_quarters_stay_in_order_and_among_what_is_earned():
    @settings(max_examples=80, deadline=None)
    @given(st.lists(st.integers(5, 300), min_size=19, max_size=60))
    def hold(rates):
        told = eur(release({f"w{number}": earns(rate) for number, rate in enumerate(rates)}))
        least, most = (two_digits(Decimal(each(rates))) for each in (min, max))
        assert least <= told.lower <= told.middle <= told.upper <= most

    hold()


@settings(max_examples=60, deadline=None)
@given(st.integers(20, 120), st.integers(0, 10_000))
def test_one_more_one_fewer_or_one_who_earns_more_changes_nothing_in_the_next_release(size, seed):
    dice = Random(seed)
    people = group(size) | group(size, name="h", region="SE-AB", skills=(A, B))
    first = publish_pay(1, people, {}, dice)
    without = {name: each for name, each in people.items() if name != "g0"}
    for those in (without, people | {"new": earns(999, since=2)}, people | {"g0": earns(999, since=2)}):
        second = publish_pay(2, those, first, dice)
        assert all(second[key].quarters == cell.quarters for key, cell in first.items())
        assert all(second[key].quarters is None for key in second.keys() - first.keys())


def test_changes_gather_until_they_are_enough_to_hide_in():
    people, cells, dice = group(100), {}, Random(3)
    cells = publish_pay(1, people, cells, dice)
    first = cells[PayKey("SE-M", "EUR", A)]
    for number in range(2, 40):
        people[f"g{number}"] = earns(500, since=number)
        cells = publish_pay(number, people, cells, dice)
        if cells[PayKey("SE-M", "EUR", A)] != first:
            break
    assert K <= number - 1 < 2 * K


# -- attacks: what somebody subtracts who knows everybody but one ------------------------------------------------


def spread(count, **options):
    """People whose pay is so far apart that each one moves the quarters."""
    return {f"{options.get('region', '')}w{each}": earns(10 * 2**each, **options) for each in range(count)}


def two_skills():
    """Twenty have both skills, one more has the second one only."""
    return spread(20, skills=(A, B)) | {"victim": earns(10**7, skills=(B,))}


def test_skills_of_nearly_the_same_people_show_the_same_numbers():
    told = release(two_skills())
    assert eur(told, skill=A) == eur(told, skill=B) is not None


def test_the_whole_less_a_region_is_nobody():
    people = spread(20) | {"victim": earns(10**7, region="SE-AB")}
    told = release(people)
    assert eur(told, None) == eur(told) is not None
    more = people | spread(20, region="SE-AB")
    apart = release(more)
    assert len({eur(apart, None), eur(apart), eur(apart, "SE-AB")}) == 3


def test_a_skill_that_is_made_later_is_not_made_of_the_same_people_but_one():
    """One cell is carried over, the other is made anew of nearly the same people: it takes the first one's numbers."""
    people = spread(20, skills=(A, B))
    shown = set()
    for seed in range(40):
        dice = Random(seed)
        cells = publish_pay(1, people, {}, dice)
        later = dict(people)
        for number in range(2, 25):
            later[f"new{number}"] = earns(7 * number, skills=(A, B), since=number)
            cells = publish_pay(number, later, cells, dice)
            sources = {each.source for key, each in cells.items() if key.region == "SE-M"}
            shown.add(len(sources))
            if len(sources) == 2:
                one, other = sources
                assert abs(one.people - other.people) >= K
    assert shown == {1, 2}


@pytest.mark.parametrize(
    ("weaker", "attack"),
    [
        ({"_too_near": lambda *_: None}, test_skills_of_nearly_the_same_people_show_the_same_numbers),
        ({"_too_near": lambda *_: None}, test_a_skill_that_is_made_later_is_not_made_of_the_same_people_but_one),
        ({"_too_near": lambda *_: None, "_has_numbers": lambda _: True}, test_the_whole_less_a_region_is_nobody),
        ({"threshold": lambda _: 1}, test_changes_gather_until_they_are_enough_to_hide_in),
        ({"K": 5, "threshold": lambda _: 5}, test_fewer_than_ten_are_told_nowhere),
    ],
)
def test_a_weaker_rule_would_not_stand(monkeypatch, weaker, attack):
    for name, value in weaker.items():
        monkeypatch.setattr(pay_publication, name, value)
    with pytest.raises(AssertionError):
        attack()


# -- whatever comes and goes -----------------------------------------------------------------------------------

REGIONS = ["SE-AB", "SE-M", UNKNOWN]
moves = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 90),
            st.sampled_from(["leave", "raise", *REGIONS]),
            st.sampled_from([(A,), (B,), (A, B), (A, B, C)]),
        ),
        max_size=30,
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(moves, st.integers(0, 1_000))
def test_between_any_two_numbers_stand_k_people(months, seed):
    """Of what is told, or was told in the release before: of any two that are not the same, `K` people differ."""
    dice, cells, people = Random(seed), {}, {}
    for region in REGIONS:
        people |= group(24, name=region, region=region, skills=(A, B), since=0)
        people |= group(6, name=f"{region}c", region=region, skills=(B, C), since=0)
    names, behind, regions = list(people), {}, {}
    for number, moved in enumerate([[], *months], 1):
        for who, move, skills in moved:
            name = names[who % len(names)]
            if move == "leave":
                people.pop(name, None)
            elif move == "raise" and name in people:
                kept = people[name].contribution
                more = replace(kept, pay={key: rate + 1 for key, rate in kept.pay.items()})
                people[name] = Counted.after(people[name], more, number)
            elif move in REGIONS:
                moved_to = earns(10 + who % 50, region=move, skills=skills).contribution
                # Who comes back may be as they were, and never passes for somebody new.
                people[name] = Counted.after(people.get(name), moved_to, number if name in people else EVER)
        before, cells = cells, publish_pay(number, people, cells, dice)
        for key, cell in cells.items():
            if cell.source is not None and cell.source.key == key and cell.source.made_in == number:
                behind[cell.source] = {
                    name: (each.contribution.pay[pay], each.paid_since[pay])
                    for name, each in people.items()
                    if (pay := ("EUR", key.skill)) in each.contribution.pay
                    and is_in(key, each.contribution.region, cells)
                }
                regions[cell.source] = key.region
        shown = {cell.source for each in (before, cells) for cell in each.values() if cell.source is not None}
        for one, other in combinations(sorted(shown), 2):
            if WHOLE in (regions[one], regions[other]) or regions[one] == regions[other]:
                first, second = behind[one], behind[other]
                assert len([name for name in first | second if first.get(name) != second.get(name)]) >= K
        for source in shown:
            assert len(behind[source]) == source.people >= K
        for cell in cells.values():
            assert (cell.quarters is None) is (cell.source is None)
            assert isinstance(cell.quarters, PayQuarters | None)


def is_in(key, region, cells):
    if key.region != WHOLE:
        return key.region == region
    cell = cells.get(key._replace(region=region))
    return cell is not None and cell.quarters is not None
