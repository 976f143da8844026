"""The worked example and the tables of docs/skills.md are what the code does."""

import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from graph.evidence import estimate as evidence
from graph.evidence import relevance
from graph.evidence.facts import read_facts
from graph.evidence.usual_ratings import UNKNOWN, usual_ratings
from graph.market import demand, forecast
from graph.market import words as market_words
from graph.matching import model as matching
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile
from graph.matching.worker_index import judge
from graph.model import Pay, PayPeriod
from graph.pathways import plans, task, worth
from graph.pathways import search as pathways
from graph.pathways.planning import find_plans

PAGE = (Path(__file__).parent.parent.parent / "docs" / "skills.md").read_text(encoding="utf-8")


def test_the_example_by_hand_is_what_is_computed(graph):
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    holding = evidence.assess(
        graph, read_facts([{"evidence": [json.loads(example)]}]), datetime(2026, 11, 22, tzinfo=UTC)
    )
    (skill,) = graph.skill_names.exactly("drive in urban areas")
    held = holding.skills[skill]
    assert f"`proficiency` {held.proficiency}, `low` {held.low}, `high` {held.high}" in PAGE
    assert f"= **{held.hours:.1f}** count" in PAGE
    assert f"= **{held.quality:.3f}**" in PAGE
    assert f"**{held.proficiency:.3f}**" in PAGE


def test_the_steps_of_the_example_are_those_of_the_page():
    """Each step as the page does it, with its numbers alone."""
    recent, older = 500 * 2 ** (-30 / 1095.75), 300 * 2 ** (-365 / 1095.75)
    exposure = (recent + older) * 0.4
    hours = 300 * (recent + older) / 800
    rating = min(1.0, 200 / 220 * (0.975 - 0.9475) / 0.025)
    completion = ((800 + 38) / (820 + 40) - 0.95) / 0.1
    quality = 0.75 * rating + 0.25 * completion
    level = 0.2 + 0.75 * hours / (hours + 200) * (1 + 0.2 * quality)
    prior, seen = 1 / 0.12**2, 40 * math.log2(1 + exposure / 4)
    estimate = (prior * 0.2 + seen * level) / (prior + seen)
    for number in (
        f"= {recent:.1f} + {older:.1f} = **{recent + older:.1f}**",
        f"N = 728.7 · 0.4 = **{exposure:.1f}**",
        f"X = 300 · 728.7 / 800 = **{hours:.1f}**",
        f"(0.975 − 0.9475)/0.025 = **{rating:.3f}**",
        f"(0.9744 − 0.95)/0.1 = {completion:.3f}",
        f"= **{quality:.3f}**",
        f"= **{level:.3f}**",
        f"a precision of {prior:.1f}",
        f"= {seen:.1f}. Combined",
        f"/{prior + seen:.1f} = **{estimate:.3f}**",
        f"± 1.2816/√{prior + seen:.1f} = ± **{1.2816 / math.sqrt(prior + seen):.3f}**",
    ):
        assert number in PAGE, number


def test_the_example_is_what_the_api_answers(schema, run_async):
    """The clock of the tests' schema stands at the day of the example."""
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    worker = {"__typename": "Worker", "id": "w", "accounts": [{"evidence": [json.loads(example)]}]}
    query = """query ($r: [_Any!]!) { _entities(representations: $r) { ... on Worker {
        skills { skill { label } proficiency low high }
        pathway(to: {opportunity: "opportunity:night-dispatcher"}, first: 1) { objective bound totalHours } } } }"""
    result = run_async(schema.execute(query, variable_values={"r": [worker]}))
    assert not result.errors
    (answer,) = result.data["_entities"]
    (held,) = [each for each in answer["skills"] if each["skill"]["label"] == "drive in urban areas"]
    assert f"`proficiency` {held['proficiency']}, `low` {held['low']}, `high` {held['high']}" in PAGE
    assert answer["pathway"] == [{"objective": 1340.0, "bound": 1340.0, "totalHours": 60}]


def test_the_match_by_hand_is_what_is_computed(graph):
    """Three equally rare skills of one occupation, one programme for the third, and the worker of the page."""
    occupation = next(
        each for each in graph.occupations.values() if each.regulation is None and len(_rare(graph, each.id)) >= 3
    )
    first, second, third = _rare(graph, occupation.id)[:3]
    work = replace(
        next(iter(graph.opportunities.values())),
        occupation=occupation.id,
        required=frozenset((first, second, third)),
        preferred=frozenset(),
        place="Malmö",
        remote=False,
        hours_per_week=40,
        pay=Pay(min=Decimal(16), max=Decimal(20), currency="EUR", per=PayPeriod.HOUR),
    )
    course = replace(next(iter(graph.training.values())), hours=40, teaches=frozenset([third]), requires=frozenset())
    market = graph.with_market(replace(graph.market, training=(course,), opportunities=(work,)))
    profile = Profile(
        low={first: 0.6, second: 0.5},
        held=frozenset((first, second)),
        practice={occupation.id: 300.0},
        performance=0.4 * 200 / 240,
        preferences=Preferences(place="Lund", hours_per_week=20, least_pay=18.0, currency="EUR"),
    )
    match = judge(market, profile, work)
    values = {each.name: each.value for each in match.features}
    for name, text in (
        ("place", "`place` = 2^(−15.6/30) = {:.2f};"),
        ("hours", "`hours` = 20/40 = {:.1f};"),
        ("pay", "`pay` = (20 − 18)/(20 − 16) = {:.1f};"),
        ("performance", "`performance` = 0.5 + 0.5 · 0.4 · 200/240 = {:.2f}."),
        ("required_skills", "`required_skills` = {:.2f},"),
        ("required_held", "`required_held` = {:.2f}."),
        ("within_reach", "`within_reach` = e^(−40/120) = {:.2f}."),
        ("occupation", "300/400 = {:.2f}."),
    ):
        assert text.format(values[name]) in PAGE, (name, values[name])
    assert values["preferred_skills"] == 1
    assert f"Malmö, {-30 * math.log2(values['place']):.1f} km away" in PAGE
    assert f"= **{match.score:.2f}**" in PAGE


def _rare(graph, occupation):
    """Skills of an occupation that no other has."""
    return [each for each in sorted(graph.essential(occupation)) if len(graph.occupations_with(each)) == 1]


def test_the_usual_ratings_are_those_of_the_page():
    shown = re.findall(r"^\| .* \| .*, (\d+) to (\d+) \| ([\d.]+) \| ([\d.]+) \| `([A-Z]+)`", PAGE, re.MULTILINE)
    of_page = []
    for *numbers, basis in shown:
        worst, best, usual, spread = map(float, numbers)
        of_page.append((round((usual - worst) / (best - worst), 6), round(spread / (best - worst), 6), basis))
    rows = usual_ratings().values()
    assert of_page == [(round(each.mean, 6), round(each.spread, 6), each.basis.value) for each in rows]
    assert f"| {UNKNOWN.mean:g} of the scale | {UNKNOWN.spread:g} of the scale | `UNKNOWN`" in PAGE


@pytest.mark.parametrize("name", matching.WEIGHTS)
def test_the_weights_are_those_of_the_page(name):
    (weight,) = re.findall(rf"^\| `{name}` \| .* \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    assert float(weight) == matching.WEIGHTS[name]


def test_the_constants_are_those_of_the_page():
    shown = [f"| {value:g} |" for value in (relevance.ESSENTIAL, relevance.NAMED, relevance.OPTIONAL)]
    assert all(each in PAGE for each in shown)
    assert f"From {evidence.HELD:g} on" in PAGE
    assert f"a job held for {pathways.EXPERIENCE_HOURS} hours" in PAGE
    assert f"plus {worth.HOUR_VALUE:g} for every hour" in PAGE
    assert f"plus {task.LEARNING_AT_WORK:g} for every skill" in PAGE
    assert (
        f"plus {pathways.CHANGE_OF_JOB:,.0f} for a change of job and up to {pathways.CHANGE_OF_FIELD:,.0f} more" in PAGE
    )
    assert f"a fifth (at most {plans.MOST_AT_WORK})" in PAGE
    assert plans.WORK_SHARE == 1 / 5
    assert f"e^(−h/{matching.REACH_HOURS:g})" in PAGE
    assert evidence.HALF_LIFE.total_seconds() / 86_400 == 1095.75


def test_the_plan_by_hand_is_what_is_computed(graph):
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    holding = evidence.assess(graph, read_facts([{"evidence": [json.loads(example)]}]), now)
    target = graph.opportunities["opportunity:night-dispatcher"]
    best = find_plans(graph, holding, plans.goal_of(graph, target), now=now)[0]
    (step,) = [each for each in best.steps if each.training]
    assert not target.required & holding.held
    assert f"*{target.title}*, which requires four skills" in PAGE
    assert f"*{step.title}*, teaches all four; it takes {step.hours} hours and {step.cost} EUR" in PAGE
    assert f"60 · 12 = **{step.forgone}**" in PAGE
    assert best.objective == best.bound
    assert f"620 + 720 = **{best.objective:.0f}**" in PAGE


def test_the_forecast_by_hand_is_what_is_computed():
    (expected,) = forecast.METHODS["sba"](np.array([0, 0, 4, 0, 0, 2], float), 1)
    assert f"= **{expected:.4f}**" in PAGE
    assert f"smoothing {forecast.SMOOTHING:g}" in PAGE
    assert f"= **{expected * 20 / 2:.1f}**" in PAGE
    assert demand.LEADS_THERE == 1 / 4


def test_the_least_confidences_are_those_of_the_page():
    assert f"links below {market_words.SURE:g} are not made" in PAGE
    assert f"less than {market_words.SURE_TITLE:g} like" in PAGE
