"""A worker's skills and ways on, as the page asks for them and reads the answer. Pure: data in, values out.

Asked of the gateway as the worker (purpose `self`), so what the page shows is what the graph would tell, and every
platform that is read for it stands in the access log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree

from consent.pages.preview import OwnAnswer

_SKILLS: Final = (
    "skills { skill { label(language: $language) } proficiency low high explanation(language: $language) "
    "sources { platform } } unclaimed { explanation(language: $language) }"
)
_OPENINGS: Final = (
    "opportunities(first: 6) { totalCount edges { node { score explanation(language: $language) "
    "opportunity { id title organization place remote simulated pay { min max currency per } } } } }"
)
_PATHWAY: Final = (
    "pathway(to: $goal, first: 1, language: $language) { "
    "reachable explanation totalHours totalCost { amount currency } "
    "target { opportunity { title organization } occupation { label(language: $language) } } "
    "steps { kind title hours cost { amount currency } why } picture(format: SVG) }"
)
_GOAL: Final = re.compile(r"(opportunity|occupation):([\w.:/-]{1,200})", re.ASCII)
_SVG: Final = "{http://www.w3.org/2000/svg}"
_TAGS: Final = frozenset(_SVG + name for name in ("svg", "defs", "marker", "path", "rect", "text", "g", "title"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSkill:
    """A skill with how sure it is, in percent, and why."""

    label: str
    percent: int
    low: int
    high: int
    platforms: tuple[str, ...]
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOpening:
    """An opportunity near to what the worker can do. `goal` is what to ask the way to it by."""

    goal: str
    title: str
    organization: str
    place: str | None
    is_remote: bool
    is_simulated: bool
    pay: str
    per: str
    percent: int
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step on the way."""

    title: str
    why: str
    hours: int
    cost: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPathway:
    """The way to a goal. `picture` is SVG without anything that acts, or None."""

    goal: str
    is_reachable: bool
    explanation: str
    hours: int
    cost: str | None
    steps: tuple[ShownStep, ...]
    picture: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSkills:
    """What the page shows. None: it could not be worked out just now."""

    skills: tuple[ShownSkill, ...] | None
    openings: tuple[ShownOpening, ...] | None
    pathway: ShownPathway | None
    unclaimed: tuple[str, ...] = ()
    """Why some work shows no skill."""


def goal_of(text: str) -> Mapping[str, str] | None:
    """Return `kind:id` as the argument that it means; None for anything else."""
    found = _GOAL.fullmatch(text)
    return None if found is None else {found[1]: found[2]}


def skills_query(goal: Mapping[str, str] | None, locale: str) -> tuple[str, Mapping[str, Any]]:
    """Return the query and its variables; with `goal`, it asks for the way there too."""
    language = "SV" if locale == "sv" else "EN"
    more = "" if goal is None else f" {_PATHWAY}"
    variables = "$language: Language!" + ("" if goal is None else ", $goal: PathwayTarget!")
    query = f"query Skills({variables}) {{ viewer {{ worker {{ {_SKILLS} {_OPENINGS}{more} }} }} }}"
    return query, {"language": language} | ({} if goal is None else {"goal": goal})


def read_skills(answer: OwnAnswer) -> OwnSkills:
    """Return what an answer says."""
    worker = ((answer.data or {}).get("viewer") or {}).get("worker") or {}
    skills, openings, ways = worker.get("skills"), worker.get("opportunities"), worker.get("pathway")
    return OwnSkills(
        skills=None if skills is None else tuple(_skill(each) for each in skills),
        openings=None if openings is None else tuple(_opening(each["node"]) for each in openings["edges"]),
        pathway=_pathway(ways[0]) if ways else None,
        unclaimed=tuple(each["explanation"] for each in worker.get("unclaimed") or ()),
    )


def harmless_svg(text: str) -> str | None:
    """Return `text` if it is an SVG drawing and nothing else: no script, link, style, handler, or foreign content."""
    if "<!" in text or "<?" in text:
        return None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except ElementTree.ParseError:
        return None
    return text if all(element.tag in _TAGS and not any(_acts(element)) for element in root.iter()) else None


def _acts(element: ElementTree.Element) -> Iterator[bool]:
    for name, value in element.attrib.items():
        name = name.rpartition("}")[2].lower()
        yield name.startswith("on") or name in {"href", "style"} or ("(" in value and value != "url(#tip)")


def _skill(entry: Mapping[str, Any]) -> ShownSkill:
    return ShownSkill(
        label=entry["skill"]["label"],
        percent=_percent(entry["proficiency"]),
        low=_percent(entry["low"]),
        high=_percent(entry["high"]),
        platforms=tuple(dict.fromkeys(source["platform"] for source in entry["sources"])),
        explanation=entry["explanation"],
    )


def _opening(entry: Mapping[str, Any]) -> ShownOpening:
    opportunity, pay = entry["opportunity"], entry["opportunity"]["pay"]
    return ShownOpening(
        goal=f"opportunity:{opportunity['id']}",
        title=opportunity["title"],
        organization=opportunity["organization"],
        place=opportunity["place"],
        is_remote=opportunity["remote"],
        is_simulated=opportunity["simulated"],
        pay=f"{pay['min']}–{pay['max']} {pay['currency']}"
        if pay["min"] != pay["max"]
        else f"{pay['min']} {pay['currency']}",
        per=pay["per"],
        percent=_percent(entry["score"]),
        explanation=entry["explanation"],
    )


def _pathway(entry: Mapping[str, Any]) -> ShownPathway:
    opportunity, occupation = entry["target"]["opportunity"], entry["target"]["occupation"]
    named = f"{opportunity['title']}, {opportunity['organization']}" if opportunity else occupation["label"]
    return ShownPathway(
        goal=named,
        is_reachable=entry["reachable"],
        explanation=entry["explanation"],
        hours=entry["totalHours"],
        cost=_money(entry["totalCost"]),
        steps=tuple(_step(step) for step in entry["steps"]),
        picture=harmless_svg(entry["picture"].strip()),
    )


def _step(step: Mapping[str, Any]) -> ShownStep:
    return ShownStep(title=step["title"], why=step["why"], hours=step["hours"], cost=_money(step["cost"]))


def _money(money: Mapping[str, str]) -> str | None:
    return f"{money['amount']} {money['currency']}" if money["amount"].strip("0.") else None


def _percent(share: float) -> int:
    return round(100 * share)
