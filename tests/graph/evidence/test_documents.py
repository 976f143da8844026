"""Pictures of pathways and documents of skills: well-formed, complete, harmless."""

import csv
import io
import json
import re
from copy import copy
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.evidence.profile_export import COLUMNS, csv_of, json_ld_of
from graph.pathways.picture import mermaid_of, svg_of
from graph.pathways.planning import find_plans
from graph.pathways.plans import goal_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def holding(graph, rides, contracts, now):
    return assess(graph, read_facts([{"evidence": [rides, contracts]}]), now)


def plan_to(graph, holding, opportunity):
    return find_plans(graph, holding, goal_of(graph, graph.opportunities[opportunity]))[0]


def test_a_picture_has_a_box_for_each_step_in_order(graph, holding):
    plan = plan_to(graph, holding, "opportunity:consultant")
    drawn = mermaid_of(plan)
    assert drawn.startswith("flowchart TD\n")
    assert drawn.count("-->") == len(plan.steps) - 1
    root = ET.fromstring(svg_of(plan))
    bold = [each.text for each in root.iter(f"{SVG}text") if each.get("font-weight")]
    assert len(list(root.iter(f"{SVG}rect"))) == len(plan.steps)
    assert " ".join(bold) == " ".join(each.title for each in plan.steps)
    assert root.get("aria-label") == plan.explanation


def test_a_long_title_is_bold_to_its_end_and_stays_in_its_box(graph, holding):
    plan = plan_to(graph, holding, "opportunity:night-dispatcher")
    title = "Mänsklig resursassistent: grunderna i anställningsrätt och löneadministration"
    plan = replace(plan, steps=(replace(plan.steps[0], title=title), *plan.steps[1:]))
    texts = list(ET.fromstring(svg_of(plan)).iter(f"{SVG}text"))
    bold = [each.text for each in texts if each.get("font-weight")]
    assert " ".join(bold).startswith(title)
    assert max(map(len, bold)) <= 33
    assert max(len(each.text) for each in texts) <= 38


def test_what_is_out_of_reach_is_drawn_as_such(graph, holding, now):
    plan = plan_to(graph, assess(graph, [], now), "opportunity:parcel-driver")
    assert "out of reach" in mermaid_of(plan)
    assert "out of reach" in svg_of(plan)


@pytest.mark.parametrize(
    "text", ['"]; click s0 "javascript:alert(1)"', "<script>alert(1)</script>", "a & b < c", "]]>", "x" * 300]
)
def test_texts_of_others_cannot_leave_their_box(graph, holding, text):
    plan = plan_to(graph, holding, "opportunity:night-dispatcher")
    plan = replace(plan, steps=(replace(plan.steps[0], title=text), *plan.steps[1:]), explanation=text)
    root = ET.fromstring(svg_of(plan))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {"svg", "defs", "marker", "path", "rect", "text"}
    box = next(line for line in mermaid_of(plan).splitlines() if line.strip().startswith("s0["))
    assert re.fullmatch(r'  s0\["[^"<>\[\];]*(?:#\d+;[^"<>\[\];]*|<br/>[^"<>\[\];]*)*"\]', box), box


def test_json_ld_names_skills_by_their_concepts_and_nobody(graph, holding, now):
    document = json.loads(json_ld_of(graph, holding, now))
    assert document["dateCreated"] == "2026-11-22T12:00:00Z"
    assert document["numberOfItems"] == len(document["itemListElement"]) == len(holding.skills)
    first = document["itemListElement"][0]
    assert first["item"]["@id"].startswith("http://data.europa.eu/esco/skill/")
    assert {each["@language"] for each in first["item"]["name"]} == {"en", "sv"}
    assert {each["name"] for each in first["additionalProperty"]} == {"proficiency", "low", "high"}


def test_json_ld_says_of_the_worker_what_is_theirs_and_of_the_concept_what_is_everybodys(graph, holding, now):
    document = json.loads(json_ld_of(graph, holding, now))
    for entry, held in zip(document["itemListElement"], holding.skills.values(), strict=True):
        assert entry["item"].keys() == {"@type", "@id", "inDefinedTermSet", "name"}
        assert {each["name"]: each["value"] for each in entry["additionalProperty"]} == {
            "proficiency": held.proficiency,
            "low": held.low,
            "high": held.high,
        }
    assert {document["@context"][each]["@type"] for each in ("inDefinedTermSet", "itemListOrder")} == {"@id"}


def test_csv_has_a_row_for_each_skill_and_no_formula(graph, holding):
    rows = list(csv.reader(io.StringIO(csv_of(graph, holding))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) - 1 == len(holding.skills)
    skill = next(iter(holding.skills))
    evil = replace(graph.skills[skill], labels={"en": '=HYPERLINK("http://x.example")'})

    altered = copy(graph)
    altered.skills = {**graph.skills, skill: evil}

    assert not [
        cell for row in csv.reader(io.StringIO(csv_of(altered, holding))) for cell in row if cell[:1] in "=+-@" and cell
    ]


PROFILE = """query ($r: [_Any!]!) { _entities(representations: $r) { ... on Worker {
  jsonLd: skillsProfile csv: skillsProfile(format: CSV)
  pathway(to: {opportunity: "opportunity:night-dispatcher"}) { picture svg: picture(format: SVG) }
} } }"""


def test_documents_are_in_the_schema(schema, run_async, rides):
    worker = {"__typename": "Worker", "id": "w", "accounts": [{"evidence": [rides]}]}
    result = run_async(schema.execute(PROFILE, variable_values={"r": [worker]}))
    assert result.errors is None
    (found,) = result.data["_entities"]
    assert json.loads(found["jsonLd"])["numberOfItems"] == found["csv"].count("\r\n") - 1
    assert found["pathway"][0]["picture"].startswith("flowchart TD")
    ET.fromstring(found["pathway"][0]["svg"])


def test_demand_and_links_are_in_the_schema(schema, run_async, graph):
    (skill,) = graph.skill_names.exactly("schedule and dispatch drivers")
    query = """query ($s: ID!, $t: String!, $m: Int) {
      demand(skill: $s, region: "SE-M", months: $m) {
        simulated months { month openings } forecast { method gain months { month value low high } errors { method } }
      }
      nowhere: demand(skill: $s, region: "XX") { region }
      unknown: demand(skill: "x") { region }
      unmetDemand(first: 2) { totalCount edges { node { skill { label } expected programmes score } } }
      skillsInText(text: $t, first: 1) { skill { label } confidence words }
    }"""
    values = {"s": skill, "t": "You will schedule and dispatch drivers", "m": 2}
    result = run_async(schema.execute(query, variable_values=values))
    assert result.errors is None
    demand = result.data["demand"]
    assert demand["months"][-1]["month"] == "2026-10"
    assert [each["month"] for each in demand["forecast"]["months"]] == ["2026-11", "2026-12"]
    assert demand["simulated"]
    assert result.data["nowhere"] is result.data["unknown"] is None
    assert len(result.data["unmetDemand"]["edges"]) == 2
    (link,) = result.data["skillsInText"]
    assert (link["skill"]["label"], link["words"]) == (
        "schedule and dispatch drivers",
        ["schedule", "and", "dispatch", "drivers"],
    )
    wrong = run_async(schema.execute(query, variable_values={**values, "m": 99}))
    assert [each.extensions for each in wrong.errors] == [{"code": "INVALID_ARGUMENT"}]
