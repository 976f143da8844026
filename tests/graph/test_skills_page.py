"""The worked example and the tables of docs/skills.md are what the code does."""

import json
import re
from datetime import UTC, datetime
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
from graph.pathways import cover, plans, worth
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
    assert f"plus {cover.LEARNING_AT_WORK:g} for every skill" in PAGE
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
