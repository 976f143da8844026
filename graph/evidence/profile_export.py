"""A worker's skills as a document to take along: JSON-LD (schema.org and ESCO) and CSV. Names nobody."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

from graph.evidence.estimate import HELD, HeldSkill, Holding
from graph.evidence.text import explain_skill
from graph.model import Language
from graph.taxonomy.graph import SkillGraph

SCHEME = "http://data.europa.eu/esco/concept-scheme/skills"
CONTEXT = {
    "@vocab": "https://schema.org/",
    "esco": "http://data.europa.eu/esco/model#",
    "dateCreated": {"@type": "https://schema.org/DateTime"},
    "inDefinedTermSet": {"@type": "@id"},
    "itemListOrder": {"@type": "@id"},
}
COLUMNS = ("uri", "label", "label_sv", "proficiency", "low", "high", "held", "platforms", "explanation")


def json_ld_of(graph: SkillGraph, holding: Holding, now: datetime) -> str:
    """Return the skills as an `ItemList` of `DefinedTerm`s, best supported first."""
    document = {
        "@context": CONTEXT,
        "@type": "ItemList",
        "dateCreated": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "numberOfItems": len(holding.skills),
        "itemListOrder": "https://schema.org/ItemListOrderDescending",
        "itemListElement": [_item(graph, place, each) for place, each in enumerate(holding.skills.values(), 1)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def csv_of(graph: SkillGraph, holding: Holding) -> str:
    """Return the skills as CSV (RFC 4180), best supported first. No cell is a formula to a spreadsheet."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in holding.skills.values():
        skill = graph.skills[each.skill]
        row = (
            skill.uri or skill.id,
            skill.name,
            skill.labels.get(Language.SV, ""),
            f"{each.proficiency:.4f}",
            f"{each.low:.4f}",
            f"{each.high:.4f}",
            "yes" if each.proficiency >= HELD else "no",
            " ".join(_platforms(each)),
            explain_skill(graph, each),
        )
        writer.writerow(_harmless(cell) for cell in row)
    return out.getvalue()


def _item(graph: SkillGraph, place: int, held: HeldSkill) -> dict[str, object]:
    """Return a skill held. What is said of the worker stands in the item, not in the concept, which is everybody's."""
    skill = graph.skills[held.skill]
    numbers = {"proficiency": held.proficiency, "low": held.low, "high": held.high}
    return {
        "@type": "ListItem",
        "position": place,
        "item": {
            "@type": ["DefinedTerm", "esco:Skill"],
            "@id": skill.uri or skill.id,
            "inDefinedTermSet": SCHEME,
            "name": [{"@language": language, "@value": label} for language, label in sorted(skill.labels.items())],
        },
        "description": explain_skill(graph, held),
        "additionalProperty": [
            {"@type": "PropertyValue", "name": name, "value": value, "minValue": 0, "maxValue": 1}
            for name, value in numbers.items()
        ],
    }


def _platforms(held: HeldSkill) -> Iterator[str]:
    yield from sorted({each.fact.platform for each in held.sources})


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
