"""Job titles to occupations, in every language that the taxonomy has names in.

Names and titles are compared by the n-grams of their words, by rarity (cosine). An occupation's score is that of its
best name and the mean of its three best, halved: a title that is near to several names of an occupation is surer than
one that is near to a single odd synonym. On held-out synonyms of ESCO's 3,007 occupations the mean reciprocal rank is
.75 in English and .49 in Swedish (`make bench-graph`), a little above that of the best name alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.linking.surfaces import Floats, Integers, grams, split
from graph.model import OccupationId
from graph.taxonomy.graph import SkillGraph

MAX_TITLE = 300
TOP_NAMES = 3
LEAST = 0.2
"""Scores below this are no resemblance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleLink:
    """An occupation that a title may name, and how like its names the title is, from 0 to 1."""

    occupation: OccupationId
    score: float


class TitleLinker:
    """The names of a taxonomy's occupations."""

    def __init__(self, graph: SkillGraph) -> None:
        self._occupations = tuple(graph.occupations)
        owners: list[int] = []
        rows: list[int] = []
        columns: list[int] = []
        self._grams: dict[str, int] = {}
        for owner, name in self._names(graph):
            for each in sorted(_grams_of(name)):
                rows.append(len(owners))
                columns.append(self._grams.setdefault(each, len(self._grams)))
            owners.append(owner)
        self._owner: Integers = np.array(owners, np.int64)
        plain = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(owners), max(1, len(self._grams))))
        used = np.asarray(plain.sum(axis=0)).ravel()
        self._rarity: Floats = np.log((1 + len(owners)) / (1 + used)) + 1
        weighted = plain.multiply(self._rarity[None, :]).tocsr()
        norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        self._matrix = weighted.multiply(1 / np.maximum(norms, 1e-9)[:, None]).tocsr()
        self._first = np.flatnonzero(np.diff(self._owner, prepend=-1))
        self._sizes = np.diff(np.append(self._first, len(owners)))

    def link(self, title: str, *, limit: int = 5) -> list[TitleLink]:
        """Return up to `limit` occupations, the likeliest first; equally likely ones by id."""
        found = _grams_of(title[:MAX_TITLE])
        known = sorted(self._grams[each] for each in found if each in self._grams)
        if not known:
            return []
        asked = np.zeros(self._matrix.shape[1])
        asked[known] = self._rarity[known]
        unseen = (len(found) - len(known)) * float(self._rarity.max()) ** 2
        likeness = (self._matrix @ asked) / np.sqrt(float((asked**2).sum()) + unseen)
        order = np.lexsort((-likeness, self._owner))
        rank = np.arange(len(order)) - np.repeat(self._first, self._sizes)
        top = rank < TOP_NAMES
        sums = np.bincount(self._owner[order][top], likeness[order][top], minlength=len(self._occupations))
        scores = (likeness[order][self._first] + sums / np.minimum(self._sizes, TOP_NAMES)) / 2
        best = np.lexsort((np.arange(len(scores)), -scores))[: max(0, limit)]
        return [
            TitleLink(occupation=self._occupations[place], score=round(min(1.0, float(scores[place])), 4))
            for place in best
            if scores[place] >= LEAST
        ]

    def _names(self, graph: SkillGraph) -> Iterator[tuple[int, str]]:
        for owner, occupation in enumerate(graph.occupations.values()):
            names = {*occupation.labels.values(), *(each for group in occupation.synonyms.values() for each in group)}
            for name in sorted(names):
                yield owner, name


def titles_of(graph: SkillGraph) -> TitleLinker:
    """Return the title linker of a graph. It is built once a taxonomy."""
    return _titles(graph.base)


@lru_cache(maxsize=2)
def _titles(base: SkillGraph) -> TitleLinker:
    return TitleLinker(base)


def _grams_of(text: str) -> set[str]:
    return {gram for word in split(text) for gram in grams(word)}
