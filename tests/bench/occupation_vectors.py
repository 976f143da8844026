"""Makes `graph/data/occupation_vectors.npz`: what the occupations of ESCO mean, as short vectors.

    python tests/bench/occupation_vectors.py DATA

Three embeddings by MiniLM (the extra `gigway[semantic]`) of each occupation are put beside each other: of its label
with its description, of its label alone (weight 0.7), and the mean of its skills' labels (0.7; optional skills at half
weight, rare ones counting more). Each is centered and scaled to length 1; the 128 first principal components of all are
kept, as bytes. It takes about five minutes, and is needed again only for another release of ESCO.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from skill_graph import measure_import

from graph.linking.encoder import load_encoder
from graph.taxonomy.graph import SkillGraph

SIZE = 128
LABEL_WEIGHT = SKILLS_WEIGHT = 0.7
TARGET = Path(__file__).parent.parent.parent / "graph" / "data" / "occupation_vectors.npz"


def main() -> None:
    """Encode, reduce, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    graph = measure_import(parser.parse_args().data)
    encoder = load_encoder()
    if encoder is None:
        raise SystemExit("This needs the model: make setup-semantic")
    occupations = list(graph.occupations.values())
    described = encoder.encode([f"{each.name}. {each.description}" for each in occupations])
    named = encoder.encode([each.name for each in occupations])
    skilled = _skills(graph, encoder.encode([each.name for each in graph.skills.values()]))
    beside = np.hstack([_centered(described), LABEL_WEIGHT * _centered(named), SKILLS_WEIGHT * _centered(skilled)])
    left, sizes, _ = np.linalg.svd(beside - beside.mean(axis=0), full_matrices=False)
    vectors = _unit(left[:, :SIZE] * sizes[:SIZE])
    small = np.round(vectors * 127 / np.abs(vectors).max()).astype(np.int8)
    ids = np.array([each.id.removeprefix("esco:") for each in occupations], "S36")
    np.savez_compressed(TARGET, ids=ids, vectors=small)
    print(f"wrote {len(ids)} vectors, {TARGET.stat().st_size:,} bytes")


def _skills(graph: SkillGraph, labels: np.ndarray) -> np.ndarray:
    place = {each: number for number, each in enumerate(graph.skills)}
    means = np.zeros((len(graph.occupations), labels.shape[1]))
    for row, occupation in enumerate(graph.occupations):
        for weight, skills in ((1.0, graph.essential(occupation)), (0.5, graph.optional(occupation))):
            for skill in sorted(skills):
                means[row] += weight * graph.rarity(skill) * labels[place[skill]]
    return _unit(means)


def _centered(vectors: np.ndarray) -> np.ndarray:
    return _unit(vectors - vectors.mean(axis=0))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


if __name__ == "__main__":
    main()
