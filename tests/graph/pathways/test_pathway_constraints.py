"""Place, language, income not earned, entry bars, what a step opens, and how good a plan is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.model import EntryBar, Language, Market
from graph.pathways.planning import find_plans
from graph.pathways.plans import Conditions, StepKind, goal_of
from graph.subgraph import build_schema
from graph.wording import words_in
from tests.graph.test_subgraph import account, entity


@pytest.fixture(scope="module")
def driver(graph, rides, now):
    return assess(graph, read_facts([{"evidence": [rides]}]), now)


@pytest.fixture(scope="module")
def dispatch(graph):
    return graph.opportunities["opportunity:night-dispatcher"]


@pytest.fixture(scope="module")
def consultancy(graph):
    (occupation,) = graph.occupation_names.exactly("business consultant")
    return EntryBar(
        platform="business_talent_group",
        name="Business Talent Group",
        occupation=occupation,
        requires=frozenset(),
        zone=5,
        hours=6_400,
        note="Assumed.",
        notes={"sv": "Antaget."},
        fidelity="HYPOTHETICAL",
        simulated=True,
    )


def with_courses(graph, **changes):
    return graph.with_market(
        replace(graph.market, training=tuple(replace(each, **changes) for each in graph.market.training))
    )


def test_programmes_elsewhere_are_not_proposed(graph, driver, dispatch):
    away = with_courses(graph, place="Kiruna")
    (refusal,) = find_plans(away, driver, goal_of(away, dispatch), conditions=Conditions(place="Malmö"))
    assert not refusal.reachable
    here = with_courses(graph, place="MALMÖ")
    assert find_plans(here, driver, goal_of(here, dispatch), conditions=Conditions(place="Malmö"))[0].reachable


def test_programmes_in_languages_that_the_worker_lacks_are_not_proposed(graph, driver, dispatch):
    swedish = with_courses(graph, languages=frozenset({"sv"}))
    goal = goal_of(swedish, dispatch)
    assert not find_plans(swedish, driver, goal, conditions=Conditions(languages=frozenset({"en"})))[0].reachable
    assert find_plans(swedish, driver, goal, conditions=Conditions(languages=frozenset({"en", "sv"})))[0].reachable
    assert find_plans(swedish, driver, goal)[0].reachable, "nothing was said of languages"


def test_work_elsewhere_or_in_another_language_is_out_of_reach_and_says_why(graph, driver, dispatch):
    conditions = Conditions(place="Stockholm", languages=frozenset({"en"}))
    offered = replace(dispatch, languages=frozenset({"sv", "de"}))
    (refusal,) = find_plans(graph, driver, goal_of(graph, offered), conditions=conditions)
    assert "The work is in Malmö, not in Stockholm." in refusal.explanation
    assert "It takes the languages de and sv." in refusal.explanation
    assert refusal.nearer
    assert find_plans(
        graph, driver, goal_of(graph, replace(offered, remote=True, languages=frozenset())), conditions=conditions
    )


def test_income_that_is_not_earned_is_counted_beside_money_and_hours(graph, driver, dispatch):
    goal = goal_of(graph, dispatch)
    usual = find_plans(graph, driver, goal)[0]
    assert usual.forgone == 12 * sum(each.hours for each in usual.steps if each.training)
    assert f"{usual.forgone} EUR of income not earned meanwhile" in usual.explanation
    well_paid = find_plans(graph, driver, goal, conditions=Conditions(hour_value=Decimal(40)))[0]
    assert well_paid.objective > usual.objective
    assert well_paid.forgone == 40 * sum(each.hours for each in well_paid.steps if each.training)


def test_dear_hours_make_a_shorter_programme_better_and_cheap_ones_a_cheaper_one(graph, driver, dispatch):
    (course,) = [each for each in graph.market.training if each.id == "training:dispatch-basics"]
    short = replace(course, id="training:short", hours=10, cost=Decimal(1_500))
    both = graph.with_market(Market(training=(course, short), opportunities=graph.market.opportunities))

    def chosen(value):
        plan = find_plans(both, driver, goal_of(both, dispatch), conditions=Conditions(hour_value=Decimal(value)))[0]
        return [each.training.id for each in plan.steps if each.training]

    assert chosen(0) == ["training:dispatch-basics"]
    assert chosen(40) == ["training:short"]


def test_from_driving_to_consulting_is_the_long_way_with_its_cost_and_the_nearer_goals(graph, driver, consultancy, now):
    best = find_plans(graph, driver, goal_of(graph, consultancy), now=now)[0]
    assert best.reachable
    kinds = [each.kind for each in best.steps]
    assert kinds[0] is StepKind.HELD
    assert kinds[-1] is StepKind.GOAL
    assert kinds.count(StepKind.EXPERIENCE) == 3, "two jobs on the way, and the experience that the platform asks for"
    assert "asks for 6400 hours of experience as business consultant" in best.steps[-2].why
    assert best.hours > 8_000
    assert best.steps[-1].title == "business consultant at Business Talent Group"
    assert best.steps[-1].why.endswith("Assumed.")
    assert [each.name for each in best.nearer][2:] == ["business consultant"], "elsewhere, to begin with"
    assert "and 3 jobs on the way" in best.explanation
    assert "Nearer goals on the way: " in best.explanation
    assert str(best.cost) in best.explanation


def test_experience_that_is_asked_for_counts_against_the_limit_on_hours(graph, driver, consultancy):
    (refusal,) = find_plans(graph, driver, goal_of(graph, consultancy), max_hours=5_000)
    assert not refusal.reachable
    assert "not reachable within these limits: the best way found takes" in refusal.explanation


@pytest.mark.parametrize("limits", [{"max_cost": Decimal(0)}, {"max_hours": 1}, {"max_cost": Decimal(400)}])
def test_goals_that_are_called_within_reach_keep_to_the_limits(graph, driver, dispatch, limits):
    (refusal,) = find_plans(graph, driver, goal_of(graph, dispatch), **limits)
    assert not refusal.reachable
    for near in refusal.nearer:
        assert find_plans(graph, driver, goal_of(graph, near), **limits)[0].reachable, near.name


def test_a_currency_that_no_programme_is_priced_in_is_the_reason_that_is_given(graph, driver, dispatch):
    (refusal,) = find_plans(graph, driver, goal_of(graph, dispatch), conditions=Conditions(currency="XXX"))
    assert "No programme is priced in XXX: choose another currency." in refusal.explanation


def test_who_has_the_experience_already_needs_none(graph, consultancy, now, rides):
    consulting = rides | {
        "platform": "upwork",
        "kind": "CONTRACT",
        "completed": 90,
        "hours": "9000",
        "occupation": {
            "scheme": "ESCO",
            "code": graph.occupations[consultancy.occupation].uri,
            "label": "business consultant",
            "mapping": "EXACT",
        },
    }
    holding = assess(graph, read_facts([{"evidence": [consulting]}]), now)
    best = find_plans(graph, holding, goal_of(graph, consultancy))[0]
    assert [each.kind for each in best.steps] == [StepKind.HELD, StepKind.GOAL]


def test_no_plan_is_better_than_the_bound_and_without_jobs_between_the_best_is_the_best(graph, driver, dispatch):
    for target in graph.opportunities.values():
        found = [each for each in find_plans(graph, driver, goal_of(graph, target), count=4) if each.reachable]
        assert all(each.bound <= each.objective for each in found)
        objectives = [each.objective for each in found]
        assert objectives == sorted(objectives)
    best = find_plans(graph, driver, goal_of(graph, dispatch))[0]
    assert best.bound == pytest.approx(best.objective), "no job is on the way: the choice of programmes is exact"


def test_job_on_the_way_says_what_the_next_best_would_change(graph, driver, consultancy):
    best = find_plans(graph, driver, goal_of(graph, consultancy))[0]
    jobs = [each for each in best.steps if each.kind is StepKind.EXPERIENCE][:-1]
    assert any("With the next best job on the way, " in each.why for each in jobs)


def test_steps_say_which_open_work_they_open(graph, driver, now, dispatch):
    best = find_plans(graph, driver, goal_of(graph, dispatch), now=now)[0]
    known = set(driver.held)
    for step in best.steps:
        if step.training:
            known |= step.training.teaches
        for opened in step.opens:
            assert opened.required <= known
            assert opened.is_open(now)
            assert opened.id != dispatch.id
        assert len(step.opens) == min(3, step.opens_count)
    assert best.steps[1].opens_count > 0, "the same programme opens other work as well"


def test_programmes_in_another_currency_count_when_it_is_asked_for(graph, driver, dispatch):
    dollars = with_courses(graph, currency="USD")
    mixed = graph.with_market(
        replace(
            graph.market,
            training=(
                *graph.market.training,
                *(replace(each, id=f"{each.id}:usd", currency="USD") for each in dollars.market.training[:5]),
            ),
        )
    )
    goal = goal_of(mixed, dispatch)
    assert find_plans(mixed, driver, goal)[0].currency == "EUR"
    plan = find_plans(mixed, driver, goal, conditions=Conditions(currency="USD"))[0]
    assert plan.currency == "USD"
    assert all(each.training.currency == "USD" for each in plan.steps if each.training)


ASK = """pathway(to: $to, place: $place, languages: $languages, hourlyIncome: $income, currency: $currency) {
  reachable explanation objective bound forgoneIncome { amount } nearerGoals { label }
  target { opportunity { id } occupation { id } entry { platform name experienceHours jobZone note fidelity } }
  steps { kind occupation { label } forgoneIncome { amount } opens { id } opensCount }
  json: picture(format: JSON)
}"""


def pathway(schema, to, rides, place=None, languages=None, income=None, currency=None):
    return entity(
        schema,
        ASK,
        [account(rides)],
        to=("PathwayTarget!", to),
        place=("String", place),
        languages=("[String!]", languages),
        income=("Decimal", income),
        currency=("String", currency),
    )


def test_platform_is_a_target(graph, rides, run_async, consultancy, now):
    schema = build_schema(graph.with_market(replace(graph.market, entries=(consultancy,))), lambda: now)
    worker, errors = run_async(pathway(schema, {"platform": "business_talent_group"}, rides))
    assert errors == []
    best = worker["pathway"][0]
    assert best["target"] == {
        "opportunity": None,
        "occupation": None,
        "entry": {
            "platform": "business_talent_group",
            "name": "Business Talent Group",
            "experienceHours": 6400,
            "jobZone": 5,
            "note": "Assumed.",
            "fidelity": "HYPOTHETICAL",
        },
    }
    assert best["reachable"]
    assert best["bound"] <= best["objective"]
    assert len(best["nearerGoals"]) == 3
    assert '"kind":"GOAL"' in best["json"]


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        ({"platform": "nowhere"}, "with this name. These have one: business_talent_group."),
        ({"occupation": "esco:none"}, "with this id. Find one with `occupations(search:)`."),
        ({"opportunity": "opportunity:none"}, "with this id. Find one with `opportunities(search:)`."),
    ],
)
def test_an_unknown_target_is_refused_with_what_to_do_next(graph, run_async, consultancy, now, target, advice):
    schema = build_schema(graph.with_market(replace(graph.market, entries=(consultancy,))), lambda: now)
    query = """query ($r: [_Any!]!, $to: PathwayTarget!) {
        _entities(representations: $r) { ... on Worker { pathway(to: $to) { reachable } } } }"""
    asked = {"r": [{"__typename": "Worker", "id": "w1", "accounts": []}], "to": target}
    (error,) = run_async(schema.execute(query, variable_values=asked)).errors
    assert error.extensions["code"] == "UNKNOWN_TARGET"
    assert error.message.endswith(advice)


def test_a_goal_that_only_asks_for_experience_has_the_same_work_elsewhere_on_the_way(graph, driver, consultancy, now):
    bar = replace(consultancy, occupation=next(iter(driver.practice)), zone=None)
    best = find_plans(graph, driver, goal_of(graph, bar), now=now)[0]
    assert [each.kind for each in best.steps] == [StepKind.HELD, StepKind.EXPERIENCE, StepKind.GOAL]
    assert best.nearer == (graph.occupations[bar.occupation],)
    assert "1 job on the way" in best.explanation


def test_the_note_of_an_entry_bar_is_in_the_language_of_the_plan(graph, driver, consultancy, now):
    goal = goal_of(graph, consultancy)
    (told, *_) = find_plans(graph, driver, goal, now=now, words=words_in(Language.SV))
    assert told.steps[-1].why.endswith("Antaget.")
    (told, *_) = find_plans(graph, driver, goal_of(graph, replace(consultancy, notes={})), words=words_in(Language.SV))
    assert told.steps[-1].why.endswith("Assumed."), "as it is, where nobody translated it"


@pytest.mark.parametrize(
    "wrong",
    [
        {"languages": ["swedish"]},
        {"languages": ["s1"]},
        {"currency": "euro"},
        {"place": "x" * 201},
        {"income": "-1"},
        {"income": "1e30"},
    ],
)
def test_wrong_conditions_are_refused(schema, rides, run_async, wrong):
    _, errors = run_async(pathway(schema, {"opportunity": "opportunity:night-dispatcher"}, rides, **wrong))
    assert [each["code"] for each in errors] == ["INVALID_ARGUMENT"]


def test_conditions_reach_the_plan(schema, rides, run_async):
    worker, errors = run_async(
        pathway(schema, {"opportunity": "opportunity:night-dispatcher"}, rides, "Uppsala", ["EN"], "30")
    )
    assert errors == []
    (only,) = worker["pathway"]
    assert "The work is in Malmö, not in Uppsala." in only["explanation"]
    worker, _ = run_async(pathway(schema, {"opportunity": "opportunity:night-dispatcher"}, rides, None, None, "30"))
    assert worker["pathway"][0]["forgoneIncome"] == {"amount": "1800.00"}
