from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.evidence.estimate import HELD, assess
from graph.evidence.facts import EngagementKind, Fidelity, RatingFact, SkillFact, read_facts
from graph.taxonomy.builtin import load_builtin

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAXI_DRIVER = "http://data.europa.eu/esco/occupation/6f7c1e84-8162-4c20-a575-b57ff624eef5"
GRAPH = load_builtin()
(DRIVE,) = GRAPH.skill_names.exactly("drive in urban areas")
WORK = [each for each in EngagementKind if each is not EngagementKind.SPONSORSHIP]
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def fact(**changes):
    values = {
        "platform": "uber",
        "kind": EngagementKind.RIDE,
        "occupation_uri": TAXI_DRIVER,
        "occupation_label": "taxi driver",
        "inferred": False,
        "terms": (),
        "completed": 100,
        "cancelled": 3,
        "hours": None,
        "first_at": NOW - timedelta(days=200),
        "last_at": NOW - timedelta(days=1),
        "recent": 100,
        "ratings": (),
        "credentials": (),
        "fidelity": Fidelity.DOCUMENTED,
        "simulated": True,
    }
    return SkillFact(**{**values, **changes})


def drive(*facts, now=NOW):
    return assess(GRAPH, facts, now).skills[DRIVE]


def width(held):
    return held.high - held.low


@st.composite
def facts(draw):
    completed = draw(st.integers(1, 5_000))
    age = timedelta(days=draw(st.integers(0, 3_000)))
    return fact(
        platform=draw(st.sampled_from(["uber", "lyft", "bolt"])),
        kind=draw(st.sampled_from(WORK)),
        completed=completed,
        cancelled=draw(st.integers(0, 5_000)),
        recent=draw(st.integers(0, completed)) if age < timedelta(days=365) else 0,
        hours=draw(st.none() | st.decimals(0, 9_999, places=2)),
        last_at=NOW - age,
        first_at=NOW - age - timedelta(days=draw(st.integers(0, 1_000))),
        ratings=tuple(draw(st.lists(ratings(), max_size=3))),
        fidelity=draw(st.sampled_from(Fidelity)),
        inferred=draw(st.booleans()),
    )


@st.composite
def ratings(draw):
    worst, span = draw(st.floats(-10, 10)), draw(st.floats(0.5, 100))
    return RatingFact(
        value=worst + span * draw(st.floats(0, 1)),
        worst=worst,
        best=worst + span * 1.0000001,
        sample=draw(st.none() | st.integers(0, 10_000)),
    )


@FEW
@given(st.lists(facts(), min_size=1, max_size=4), facts())
def test_more_evidence_never_lowers_certainty(before, another):
    assert width(drive(*before, another)) <= width(drive(*before)) + 1e-9


@FEW
@given(facts(), st.integers(1, 1_000), st.integers(0, 100))
def test_more_gigs_in_a_fact_never_lower_certainty(before, older, recent):
    recent = recent if before.last_at > NOW - timedelta(days=365) else 0
    more = replace(before, completed=before.completed + older + recent, recent=before.recent + recent)
    assert width(drive(more)) <= width(drive(before)) + 1e-9


@FEW
@given(st.lists(facts(), min_size=1, max_size=4))
def test_estimates_stay_inside_their_interval_and_the_interval_inside_the_scale(given_facts):
    for each in assess(GRAPH, given_facts, NOW).skills.values():
        assert 0 < each.low < each.proficiency < each.high < 1
        assert sum(source.weight for source in each.sources) == pytest.approx(1, abs=1e-3)


@FEW
@given(st.lists(facts(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(given_facts, random):
    shuffled = list(given_facts)
    random.shuffle(shuffled)
    one, other = assess(GRAPH, given_facts, NOW), assess(GRAPH, shuffled, NOW)
    assert {each.skill: (each.low, each.proficiency) for each in one.skills.values()} == {
        each.skill: (each.low, each.proficiency) for each in other.skills.values()
    }


@FEW
@given(facts(), ratings(), st.floats(0.1, 50), st.floats(-100, 100))
def test_the_scale_of_a_platform_changes_nothing(work, rating, factor, shift):
    """The same rating in percent, in stars or upside up from minus ten says the same."""
    other = RatingFact(
        value=rating.value * factor + shift,
        worst=rating.worst * factor + shift,
        best=rating.best * factor + shift,
        sample=rating.sample,
    )
    same = drive(replace(work, ratings=(other,)))
    assert drive(replace(work, ratings=(rating,))).proficiency == pytest.approx(same.proficiency, abs=2e-4)


@FEW
@given(facts(), st.integers(1, 4_000), st.integers(1, 4_000))
def test_what_is_not_done_is_forgotten(work, days, later):
    first = drive(work, now=NOW + timedelta(days=days))
    last = drive(work, now=NOW + timedelta(days=days + later))
    assert width(last) >= width(first) - 1e-9
    assert last.hours <= first.hours + 1e-9


def test_after_decades_little_is_left_of_it():
    assert drive(fact(completed=5_000)).proficiency > 0.6
    assert drive(fact(completed=5_000), now=NOW + timedelta(days=365 * 40)).proficiency < 0.25


def test_a_rating_without_work_says_nothing():
    best = RatingFact(value=5, worst=1, best=5, sample=10_000)
    assert not assess(GRAPH, [fact(completed=0, recent=0, ratings=(best,))], NOW).skills


def test_a_rating_moves_the_estimate_by_little_and_only_with_its_sample():
    def rated(value, sample):
        return drive(
            fact(completed=1_000, recent=1_000, ratings=(RatingFact(value=value, worst=1, best=5, sample=sample),))
        )

    unrated = drive(fact(completed=1_000, recent=1_000)).proficiency
    assert rated(5, 900).proficiency > unrated > rated(3, 900).proficiency
    assert abs(rated(3, None).proficiency - unrated) < abs(rated(3, 900).proficiency - unrated) / 2
    assert rated(1, 900).proficiency > HELD, "a bad rating is no proof that somebody cannot drive"


def test_contradictory_ratings_cancel_out():
    high = RatingFact(value=5, worst=1, best=5, sample=500)
    low = RatingFact(value=1, worst=1, best=5, sample=500)
    both = drive(fact(completed=1_000, recent=1_000, ratings=(high, low))).proficiency
    only = [drive(fact(completed=1_000, recent=1_000, ratings=(each,))).proficiency for each in (low, high)]
    assert only[0] < both < only[1]


def test_one_gig_is_hardly_evidence():
    held = drive(fact(completed=1, recent=1))
    assert held.proficiency < 0.25
    assert width(held) > 0.25


def test_a_million_gigs_stay_on_the_scale():
    held = drive(fact(completed=1_000_000, recent=1_000_000))
    assert 0.85 < held.proficiency < held.high < 1


def test_a_guess_about_the_platform_counts_less():
    sure, guessed = drive(fact()), drive(fact(fidelity=Fidelity.HYPOTHETICAL))
    assert guessed.proficiency < sure.proficiency
    assert width(guessed) > width(sure)


def test_a_credential_counts_without_gigs():
    held = assess(GRAPH, [fact(completed=0, recent=0, credentials=("Certified: operate GPS systems",))], NOW)
    assert [GRAPH.skills[each].name for each in held.skills] == ["operate GPS systems"]


def test_unknown_occupations_and_words_are_no_evidence():
    unknown = fact(
        occupation_uri="http://data.europa.eu/esco/occupation/none", occupation_label="?", terms=("ᚠᚢᚦ", "日本語")
    )
    assert not assess(GRAPH, [unknown], NOW).skills


def test_a_title_stands_in_for_an_unknown_uri():
    assert DRIVE in assess(GRAPH, [fact(occupation_uri=None, occupation_label="Taxi Driver")], NOW).skills
    assert DRIVE in assess(GRAPH, [fact(occupation_uri=None, occupation_label=None, terms=("cab driver",))], NOW).skills


def test_work_in_the_future_counts_as_of_today():
    assert drive(fact(last_at=NOW + timedelta(days=900))).proficiency == drive(fact(last_at=NOW)).proficiency


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "text",
        {},
        {"completed": -1},
        {"completed": "7"},
        {"kind": "DANCE"},
        {"platform": None},
        {"hours": "NaN"},
        {"hours": "-1"},
        {"lastAt": "yesterday"},
        {"ratings": [{"value": "x", "min": "1", "max": "5"}]},
        {"fidelity": None},
        {"occupation": "driver"},
        {"terms": [7]},
    ],
)
def test_a_malformed_fact_costs_only_itself(rides, broken):
    given_fact = {**rides, **broken} if isinstance(broken, dict) and broken else broken
    accounts = [{"evidence": [given_fact, rides]}]
    assert read_facts(accounts) == read_facts([{"evidence": [rides]}])


@pytest.mark.parametrize("accounts", [None, "x", 7, {}, [None], ["x"], [{}], [{"evidence": "x"}], [{"evidence": {}}]])
def test_malformed_accounts_have_no_facts(accounts):
    assert read_facts(accounts) == ()


def test_huge_texts_are_cut(rides):
    (read,) = read_facts([{"evidence": [{**rides, "terms": ["x" * 1_000_000] * 1_000}]}])
    assert (len(read.terms), len(read.terms[0])) == (200, 200)
    assert read.hours == Decimal("480")


def test_a_rating_off_its_scale_is_ignored(rides):
    off = [{"name": "r", "value": "6", "min": "1", "max": "5", "sampleSize": 3}, rides["ratings"][0]]
    (read,) = read_facts([{"evidence": [{**rides, "ratings": off}]}])
    assert len(read.ratings) == 1


@FEW
@given(st.lists(facts(), max_size=4))
def test_performance_stays_on_its_scale_and_is_nothing_without_work(given_facts):
    held = assess(GRAPH, given_facts, NOW)
    assert -1 <= held.performance <= 1
    assert assess(GRAPH, [], NOW).performance == 0


def test_performance_tells_good_work_from_bad_the_more_of_it_there_is():
    def performed(completed, cancelled, value):
        rating = RatingFact(value=value, worst=1, best=5, sample=completed)
        done = fact(completed=completed, recent=completed, cancelled=cancelled, ratings=(rating,))
        return assess(GRAPH, [done], NOW).performance

    assert performed(2_000, 10, 5) > performed(20, 0, 5) > 0 > performed(20, 20, 2) > performed(2_000, 2_000, 2)


def test_no_evidence_is_no_skill():
    held = assess(GRAPH, [], NOW)
    assert (held.skills, held.held, dict(held.practice)) == ({}, frozenset(), {})
