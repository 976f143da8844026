"""The platform effect: a rating counts beside what is usual where it was given."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.evidence.estimate import assess
from graph.evidence.facts import EngagementKind, Fidelity, RatingFact, SkillFact
from graph.evidence.text import explain_skill
from graph.evidence.usual_ratings import UNKNOWN, Basis, usual_rating, usual_ratings
from graph.taxonomy.builtin import load_builtin

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GRAPH = load_builtin()
(DRIVE,) = GRAPH.skill_names.exactly("drive in urban areas")
WORK = [each for each in EngagementKind if each is not EngagementKind.SPONSORSHIP]
FEW = settings(max_examples=40, deadline=None, derandomize=True)
STARS = RatingFact(value=4.79, worst=1, best=5, sample=800, name="driver rating")
RIDES = SkillFact(
    platform="uber",
    kind=EngagementKind.RIDE,
    occupation_uri="http://data.europa.eu/esco/occupation/6f7c1e84-8162-4c20-a575-b57ff624eef5",
    occupation_label="taxi driver",
    inferred=False,
    terms=(),
    completed=1_000,
    cancelled=30,
    hours=None,
    first_at=NOW - timedelta(days=300),
    last_at=NOW - timedelta(days=1),
    recent=1_000,
    ratings=(),
    credentials=(),
    fidelity=Fidelity.DOCUMENTED,
    simulated=True,
)


def quality(value=4.79, *, sample=800, **changes):
    rated = replace(RIDES, ratings=(replace(STARS, value=value, sample=sample),), **changes)
    return assess(GRAPH, [rated], NOW).skills[DRIVE].quality


UNRATED = assess(GRAPH, [RIDES], NOW).skills[DRIVE].quality


@pytest.mark.parametrize("platform", ["uber", "lyft"])
def test_what_is_usual_there_moves_nothing(platform):
    """Neither up nor down: 4.79 of 5 is neither a merit nor a fault of a driver."""
    assert quality(4.79, platform=platform) == pytest.approx(UNRATED, abs=1e-9)


def test_the_same_rating_says_another_thing_on_another_platform():
    """4.6 of 5 is next to losing the account at one platform, and ordinary as far as anybody knows at the next."""
    assert quality(4.6, platform="uber") < quality(4.6, platform="lyft") < UNRATED
    assert quality(4.6, platform="fiverr", kind=EngagementKind.PROJECT) == pytest.approx(
        quality(4.6, platform="nobody_knows", kind=EngagementKind.PROJECT)
    )


@FEW
@given(st.floats(1, 5), st.floats(0.1, 50), st.floats(-100, 100), st.sampled_from(["uber", "lyft", "unheard_of"]))
def test_the_scale_that_a_platform_counts_in_changes_nothing(value, factor, shift, platform):
    stars = replace(STARS, value=value)
    other = replace(stars, value=value * factor + shift, worst=factor + shift, best=5 * factor + shift)
    found = [
        assess(GRAPH, [replace(RIDES, platform=platform, ratings=(each,))], NOW).skills[DRIVE].quality
        for each in (stars, other)
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-6)


@FEW
@given(st.floats(1, 5), st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_larger_sample_moves_further_in_the_same_direction(value, sample, more):
    few, many = quality(value, sample=sample) - UNRATED, quality(value, sample=sample + more) - UNRATED
    assert abs(many) >= abs(few) - 1e-9
    assert few * many >= 0


@FEW
@given(st.floats(1, 5), st.integers(0, 10_000))
def test_a_rating_where_nothing_is_known_moves_less_than_one_where_much_is(value, sample):
    known, unknown = UNRATED, assess(GRAPH, [replace(RIDES, platform="unheard_of")], NOW).skills[DRIVE].quality
    away_known = abs(value - 4.79)
    away_unknown = abs(value - (1 + 4 * UNKNOWN.mean))
    if away_known >= away_unknown:
        moved = quality(value, sample=sample, platform="unheard_of", kind=EngagementKind.TASK)
        assert abs(moved - unknown) <= abs(quality(value, sample=sample) - known) + 1e-9


@FEW
@given(st.floats(1, 5), st.sampled_from(["uber", "lyft", "mturk", "unheard_of"]), st.sampled_from(WORK))
def test_a_rating_never_narrows_or_widens_what_is_known(value, platform, kind):
    work = replace(RIDES, platform=platform, kind=kind)
    rated = replace(work, ratings=(replace(STARS, value=value),))
    one, other = (assess(GRAPH, [each], NOW).skills[DRIVE] for each in (work, rated))
    assert one.high - one.low == pytest.approx(other.high - other.low, abs=1e-9)


@pytest.mark.parametrize("platform", ["uber", "lyft", "upwork", "mturk", "unheard_of"])
def test_no_rating_proves_anything_alone(platform):
    best = replace(STARS, value=5, sample=10_000)
    nothing = replace(RIDES, platform=platform, completed=0, recent=0, ratings=(best,))
    assert not assess(GRAPH, [nothing], NOW).skills


@pytest.mark.parametrize(
    ("platform", "kind", "name", "basis"),
    [
        ("uber", EngagementKind.RIDE, "driver rating", Basis.MEASURED),
        ("uber", EngagementKind.RIDE, "Driver Rating", Basis.MEASURED),
        ("uber", EngagementKind.DELIVERY, "driver rating", Basis.UNKNOWN),
        ("bolt", EngagementKind.RIDE, "driver rating", Basis.BORROWED),
        ("bolt", EngagementKind.RIDE, "driver score", Basis.UNKNOWN),
        ("upwork", EngagementKind.CONTRACT, "adjusted feedback score", Basis.REPORTED),
        ("upwork", EngagementKind.CONTRACT, "job success score", Basis.UNKNOWN),
        ("mturk", EngagementKind.MICROTASK, "approval rate", Basis.BAR),
        ("unheard_of", EngagementKind.TASK, "", Basis.UNKNOWN),
    ],
)
def test_the_most_particular_row_counts(platform, kind, name, basis):
    rated = replace(RIDES, platform=platform, kind=kind)
    assert usual_rating(rated, replace(STARS, name=name)).basis is basis


def test_every_row_says_where_it_is_from_and_is_on_its_scale():
    for each in usual_ratings().values():
        assert each.source
        assert 0 < each.mean < 1
        assert 0 < each.spread < UNKNOWN.spread


@pytest.mark.parametrize(
    ("platform", "kind", "said"),
    [
        ("uber", EngagementKind.RIDE, "rated 4.96 of 5 (800 ratings) where 4.79 is usual at uber"),
        ("lyft", EngagementKind.RIDE, "rated 4.96 of 5 (800 ratings) where 4.79 is usual for rides"),
        ("fiverr", EngagementKind.PROJECT, "of which it is not known what is usual at fiverr"),
    ],
)
def test_the_explanation_names_what_is_usual(platform, kind, said):
    rated = replace(RIDES, platform=platform, kind=kind, ratings=(replace(STARS, value=4.96),))
    held = assess(GRAPH, [rated], NOW).skills[DRIVE]
    assert said in explain_skill(GRAPH, held)
