"""*My skills and paths*: what is asked as the worker, how the answer is read, and that a picture cannot act."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

import consent
from consent.pages.skills import ShownStep, goal_of, harmless_svg, read_skills, skills_query
from tests.consent.pages.test_preview import Gateway

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" role="img" aria-label="way">'
    '<defs><marker id="tip"><path d="M0 0z" fill="#555"/></marker></defs>'
    '<path d="M1 1V2" marker-end="url(#tip)"/><rect x="1" width="4" fill="#e8f0e4"/>'
    '<text x="2" y="3">A &lt;b&gt;</text></svg>'
)
NOTHING_KNOWN = "Nothing is known of your work, so this order says little yet."
SKILL = {
    "skill": {"label": "drive vehicles"},
    "proficiency": 0.567,
    "low": 0.5,
    "high": 0.634,
    "explanation": "120 rides at uber.",
    "sources": [{"platform": "uber"}, {"platform": "uber"}],
}
OPENING = {
    "score": 0.88,
    "explanation": "2 of 3 required skills are held.",
    "opportunity": {
        "id": "opportunity:shuttle",
        "title": "Shuttle driver",
        "organization": "Hotel <i>X</i>",
        "place": "Malmö",
        "remote": False,
        "simulated": True,
        "pay": {"min": "19.50", "max": "22.00", "currency": "EUR", "per": "HOUR"},
    },
}
PATHWAY = {
    "reachable": True,
    "explanation": "One course away.",
    "totalHours": 8,
    "totalCost": {"amount": "90.00", "currency": "EUR"},
    "target": {"opportunity": {"title": "Shuttle driver", "organization": "Hotel X"}, "occupation": None},
    "steps": [
        {
            "kind": "TRAINING",
            "title": "First aid",
            "hours": 8,
            "cost": {"amount": "90.00", "currency": "EUR"},
            "why": "It teaches first aid.",
        },
        {
            "kind": "GOAL",
            "title": "Shuttle driver",
            "hours": 0,
            "cost": {"amount": "0.00", "currency": "EUR"},
            "why": "Ready.",
        },
    ],
    "picture": SVG,
}


def skills_answer(**changes: Any) -> Mapping[str, Any]:
    """What the gateway answers about a worker's skills."""
    worker = {
        "skills": [SKILL],
        "opportunities": {"totalCount": 1, "edges": [{"node": OPENING}]},
        "pathway": [PATHWAY],
    } | changes
    return {"viewer": {"worker": worker}}


@pytest.mark.parametrize("goal", [None, {"opportunity": "opportunity:shuttle"}, {"occupation": "esco:1"}])
def test_the_query_fits_the_schema(goal: Mapping[str, str] | None) -> None:
    schema = build_schema((Path(consent.__file__).parents[1] / "schema.graphql").read_text())
    query, variables = skills_query(goal, "sv")
    assert validate(schema, parse(query)) == []
    assert variables == {"language": "SV"} | ({} if goal is None else {"goal": goal})


@pytest.mark.parametrize("text", ["", "x", "opportunity:", "worker:1", "opportunity:a b", "opportunity:" + "x" * 201])
def test_a_goal_that_is_none_is_no_goal(text: str) -> None:
    assert goal_of(text) is None


def test_an_answer_is_read() -> None:
    own = read_skills(Gateway(skills_answer()))
    assert own.skills is not None
    assert own.openings is not None
    assert own.pathway is not None
    assert (own.skills[0].percent, own.skills[0].low, own.skills[0].platforms) == (57, 50, ("uber",))
    assert (own.openings[0].pay, own.openings[0].percent, own.openings[0].goal) == (
        "19.50–22.00 EUR",
        88,
        "opportunity:opportunity:shuttle",
    )
    assert goal_of(own.openings[0].goal) == {"opportunity": "opportunity:shuttle"}
    assert own.pathway.steps == (
        ShownStep(title="First aid", why="It teaches first aid.", hours=8, cost="90.00 EUR"),
        ShownStep(title="Shuttle driver", why="Ready.", hours=0, cost=None),
    )
    assert own.pathway.picture == SVG


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"viewer": None},
        {"viewer": {"worker": None}},
        skills_answer(skills=None, opportunities=None, pathway=None),
    ],
)
def test_what_could_not_be_worked_out_is_none(data: Mapping[str, Any] | None) -> None:
    own = read_skills(Gateway(data))
    assert (own.skills, own.openings, own.pathway) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        SVG.replace("<rect", "<script>alert(1)</script><rect"),
        SVG.replace("<rect", '<rect onclick="alert(1)"'),
        SVG.replace("<rect", '<a href="https://evil.example"/><rect'),
        SVG.replace("<rect", '<rect style="background:url(https://evil.example)"'),
        SVG.replace('fill="#e8f0e4"', 'fill="url(https://evil.example/x)"'),
        SVG.replace("<rect", "<foreignObject><p>x</p></foreignObject><rect"),
        SVG.replace("<rect", '<image href="https://evil.example/x.png"/><rect'),
        '<!DOCTYPE svg [<!ENTITY a "aa">]>' + SVG,
        "<p>not a picture</p>",
        "<svg",
        "",
    ],
)
def test_a_picture_that_could_act_is_left_out(text: str) -> None:
    assert harmless_svg(text) is None
    assert harmless_svg(SVG) == SVG


def test_the_page_shows_skills_openings_and_the_way(make_site: Any) -> None:
    gateway = Gateway(skills_answer())
    site = make_site(read_own=gateway.read)
    site.sign_in()
    assert 'href="/me/skills"' in site.browser.get("/me").text
    page = site.browser.get("/me/skills?goal=opportunity:opportunity:shuttle")
    for words in (
        "drive vehicles",
        "120 rides at uber.",
        "Shuttle driver",
        "Hotel &lt;i&gt;X&lt;/i&gt;",
        "19.50–22.00 EUR an hour",
        "2 of 3 required skills are held.",
        "An example, not a real opening",
        "The way to: Shuttle driver, Hotel X",
        "8 hours",
        "It teaches first aid.",
        SVG,
    ):
        assert words in page.text, words
    assert NOTHING_KNOWN not in page.text
    ((worker, _, variables),) = gateway.asked
    assert (worker, variables["goal"], gateway.acknowledged) == (site.alex, {"opportunity": "opportunity:shuttle"}, 1)
    assert "unsafe" not in page.headers["content-security-policy"]


def test_amounts_are_written_as_in_the_pages_language(make_site: Any) -> None:
    site = make_site(read_own=Gateway(skills_answer()).read)
    site.sign_in()
    page = site.browser.get("/me/skills?goal=opportunity:opportunity:shuttle", headers={"accept-language": "sv"}).text
    assert "19,50–22,00 EUR" in page
    assert page.count("90,00 EUR") == 2
    assert "90.00" not in page


def test_the_page_says_what_is_missing(make_site: Any) -> None:
    site = make_site(read_own=Gateway(skills_answer(skills=[], opportunities=None, pathway=None)).read)
    site.sign_in()
    page = site.browser.get("/me/skills?goal=occupation:x").text
    for words in (
        "This goal is not there any more, or no way",
        "show no gigs that a skill",
        "could not be matched just now",
    ):
        assert words in page, words
    for account in site.accounts.accounts:
        account.health = "not_linked"
    assert "Link a platform, and your skills appear here." in site.browser.get("/me/skills").text


def test_an_order_that_rests_on_nothing_says_so(make_site: Any) -> None:
    site = make_site(read_own=Gateway(skills_answer(skills=[])).read)
    site.sign_in()
    assert NOTHING_KNOWN in site.browser.get("/me/skills").text


def test_without_a_gateway_there_is_no_such_page(site: Any) -> None:
    site.sign_in()
    assert site.browser.get("/me/skills").status_code == 404
    assert "/me/skills" not in site.browser.get("/me").text


def test_work_that_shows_no_skill_is_named_with_its_reason(make_site: Any) -> None:
    why = "31 sponsorships at github_sponsors are income: no skill is claimed of them."
    answer = skills_answer(unclaimed=[{"explanation": why}])
    site = make_site(read_own=Gateway(answer).read)
    site.sign_in()
    page = site.browser.get("/me/skills").text
    assert "Work that shows no skill" in page
    assert why in page
