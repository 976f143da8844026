"""Reads judgements of how alike occupations are, whoever made them, and says how well a measure agrees.

A CSV (comma, semicolon or tab; UTF-8) of two occupations and a score, in this order or under names of these kinds:

    occupation_a, occupation_b, score         (also: source/target, from/to, occupation1/occupation2, left/right,
                                               uri_1/uri_2, label_1/label_2; similarity, rating, feasibility, judgement)

An occupation is an ESCO URI, its last part (the UUID), our id (`esco:…`), or a label in any case. A higher score means
more alike. Rows with an occupation that the taxonomy does not have are left out and counted. Without a score column
every pair is a related one.
"""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from graph.model import OccupationId
from graph.taxonomy.graph import SkillGraph

_ONE = re.compile(
    r"(occupation|uri|code|id|label|title|concept|esco)?_?(a|1|one|source|from|left|origin|query)\b", re.I
)
_OTHER = re.compile(
    r"(occupation|uri|code|id|label|title|concept|esco)?_?(b|2|two|target|to|right|destination|candidate)\b", re.I
)
_SCORE = re.compile(r"score|similarity|rating|feasib|judge?ment|relevance|value|mean", re.I)


class JudgementsError(Exception):
    """The file cannot be used: says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """Pairs that have been judged."""

    pairs: Sequence[tuple[OccupationId, OccupationId, float]]
    left_out: int

    @property
    def related(self) -> Mapping[OccupationId, frozenset[OccupationId]]:
        """What counts as right for each occupation: partners judged above the median, or all if none is above it."""
        scores = [score for *_, score in self.pairs]
        middle = float(np.median(scores))
        least = middle if any(score > middle for score in scores) else math.nextafter(max(scores), -math.inf)
        found: dict[OccupationId, set[OccupationId]] = defaultdict(set)
        for one, other, score in self.pairs:
            if score > least:
                found[one].add(other)
        return {one: frozenset(others) for one, others in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well a measure agrees. `spearman` is None where all scores are equal."""

    spearman: float | None
    mean_average_precision: float


def read_judgements(path: Path, graph: SkillGraph) -> Judgements:
    """Read a file. Raises `JudgementsError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise JudgementsError(f"{path}: cannot be read as UTF-8 text ({error}).") from None
    rows = [
        row for row in csv.reader(text.splitlines(), delimiter=_delimiter(text)) if any(each.strip() for each in row)
    ]
    if not rows:
        raise JudgementsError(f"{path}: the file is empty.")
    places, body = _columns(rows, graph, path)
    pairs, left_out = [], 0
    for number, row in body:
        if len(row) <= max(each for each in places if each is not None):
            raise JudgementsError(f"{path}, row {number}: {len(row)} columns are too few.")
        one, other = (occupation_of(graph, row[place]) for place in places[:2] if place is not None)
        score = 1.0 if places[2] is None else _score(row[places[2]], path, number)
        if one is None or other is None or one == other:
            left_out += 1
        else:
            pairs.append((one, other, score))
    if not pairs:
        raise JudgementsError(f"{path}: no row names two occupations that the taxonomy has ({left_out} rows).")
    return Judgements(pairs=pairs, left_out=left_out)


def agreement(judgements: Judgements, row: Callable[[OccupationId], np.ndarray], order: Sequence[str]) -> Agreement:
    """Compare: `row` gives an occupation's likeness to each of `order`."""
    place = {each: number for number, each in enumerate(order)}
    rows = {one: row(one) for one in {one for one, *_ in judgements.pairs}}
    ours = [float(rows[one][place[other]]) for one, other, _ in judgements.pairs]
    theirs = [score for *_, score in judgements.pairs]
    precisions = [average_precision(rows[one], place[one], {place[each] for each in others})
                  for one, others in judgements.related.items()]  # fmt: skip
    constant = len(set(theirs)) < 2 or len(set(ours)) < 2
    return Agreement(
        spearman=None if constant else float(spearmanr(ours, theirs).statistic),
        mean_average_precision=float(np.mean(precisions)),
    )


def average_precision(likeness: np.ndarray, asked: int, relevant: set[int]) -> float:
    """Return the average precision of the ranking of all occupations but the one asked for."""
    ranked = [int(each) for each in np.lexsort((np.arange(len(likeness)), -likeness)) if each != asked]
    hits, total = 0, 0.0
    for number, each in enumerate(ranked, 1):
        if each in relevant:
            hits += 1
            total += hits / number
    return total / len(relevant)


def occupation_of(graph: SkillGraph, text: str) -> OccupationId | None:
    """Return the occupation that a cell names, None when there is none or several."""
    name = text.strip()
    by_uri = graph.occupation_of_uri(name)
    if by_uri is not None:
        return by_uri
    for each in (name, f"esco:{name}", f"esco:{name.rstrip('/').rpartition('/')[2]}"):
        if each in graph.occupations:
            return OccupationId(each)
    named = graph.occupation_names.exactly(name)
    exact = [each for each in named if graph.occupations[OccupationId(each)].name.casefold() == name.casefold()]
    found = exact or named
    return OccupationId(found[0]) if len(found) == 1 else None


def _delimiter(text: str) -> str:
    first = text.splitlines()[0] if text else ""
    return max(",;\t", key=first.count)


def _columns(
    rows: Sequence[Sequence[str]], graph: SkillGraph, path: Path
) -> tuple[tuple[int, int, int | None], Sequence[tuple[int, Sequence[str]]]]:
    """Return the places of both occupations and of the score, and the numbered rows below the header, if any."""
    first = [each.strip() for each in rows[0]]
    numbered = list(enumerate(rows, 1))
    if len(first) < 2:
        raise JudgementsError(f"{path}, row 1: two occupations and a score are expected, separated by commas.")
    is_data = any(occupation_of(graph, each) for each in first[:2]) or (len(first) > 2 and _is_number(first[2]))
    if is_data:
        return (0, 1, 2 if len(first) > 2 else None), numbered
    named: list[int | None] = [
        next((place for place, each in enumerate(first) if pattern.search(each.replace(" ", "_"))), None)
        for pattern in (_ONE, _OTHER, _SCORE)
    ]
    one, other, score = named
    if one is None or other is None or one == other:
        one, other = 0, 1
    if score is None or score in (one, other):
        score = next((place for place in range(len(first)) if place not in (one, other)), None)
    return (one, other, score), numbered[1:]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text.replace(",", ".")))
    except ValueError:
        return False


def _score(text: str, path: Path, number: int) -> float:
    if not _is_number(text.strip()):
        raise JudgementsError(f"{path}, row {number}: {text[:40]!r} is no score; write a number.")
    return float(text.strip().replace(",", "."))
