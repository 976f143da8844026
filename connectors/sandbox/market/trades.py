"""Occupations as the simulated market knows them: what they ask for, and how much preparation they take."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

__all__ = ["Trade", "trades"]

_OCCUPATION = "http://data.europa.eu/esco/occupation/"
_SKILL = "http://data.europa.eu/esco/skill/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One occupation: its skills by label with their URIs, those that are welcome, and the licence that it takes."""

    title: str
    uri: str
    zone: int
    licence: str | None
    skills: Mapping[str, str]
    welcome: Mapping[str, str]


@cache
def trades() -> tuple[Trade, ...]:
    """Return all occupations, by title."""
    text = (files(__package__) / "trades.csv").read_text(encoding="utf-8")
    return tuple(
        Trade(
            title=row["title"],
            uri=_OCCUPATION + row["occupation"],
            zone=int(row["zone"]),
            licence=row["licence"] or None,
            skills=_skills(row["skills"]),
            welcome=_skills(row["welcome"]),
        )
        for row in csv.DictReader(StringIO(text, newline=""))
    )


def _skills(cell: str) -> Mapping[str, str]:
    pairs = (each.rpartition("=") for each in cell.split("|") if each)
    return {label: _SKILL + code for label, _, code in pairs}
