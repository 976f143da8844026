"""How alike occupations are: the space that pathways and matching measure nearness in.

    (√skills + √words + 0.3 · group + 1.5 · meaning) / 3.8,   each from 0 to 1

* skills: cosine of the essential and, at half weight, the optional skills, by how telling each is;
* words: cosine of label (three times), synonyms and description, by rarity (TF-IDF);
* group: shared digits of the ISCO-08 code, of four;
* meaning: cosine of short vectors (`data/occupation_vectors.npz`) that a sentence encoder made of label, description
  and skills, once, for all of ESCO 1.1.1; between occupations that have none the other three count alone.

On ESCO occupations that the O*NET crosswalk puts together, mean average precision is .43; the skills alone reach .32,
the words alone .32, meaning alone .38, the group alone .18 (`make bench-graph`). Each part helps: on 800 of them, .412
falls to .406 without skills, .392 without words, .405 without the group, .377 without meaning; weights that were chosen
on three quarters reach .412 on the fourth, as these do, so that there is nothing to gain from other ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.linking.surfaces import Floats, split
from graph.model import Occupation, OccupationId, SkillId
from graph.taxonomy.graph import SkillGraph

OPTIONAL_PART = 0.5
GROUP_PART = 0.3
MEANING_PART = 1.5
LABEL_PART = 3


class OccupationSpace:
    """All occupations of a graph as vectors."""

    def __init__(self, graph: SkillGraph) -> None:
        self.occupations: tuple[OccupationId, ...] = tuple(graph.occupations)
        self.number = {each: place for place, each in enumerate(self.occupations)}
        self.skills = _unit(_matrix([_skills(graph, each) for each in self.occupations]))
        self.words = _unit(_by_rarity(_matrix([_words(each) for each in graph.occupations.values()])))
        codes = [each.isco.ljust(4)[:4] for each in graph.occupations.values()]
        self._groups = np.array([[hash_of(code[:size]) for size in range(1, 5)] for code in codes], np.int64)
        self.meanings = _meanings(self.occupations)
        self._has_meaning = np.any(self.meanings != 0, axis=1).astype(bool).reshape(-1)
        self._rows = lru_cache(maxsize=512)(self._row)

    def row(self, occupation: OccupationId) -> Floats:
        """Return how alike each occupation (in the order of `occupations`) is to this one."""
        return self._rows(occupation)

    def similarity(self, one: OccupationId, other: OccupationId) -> float:
        """Return how alike two occupations are, from 0 to 1."""
        return float(self.row(one)[self.number[other]])

    def nearest(self, occupation: OccupationId) -> Iterator[OccupationId]:
        """Yield the other occupations, the nearest first, equally near ones by id."""
        row = self.row(occupation)
        for place in np.lexsort((np.arange(len(row)), -row)):
            if self.occupations[place] != occupation:
                yield self.occupations[place]

    def skill_likeness(self, place: int) -> Floats:
        """Return the cosine of each occupation's skills with those of the one at this place."""
        return _against(self.skills, place)

    def word_likeness(self, place: int) -> Floats:
        """Return the cosine of each occupation's words with those of the one at this place."""
        return _against(self.words, place)

    def group_likeness(self, place: int) -> Floats:
        """Return the share of the ISCO code that each occupation shares with the one at this place."""
        result: Floats = (self._groups == self._groups[place]).mean(axis=1)
        return result

    def meaning_likeness(self, place: int) -> Floats:
        """Return the cosine of each occupation's meaning with that of the one at this place; 0 where one has none."""
        result: Floats = np.clip(self.meanings @ self.meanings[place], 0.0, 1.0)
        return result

    def _row(self, occupation: OccupationId) -> Floats:
        place = self.number[occupation]
        near = (
            np.sqrt(self.skill_likeness(place))
            + np.sqrt(self.word_likeness(place))
            + GROUP_PART * self.group_likeness(place)
        )
        whole: Floats = (near + MEANING_PART * self.meaning_likeness(place)) / (2 + GROUP_PART + MEANING_PART)
        both = self._has_meaning & bool(self._has_meaning[place])
        result: Floats = np.round(np.where(both, whole, near / (2 + GROUP_PART)), 6).astype(np.float64)
        result[place] = 1.0
        result.flags.writeable = False
        return result


def space_of(graph: SkillGraph) -> OccupationSpace:
    """Return the space of a graph. It is computed once a taxonomy."""
    return _space(graph.base)


@lru_cache(maxsize=4)
def _space(base: SkillGraph) -> OccupationSpace:
    return OccupationSpace(base)


def _meanings(occupations: Sequence[OccupationId]) -> Floats:
    """Return the vectors of occupations, scaled to length 1; rows of zeros for those that have none."""
    known = _stored_meanings()
    size = len(next(iter(known.values())))
    rows = np.array([known.get(each, np.zeros(size)) for each in occupations], float).reshape(len(occupations), size)
    result: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return result


@cache
def _stored_meanings() -> Mapping[str, Floats]:
    with (files("graph.data") / "occupation_vectors.npz").open("rb") as file, np.load(file) as stored:
        ids, vectors = stored["ids"], stored["vectors"].astype(float)
    return {f"esco:{each.decode()}": vector for each, vector in zip(ids.tolist(), vectors, strict=True)}


def hash_of(code: str) -> int:
    """Return a number for the beginning of an ISCO code, different for different beginnings."""
    return int.from_bytes(code.encode("ascii", "replace"), "big")


def _skills(graph: SkillGraph, occupation: OccupationId) -> Mapping[SkillId, float]:
    optional = {skill: OPTIONAL_PART * graph.rarity(skill) for skill in graph.optional(occupation)}
    return optional | {skill: graph.rarity(skill) for skill in graph.essential(occupation)}


def _words(occupation: Occupation) -> Mapping[str, float]:
    counts = Counter(dict.fromkeys(split(occupation.name), LABEL_PART))
    for text in (*(each for group in occupation.synonyms.values() for each in group), occupation.description):
        counts.update(split(text))
    return {word: 1 + float(np.log(count)) for word, count in counts.items()}


def _matrix(rows: Sequence[Mapping[Any, float]]) -> csr_array:
    columns: dict[object, int] = {}
    places = [[columns.setdefault(each, len(columns)) for each in row] for row in rows]
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    flat = np.fromiter((each for row in places for each in row), np.int64, int(pointers[-1]))
    values = np.fromiter((value for row in rows for value in row.values()), np.float64, int(pointers[-1]))
    return csr_array((values, flat, pointers), shape=(len(rows), max(1, len(columns))))


def _by_rarity(matrix: Any) -> Any:
    used = np.asarray((matrix > 0).sum(axis=0)).ravel()
    return matrix.multiply(np.log((1 + matrix.shape[0]) / (1 + used))[None, :]).tocsr()


def _unit(matrix: Any) -> Any:
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return matrix.multiply(1 / np.maximum(norms, 1e-12)[:, None]).tocsr()


def _against(matrix: Any, place: int) -> Floats:
    asked = np.zeros(matrix.shape[1])
    start, end = matrix.indptr[place], matrix.indptr[place + 1]
    asked[matrix.indices[start:end]] = matrix.data[start:end]
    result: Floats = np.clip(matrix @ asked, 0.0, 1.0)
    return result
