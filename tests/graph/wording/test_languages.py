"""Languages of explanations: a catalogue has every text, with the same placeholders; plans and skills speak it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import graph as package
from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.evidence.text import explain_skill
from graph.matching.model import WEIGHTS, Feature
from graph.matching.text import FEATURES, explain_match
from graph.model import Language
from graph.pathways.picture import json_of
from graph.pathways.planning import find_plans
from graph.pathways.plans import Conditions, goal_of
from graph.pathways.text import sort_skills
from graph.taxonomy.regulation import BY_ISCO, MARKED
from graph.wording import CATALOGS, words_in

PACKAGE = Path(package.__file__).parent
LANGUAGES = sorted(CATALOGS.glob("*.po"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
KEYWORDS = {"say": None, "mark": None, "count": (1, 2), "pair": (1, 2)}
ENGLISH = re.compile(r"\b(the|of|and|is|are|hours|skills|work|no|not|from)\b")
SWEDISH = words_in(Language.SV)
FEATURE = Feature(name="required_skills", value=0.5, weight=0.34)


def _texts(graph) -> Iterator[tuple[str, ...]]:
    for module in PACKAGE.rglob("*.py"):
        for _, message, *_rest in extract_from_file("python", str(module), keywords=KEYWORDS):
            yield (message,) if isinstance(message, str) else tuple(message)
    for text in (*BY_ISCO.values(), MARKED, *(each.regulation for each in graph.occupations.values())):
        if text is not None:
            yield (text,)


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_text_and_no_other(path, graph):
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    texts = {each[0] for each in _texts(graph)}
    told = {each.id[0] if isinstance(each.id, tuple) else each.id for each in catalog if each.id}
    assert told == texts
    for message in catalog:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for string in strings:
            assert string, message.id
            assert not message.id or set(PLACEHOLDER.findall(string)) == set(PLACEHOLDER.findall(ids[-1])), message.id


def test_a_text_without_translation_comes_back_in_english():
    assert SWEDISH.say("Nobody wrote %(this)s.", this="that") == "Nobody wrote that."
    assert words_in(None) is words_in(Language.EN)


def test_every_part_of_a_score_has_a_name():
    assert set(FEATURES) == set(WEIGHTS)


@pytest.fixture(scope="module")
def driver(graph, rides, now):
    return assess(graph, read_facts([{"evidence": [rides]}]), now)


def test_skills_are_explained_in_swedish(graph, driver):
    assert driver.skills
    for held in driver.skills.values():
        told = explain_skill(graph, held, SWEDISH)
        assert re.search(r"Omkring \d+ timmar .* Uppskattning 0,\d\d, mellan 0,\d\d och 0,\d\d", told)
        assert not _english(told, graph), told
        assert "som taxiförare" in told


def test_platforms_are_called_what_they_call_themselves(graph, driver):
    held = next(iter(driver.skills.values()))
    named = graph.with_market(replace(graph.market, names={"uber": "Uber (simulated)"}))
    assert "rides at Uber (simulated) as" in explain_skill(named, held)
    assert " hos Uber (simulated) " in explain_skill(named, held, SWEDISH)
    assert " hos uber " in explain_skill(graph, held, SWEDISH), "as it goes by here, where no connector is"


def test_plans_refusals_and_their_pictures_are_in_swedish(graph, driver, now):
    told = []
    for offered in list(graph.opportunities.values())[::6]:
        for place in (None, "Luleå"):
            goal, conditions = goal_of(graph, offered), Conditions(place=place, languages=frozenset({"de"}))
            (plan, *_) = find_plans(graph, driver, goal, conditions=conditions, count=1, now=now, words=SWEDISH)
            told += [plan.explanation, *(step.why for step in plan.steps), *drawn(plan)]
        told.append(
            explain_match(graph, offered, sort_skills(graph, offered.required), [FEATURE], MARKED, words=SWEDISH)
        )
    assert [each for each in told if _english(each, graph)] == []


def drawn(plan):
    return [line for node in json.loads(json_of(plan, SWEDISH))["nodes"] for line in node["lines"]]


def _english(text: str, graph) -> bool:
    """Whether a text has English in it, beside what training and work are called, which nobody translates."""
    nodes = (*graph.skills.values(), *graph.occupations.values())
    offered = (*graph.training.values(), *graph.opportunities.values())
    names = {each.title for each in offered} | {each.labels.get("sv", each.name) for each in nodes}
    names |= {each.provider.name for each in graph.training.values()}
    found = re.sub(r"<[^>]*>", " ", text)
    for name in sorted((name for name in names if name in text), key=len, reverse=True):
        found = found.replace(name, " ")
    return ENGLISH.search(found) is not None
