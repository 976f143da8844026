from decimal import Decimal
from itertools import pairwise

import pytest

from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.pathways.cover import cheapest_cover
from graph.pathways.planning import find_plans
from graph.pathways.plans import StepKind, goal_of, zone_of
from graph.pathways.search import Pathfinder
from graph.pathways.task import Limits, Task


@pytest.fixture(scope="module")
def driver(graph, rides, now):
    return assess(graph, read_facts([{"evidence": [rides]}]), now)


@pytest.fixture(scope="module")
def driver_who_designs(graph, rides, contracts, now):
    return assess(graph, read_facts([{"evidence": [rides, contracts]}]), now)


def occupation(graph, name):
    (found,) = graph.occupation_names.exactly(name)
    return graph.occupations[found]


def plans(graph, holding, target, **limits):
    return find_plans(graph, holding, goal_of(graph, target), **limits)


@pytest.mark.parametrize("name", ["specialist dentist", "mayor", "nurse responsible for general care"])
def test_a_regulated_occupation_without_a_licensing_programme_is_out_of_reach(graph, driver, name):
    (refusal,) = plans(graph, driver, occupation(graph, name))
    assert not refusal.reachable
    assert "regulated" in refusal.explanation
    assert "Nearest goals within reach: " in refusal.explanation
    assert [each.kind for each in refusal.steps] == [StepKind.HELD]


def test_an_on_ramp_is_named_with_who_staffs_its_graduates(graph, driver):
    best = plans(graph, driver, graph.opportunities["opportunity:support-agent"])[0]
    (ramp,) = [each for each in best.steps if each.training is not None]
    assert ramp.kind is StepKind.ON_RAMP
    assert "An on-ramp: Linden Parcel (simulated) gives its graduates work as customer service" in ramp.why


def test_a_licence_is_a_step(graph, driver):
    best = plans(graph, driver, occupation(graph, "car driving instructor"))[0]
    (training,) = [each for each in best.steps if each.kind is StepKind.TRAINING]
    assert occupation(graph, "car driving instructor").id in training.training.licenses
    assert "Leads to what the occupation is regulated by: driving instructor licence." in training.why


def test_who_practises_a_regulated_occupation_needs_no_licence_for_it(graph, driver):
    best = plans(graph, driver, graph.opportunities["opportunity:airport-shuttle"])[0]
    assert [each.kind for each in best.steps] == [StepKind.HELD, StepKind.GOAL]
    assert (best.cost, best.hours) == (0, 0)


@pytest.mark.parametrize("name", ["logistics and distribution manager", "business consultant", "data analyst"])
def test_preparation_rises_one_level_at_a_time(graph, driver, name):
    goal = occupation(graph, name)
    found = plans(graph, driver, goal)
    assert all(each.reachable for each in found)
    for plan in found:
        zones = [2] + [zone_of(graph.occupations[each.occupation]) for each in plan.steps if each.occupation]
        assert zones[-1] == zone_of(goal)
        assert all(after <= before + 1 for before, after in pairwise(zones))


def test_the_long_way_to_consulting_is_told_with_its_cost(graph, driver):
    best = plans(graph, driver, graph.opportunities["opportunity:consultant"])[0]
    assert best.reachable
    assert [each.kind for each in best.steps].count(StepKind.EXPERIENCE) == 2
    assert best.hours > 1_500
    assert str(best.cost) in best.explanation


def test_every_step_can_be_taken_when_its_turn_comes(graph, driver, driver_who_designs):
    for holding in (driver, driver_who_designs):
        for target in graph.opportunities.values():
            for plan in plans(graph, holding, target, count=1):
                known = set(holding.held)
                for step in plan.steps:
                    if step.training is not None:
                        assert step.training.requires <= known, (target.id, step.title)
                        known |= step.training.teaches
                    if step.kind is StepKind.EXPERIENCE:
                        known |= graph.essential(step.occupation)
                assert not plan.reachable or target.required <= known


def test_plans_come_best_first_and_differ(graph, driver):
    found = plans(graph, driver, graph.opportunities["opportunity:logistics-coordinator"], count=5)
    assert len({tuple(each.title for each in plan.steps) for plan in found}) == len(found) > 1


@pytest.mark.parametrize("limits", [{"max_cost": Decimal(600)}, {"max_hours": 59}])
def test_limits_are_kept_or_refused_with_what_it_takes(graph, driver, limits):
    (refusal,) = plans(graph, driver, graph.opportunities["opportunity:night-dispatcher"], **limits)
    assert not refusal.reachable
    assert "60 hours and 620.00 EUR" in refusal.explanation


def test_without_evidence_the_answer_is_still_honest(graph, now):
    nobody = assess(graph, [], now)
    (refusal,) = plans(graph, nobody, graph.opportunities["opportunity:parcel-driver"])
    assert not refusal.reachable
    assert "No programme that can be begun here teaches drive vehicles, operate GPS systems." in refusal.explanation


def test_the_same_question_has_the_same_answer(graph, driver_who_designs):
    target = occupation(graph, "user interface designer")
    assert plans(graph, driver_who_designs, target) == plans(graph, driver_who_designs, target)


def test_every_step_says_why(graph, driver_who_designs):
    for plan in plans(graph, driver_who_designs, graph.opportunities["opportunity:ux-designer"]):
        assert all(each.why for each in plan.steps)


def test_what_would_be_done_without_a_programme_is_the_cheapest_of_all_others(graph, driver):
    pathfinder = Pathfinder(graph, driver)
    seen = 0
    for offered in list(graph.opportunities.values())[::4]:
        for route in pathfinder.routes(goal_of(graph, offered), Limits(), 2):
            for leg in route.legs:
                for programme in leg.cover.programmes:
                    found = pathfinder.without(leg, programme)
                    direct = cheapest_cover(
                        [each for each in pathfinder.programmes if each.id != programme.id],
                        Task(
                            held=leg.held,
                            wanted=leg.wanted,
                            tolerance=len(leg.cover.uncovered),
                            licence=pathfinder.licence_for(leg.occupation),
                            goal=leg.occupation.id,
                        ),
                    )
                    assert (found is None) == (direct is None)
                    assert found is None or found.objective == pytest.approx(direct.objective)
                    seen += found is not None
    assert seen
