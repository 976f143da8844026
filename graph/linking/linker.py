"""Links texts to skills. `SkillLinker` is the lexical engine: always there, nothing to download.

A text is cut into sentences of at most `PIECE` words; each is linked on its own, and a skill keeps its best link.
A sentence says nothing of skills, and is not linked, when all its words are function words (`function_words`) or when
its surest link is less sure than `FLOOR`. Nor does a function word alone lead to a skill.
Of very long texts the first `MAX_TEXT` characters and `PIECES` different sentences are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.linking.candidates import Background, Candidates, find_candidates
from graph.linking.function_words import empty_words
from graph.linking.ranker import Ranker, load_ranker
from graph.linking.surfaces import Surface, SurfaceIndex, split
from graph.model import SkillId
from graph.taxonomy.graph import SkillGraph

MAX_TEXT = 20_000
PIECE = 60
PIECES = 60
FLOOR = 0.01
"""How sure the surest link of a sentence is at least: of a hundred such links people would agree with one.

In the labeled sentences no right link is lost by it (`make bench-graph`).
"""
OPTIONAL_PART = 0.5
_BREAK = re.compile(r"[.!?;:•\n\r]+\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A skill that a text speaks of, how surely (0 to 1), and the words of the text that led to it."""

    skill: SkillId
    confidence: float
    words: tuple[str, ...]


class Linker(Protocol):
    """Whatever links texts to skills."""

    def link(self, text: str, *, limit: int = 10) -> list[Link]:
        """Return up to `limit` links, surest first."""
        ...


class SkillLinker:
    """The lexical engine over one taxonomy."""

    def __init__(self, graph: SkillGraph, ranker: Ranker | None = None) -> None:
        self.skills = tuple(graph.skills)
        number = {skill: place for place, skill in enumerate(self.skills)}
        self._index = SurfaceIndex(
            list(_surfaces(graph, self.skills)), [graph.skills[each].description for each in self.skills]
        )
        self._background = _background(graph, self._index, number)
        self._ranker = ranker or load_ranker()

    def link(self, text: str, *, limit: int = 10) -> list[Link]:
        """Return up to `limit` links, surest first; equally sure ones by id."""
        return link_pieces(text, self.candidates, self._ranker, self.skills, limit)

    def candidates(self, piece: str) -> Candidates:
        """Return the candidates of one sentence that more than function words lead to: what `link` ranks.

        A ranker learns from the same.
        """
        found, empty = find_candidates(self._index, self._background, piece), empty_words(split(piece))
        return found.of([place for place, words in enumerate(found.words) if not empty.issuperset(words)])

    def candidates_with(self, piece: str, also: Sequence[int]) -> Candidates:
        """Return the candidates, and these skills (by number) among them."""
        return find_candidates(self._index, self._background, piece, also)


def linker_of(graph: SkillGraph) -> Linker:
    """Return the lexical engine over a graph. It is built once a taxonomy."""
    return _linker(graph.base)


@lru_cache(maxsize=2)
def _linker(base: SkillGraph) -> Linker:
    return SkillLinker(base)


def link_pieces(
    text: str, find: Callable[[str], Candidates], ranker: Ranker, skills: Sequence[SkillId], limit: int
) -> list[Link]:
    """Link each sentence of a text on its own, if it says anything; a skill keeps its best link."""
    best: dict[SkillId, Link] = {}
    for piece in islice(filter(_says_something, dict.fromkeys(_pieces(text[:MAX_TEXT]))), PIECES):
        found = find(piece)
        scores = ranker.scores(found.features)
        confidence = ranker.confidence(scores)
        if confidence.max(initial=0.0) < FLOOR:
            continue
        for place in np.argsort(-scores, kind="stable")[:limit]:
            skill = skills[found.owners[place]]
            link = Link(skill=skill, confidence=round(float(confidence[place]), 4), words=found.words[place])
            if skill not in best or best[skill].confidence < link.confidence:
                best[skill] = link
    return sorted(best.values(), key=lambda each: (-each.confidence, each.skill))[:limit]


def _pieces(text: str) -> Iterator[str]:
    for sentence in _BREAK.split(text):
        words = sentence.split()
        for start in range(0, len(words), PIECE):
            yield " ".join(words[start : start + PIECE])


def _says_something(piece: str) -> bool:
    words = split(piece)
    return not empty_words(words).issuperset(words)


def _surfaces(graph: SkillGraph, skills: tuple[SkillId, ...]) -> Iterator[Surface]:
    terms: dict[SkillId, list[str]] = {}
    for term, meant in graph.terms.items():
        for skill in meant:
            terms.setdefault(skill, []).append(term)
    for owner, identifier in enumerate(skills):
        node = graph.skills[identifier]
        yield Surface(owner=owner, text=node.name, is_label=True)
        others = {*node.labels.values(), *(each for group in node.synonyms.values() for each in group)}
        for text in sorted((others | set(terms.get(identifier, ()))) - {node.name}):
            yield Surface(owner=owner, text=text, is_label=False)


def _background(graph: SkillGraph, index: SurfaceIndex, number: dict[SkillId, int]) -> Background:
    rows, columns, values = [], [], []
    for row, occupation in enumerate(graph.occupations):
        parts = dict.fromkeys(graph.optional(occupation), OPTIONAL_PART)
        parts.update(dict.fromkeys(graph.essential(occupation), 1.0))
        for skill, value in sorted(parts.items()):
            rows.append(row)
            columns.append(number[skill])
            values.append(value)
    company = csr_array((values, (rows, columns)), shape=(max(1, len(graph.occupations)), len(number)))
    norms = np.sqrt(np.asarray(company.multiply(company).sum(axis=1)).ravel())
    scaled = company.multiply(1 / np.maximum(norms, 1e-9)[:, None]).tocsr()
    label = np.zeros(len(number), np.int64)
    label[index.owner[index.is_label]] = np.flatnonzero(index.is_label)
    return Background(
        demand=np.asarray((company > 0).sum(axis=0)).ravel().astype(np.float64),
        is_knowledge=np.array([float(graph.skills[each].is_knowledge) for each in number]),
        label=label,
        company=scaled,
        own_company=np.asarray(scaled.multiply(scaled).sum(axis=0)).ravel(),
    )
