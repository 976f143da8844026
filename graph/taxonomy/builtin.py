"""Reads the built-in taxonomy and market of `graph.data` into a graph."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

from graph.model import (
    Language,
    Market,
    Month,
    Occupation,
    OccupationId,
    Opportunity,
    OpportunityId,
    Pay,
    PayPeriod,
    Posting,
    Provider,
    Skill,
    SkillId,
    Training,
    TrainingId,
    TrainingMode,
)
from graph.taxonomy.esco import concept_id
from graph.taxonomy.graph import Relation, SkillGraph, SkillGraphBuilder


@cache
def load_builtin() -> SkillGraph:
    """Return the graph of the built-in data. It is read once a process."""
    builder = SkillGraphBuilder()
    _add_taxonomy(builder)
    return builder.build().with_market(_market())


def _market() -> Market:
    """Return the built-in providers' programmes, organizations' opportunities and counts of past openings."""
    providers = {
        each["id"]: Provider(id=each["id"], name=each["name"], simulated=each["simulated"])
        for each in _json("providers.json")
    }
    training, opportunities = list[Training](), list[Opportunity]()
    for each in _json("training.json"):
        training.append(
            Training(
                id=TrainingId(each["id"]),
                title=each["title"],
                provider=providers[each["provider"]],
                teaches=_skills(each["teaches"]),
                requires=_skills(each["requires"]),
                licenses=frozenset(OccupationId(concept_id(code)) for code in each["licenses"].values()),
                staffs=frozenset(OccupationId(concept_id(code)) for code in each["staffs"].values()),
                staffed_by=each["staffed_by"],
                hours=each["hours"],
                cost=Decimal(each["cost"]),
                currency=each["currency"],
                mode=TrainingMode(each["mode"]),
                certificate=each["certificate"],
            )
        )
    for each in _json("opportunities.json"):
        pay, (occupation,) = each["pay"], each["occupation"].values()
        opportunities.append(
            Opportunity(
                id=OpportunityId(each["id"]),
                title=each["title"],
                organization=each["organization"],
                occupation=OccupationId(concept_id(occupation)),
                required=_skills(each["required"]),
                preferred=_skills(each["preferred"]),
                place=each["place"] or None,
                remote=each["remote"],
                pay=Pay(
                    min=Decimal(pay["min"]),
                    max=Decimal(pay["max"]),
                    currency=pay["currency"],
                    per=PayPeriod(pay["per"]),
                ),
                posted_at=_day(each["posted_at"]),
                closes_at=_day(each["closes_at"]) if each["closes_at"] else None,
                simulated=each["simulated"],
            )
        )
    return Market(
        training=tuple(training),
        opportunities=tuple(opportunities),
        postings=tuple(_posting(row) for row in _rows("market/postings.csv")),
    )


def _posting(row: Mapping[str, str]) -> Posting:
    return Posting(
        month=Month.parse(row["month"]),
        region=row["region"],
        occupation=OccupationId(concept_id(row["occupation"])),
        openings=int(row["openings"]),
        simulated=True,
    )


def _add_taxonomy(builder: SkillGraphBuilder) -> None:
    for row in _rows("esco/skills.csv"):
        builder.add_skill(
            Skill(
                id=SkillId(concept_id(row["uri"])),
                uri=row["uri"],
                labels=_labels(row),
                synonyms={Language.EN: _split(row["synonyms_en"])},
                description=row["description"],
                is_knowledge=row["kind"] == "knowledge",
            ),
            broader=[SkillId(concept_id(uri)) for uri in _split(row["broader"])],
        )
    for row in _rows("esco/occupations.csv"):
        builder.add_occupation(
            Occupation(
                id=OccupationId(concept_id(row["uri"])),
                uri=row["uri"],
                isco=row["isco"],
                labels=_labels(row),
                synonyms={Language.EN: _split(row["synonyms_en"]), Language.SV: _split(row["synonyms_sv"])},
                description=row["description"],
                job_zone=int(row["job_zone"]),
                regulation=row["regulation"] or None,
            )
        )
    for row in _rows("esco/occupation_skills.csv"):
        builder.relate(
            OccupationId(concept_id(row["occupation"])), Relation(row["relation"]), SkillId(concept_id(row["skill"]))
        )
    for row in _rows("terms.csv"):
        builder.add_term(row["term"], SkillId(concept_id(row["skill"])))


def _labels(row: Mapping[str, str]) -> dict[str, str]:
    labels: dict[str, str] = {Language.EN: row["label_en"]}
    if row["label_sv"]:
        labels[Language.SV] = row["label_sv"]
    return labels


def _skills(named: Mapping[str, str]) -> frozenset[SkillId]:
    return frozenset(SkillId(concept_id(code)) for code in named.values())


def _split(cell: str) -> tuple[str, ...]:
    return tuple(each for each in cell.split("|") if each)


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _rows(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(StringIO((files("graph.data") / name).read_text(encoding="utf-8"), newline=""))


def _json(name: str) -> list[Any]:
    loaded: list[Any] = json.loads((files("graph.data") / "market" / name).read_text(encoding="utf-8"))
    return loaded
