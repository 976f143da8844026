"""The semantic engine, an extra: MiniLM beside the lexical features, ranked together.

Labels are encoded once for a taxonomy (a minute of one core for all of ESCO, told to `progress`) and kept in a file
that is named for the labels. A text is encoded whole and in windows of few words, since one sentence names many skills.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from graph.linking.candidates import FEATURES, Candidates
from graph.linking.encoder import Encoder, Vectors
from graph.linking.linker import Link, SkillLinker, link_pieces
from graph.linking.ranker import Ranker, load_ranker
from graph.taxonomy.graph import SkillGraph

SEMANTIC_FEATURES = (*FEATURES, "meaning", "meaning_near", "meaning_first", "meaning_and_words")
WINDOWS = ((3, 1), (8, 5))
"""Words of a window, and by how many the next begins later."""
MAX_WINDOWS = 60
ALSO = 40
CHUNK = 256

Progress = Callable[[int, int], None]


class SemanticLinker:
    """Links by spelling and meaning. Satisfies `Linker`."""

    def __init__(
        self,
        graph: SkillGraph,
        encoder: Encoder,
        *,
        cache: Path | None = None,
        ranker: Ranker | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._lexical = SkillLinker(graph)
        self.skills = self._lexical.skills
        self._encoder = encoder
        self._labels = _label_vectors(encoder, [graph.skills[each].name for each in self.skills], cache, progress)
        self._ranker = ranker or load_ranker("semantic_linker.json", SEMANTIC_FEATURES)

    def link(self, text: str, *, limit: int = 10) -> list[Link]:
        """Return up to `limit` links, surest first; equally sure ones by id."""
        return link_pieces(text, self.candidates, self._ranker, self.skills, limit)

    def candidates(self, piece: str) -> Candidates:
        """Return the candidates of one sentence, by name and by meaning."""
        vectors = self._encoder.encode([piece, *_windows(piece)])
        alike = self._labels @ vectors.T
        whole, near = alike[:, 0], alike.max(axis=1)
        also = dict.fromkeys([*np.argsort(-near)[:ALSO].tolist(), *np.argsort(-whole)[:ALSO].tolist()])
        found = self._lexical.candidates_with(piece, list(also))
        owners = found.owners
        order = np.argsort(np.argsort(-near[owners], kind="stable"), kind="stable")
        meaning = np.stack(
            [
                whole[owners],
                near[owners],
                1 / (1 + order),
                near[owners] * found.features[:, FEATURES.index("common_cover")],
            ],
            axis=1,
        )
        return Candidates(
            owners=owners, features=np.concatenate([found.features, meaning.astype(float)], axis=1), words=found.words
        )


def _windows(piece: str) -> list[str]:
    words = piece.split()
    found = [
        " ".join(words[start : start + size])
        for size, step in WINDOWS
        if len(words) > size
        for start in range(0, len(words) - size + 1, step)
    ]
    return found[:MAX_WINDOWS]


def _label_vectors(encoder: Encoder, labels: Sequence[str], cache: Path | None, progress: Progress | None) -> Vectors:
    name = hashlib.sha256("\n".join(labels).encode()).hexdigest()[:32]
    file = None if cache is None else cache / f"labels-{name}.npy"
    if file is not None and file.is_file():
        kept: Vectors = np.load(file, allow_pickle=False)
        if kept.shape[0] == len(labels):
            return kept
    order = sorted(range(len(labels)), key=lambda each: len(labels[each]))
    parts = []
    for start in range(0, len(labels), CHUNK):
        parts.append(encoder.encode([labels[each] for each in order[start : start + CHUNK]]))
        if progress is not None:
            progress(min(start + CHUNK, len(labels)), len(labels))
    vectors = np.zeros((len(labels), parts[0].shape[1] if parts else 0), np.float32)
    if parts:
        vectors[order] = np.concatenate(parts)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part.npy")
        np.save(partial, vectors, allow_pickle=False)
        partial.replace(file)
    return vectors
