"""Names as sparse matrices: which words each name has, which n-grams each word has. Built once for a taxonomy.

A word is a folded run of letters and digits with `+`, `#` and inner points kept (`c++`, `c#`, `node.js`).
Its n-grams are those of 3 to 5 characters of the word between boundary marks, and the whole word.
Names share words and words share n-grams, so that comparing a text with 100,000 names costs two small products:

    words of the taxonomy × words of the text  =  (words × n-grams) · (n-grams × words of the text)
    names × 1                                  =  (names × words) · (likeness to the nearest word of the text)

How rare a word is, is counted twice: among names, and among descriptions. Words like *experience* or *knowledge* are
rare in names and common in descriptions, as they are in advertisements; the second count tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array  # type: ignore[import-untyped]

from graph.taxonomy.names import fold

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_WORD = re.compile(r"[^\W_](?:[^\W_]|[+#]|\.(?=[^\W_]))*")
SHORTEST, LONGEST = 3, 5
MAX_WORD = 40
ALIKE = 0.45
"""Words that are less alike than this are different words."""


def split(text: str) -> list[str]:
    """Return the words of a text, folded, in order."""
    return [each[:MAX_WORD] for each in _WORD.findall(fold(text))]


def grams(word: str) -> set[str]:
    """Return the n-grams of a word."""
    marked = f"<{word}>"
    found = {marked}
    for size in range(SHORTEST, min(LONGEST, len(marked) - 1) + 1):
        found.update(marked[start : start + size] for start in range(len(marked) - size + 1))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """One name of the thing with this number. `is_label` for a preferred label."""

    owner: int
    text: str
    is_label: bool


class SurfaceIndex:
    """Names, their words and n-grams, and descriptions."""

    def __init__(self, surfaces: Sequence[Surface], descriptions: Sequence[str]) -> None:
        self.owner: Integers = np.fromiter((each.owner for each in surfaces), np.int64, len(surfaces))
        self.is_label: NDArray[np.bool_] = np.fromiter((each.is_label for each in surfaces), np.bool_, len(surfaces))
        self.words: dict[str, int] = {}
        cells = [sorted({self._word(word) for word in split(each.text)}) for each in surfaces]
        named = len(self.words)
        told = [sorted({self._word(word) for word in split(each)}) for each in descriptions]
        self.names = _rows(cells, named)
        self.descriptions = _rows(told, len(self.words))
        self.description_length: Floats = np.fromiter((len(each) for each in told), np.float64, len(told))
        self.rarity = _rarity(self.names)
        self.common_rarity = _rarity(self.descriptions, np.ones(len(self.words)))
        self.mass: Floats = np.maximum(self.names @ self.rarity, 1e-9)
        self.common_mass: Floats = np.maximum(self.names @ self.common_rarity[:named], 1e-9)
        self._grams: dict[str, int] = {}
        parts = [
            sorted({self._grams.setdefault(each, len(self._grams)) for each in grams(word)})
            for word in list(self.words)[:named]
        ]
        spelling = _rows(parts, len(self._grams))
        self._gram_rarity = _rarity(spelling, np.asarray(self.names.sum(axis=0)).ravel() @ spelling, len(surfaces))
        weighted = spelling.multiply(self._gram_rarity[None, :]).tocsr()
        norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        self._spelling = weighted.multiply(1 / np.maximum(norms, 1e-9)[:, None]).tocsr()

    def likeness(self, words: Sequence[str]) -> Floats:
        """Return how alike each word of the names is to each of these, from 0 to 1."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        unseen = float(self._gram_rarity.max(initial=1.0)) ** 2
        for column, word in enumerate(words):
            spelled = grams(word)
            known = [self._grams[each] for each in spelled if each in self._grams]
            weights = self._gram_rarity[known]
            norm = float(np.sqrt(np.square(weights).sum() + (len(spelled) - len(known)) * unseen))
            rows += known
            columns += [column] * len(known)
            values += (weights / norm).tolist() if norm else []
        asked = csc_array((values, (rows, columns)), shape=(len(self._grams), len(words)))
        result: Floats = (self._spelling @ asked).toarray()
        return result

    def _word(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))


def _rarity(rows: Any, used: Floats | None = None, total: int | None = None) -> Floats:
    """Return the logarithm of how many rows there are for each that uses a column, one more each."""
    counts = np.asarray(rows.sum(axis=0)).ravel()
    if used is not None:
        counts = np.maximum(counts, used)
    result: Floats = np.log((1 + (total or rows.shape[0])) / (1 + counts)) + (1e-3 if total is None else 1.0)
    return result


def _rows(cells: Sequence[Sequence[int]], width: int) -> csr_array:
    sizes = np.fromiter((len(each) for each in cells), np.int64, len(cells))
    pointers = np.concatenate([[0], np.cumsum(sizes)])
    columns = np.fromiter((each for row in cells for each in row), np.int64, int(pointers[-1]))
    return csr_array((np.ones(len(columns)), columns, pointers), shape=(len(cells), width))
