"""Search over labels and synonyms: the lexical index that lists, terms and credentials are looked up in.

A name is folded (case, accents, spaces) and cut into words. A query matches a name when each of its words is in a word
of the name: at its beginning or, from `INSIDE` letters on, anywhere, as compounds take ("förare" finds "taxiförare").
Exact names come first, then those that begin with the query, those whose words begin with the query's, those where
some only end so, and the rest; in each of these, shorter names before longer ones. Without a query everything matches,
in the order of English labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from graph.errors import InvalidArgumentError
from graph.model import Language

MAX_QUERY = 500
"""Characters of a search text."""

INSIDE = 3
"""Letters of a word that is also looked for inside words."""

_WORD = re.compile(r"[^\W_]+(?:[+#]+)?")


@lru_cache(maxsize=1 << 15)
def fold(text: str) -> str:
    """Return text without case, accents and superfluous space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in decomposed if not unicodedata.combining(each)).split())


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order: letters and digits, and `c++`, `c#` as they are."""
    return _WORD.findall(fold(text))


class NameIndex:
    """Names of one kind of thing and the ids behind them."""

    def __init__(self, names: Mapping[str, tuple[Mapping[str, str], Mapping[str, Sequence[str]]]]) -> None:
        self._surfaces: list[tuple[str, str]] = []
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._order: dict[str, tuple[str, str]] = {}
        for identifier, (labels, synonyms) in names.items():
            name = labels.get(Language.EN) or next(iter(labels.values()))
            self._order[identifier] = (fold(name), identifier)
            surfaces = {*labels.values(), *(each for group in synonyms.values() for each in group)}
            for surface in sorted(surfaces):
                self._surfaces.append((_spaced(words(surface)), identifier))
                self._exact[fold(surface)].add(identifier)
        self._all = tuple(sorted(self._order, key=self._order.__getitem__))

    @classmethod
    def of_titles(cls, titles: Mapping[str, str]) -> NameIndex:
        """Index things that have one title each."""
        return cls({identifier: ({Language.EN: title}, {}) for identifier, title in titles.items()})

    def exactly(self, text: str) -> tuple[str, ...]:
        """Return the ids with exactly this name, by label."""
        return tuple(sorted(self._exact.get(fold(text), ()), key=self._order.__getitem__))

    def search(self, text: str | None) -> tuple[tuple[int, str, str], ...]:
        """Return sort keys (rank, folded label, id) of what matches, in order.

        Raises `InvalidArgumentError` for a text that is longer than `MAX_QUERY`.
        """
        if text is not None and len(text) > MAX_QUERY:
            raise InvalidArgumentError(f"A search text has at most {MAX_QUERY} characters.")
        if text is None or not text.strip():
            return tuple((0, *self._order[each]) for each in self._all)
        wanted = words(text)
        if not wanted:
            return ()
        query, (first, *others) = _spaced(wanted), wanted
        if len(first) < INSIDE:
            first = f" {first}"
        best: dict[str, int] = {}
        for surface, identifier in self._surfaces:
            if first not in surface or not all(each in surface for each in others):
                continue
            rank = _rank(surface, query, wanted)
            if rank is not None and rank < best.get(identifier, rank + 1):
                best[identifier] = rank
        return tuple(sorted((rank, *self._order[identifier]) for identifier, rank in best.items()))


def _spaced(found: Sequence[str]) -> str:
    """Return words with a space before and after each, so that where a word begins and ends can be looked for."""
    return f" {' '.join(found)} "


def _rank(surface: str, query: str, wanted: Sequence[str]) -> int | None:
    if surface == query:
        return 0
    length = min(len(surface), 98)
    if surface.startswith(query[:-1]):
        return 1 + length
    worst = 1
    for each in wanted:
        if f" {each}" in surface:
            continue
        if len(each) < INSIDE:
            return None
        worst = max(worst, 2 if f"{each} " in surface else 3)
    return 100 * worst + length
