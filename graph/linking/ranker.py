"""A linear model over candidates' features, learned from sentences whose skills people have labeled.

Training maximizes the likelihood of the labeled skills among each sentence's candidates (a softmax over the list), with
a Gaussian prior on the weights. Confidence is a logistic curve over the score, fitted to the same sentences: the share
of links with this score that people would agree with. The weights in use are `graph/data/linker.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

from graph.linking.candidates import FEATURES
from graph.linking.surfaces import Floats

PRIOR = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One sentence: its candidates' features, and which of them people have labeled."""

    features: Floats
    is_right: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """Weights of named features."""

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    weights: Floats
    slope: float
    offset: float

    def scores(self, features: Floats) -> Floats:
        """Return a score for each row; the higher the better."""
        result: Floats = ((features - self.mean) / self.spread) @ self.weights
        return result

    def confidence(self, scores: Floats) -> Floats:
        """Return the share of links with these scores that are right, from 0 to 1."""
        result: Floats = 1 / (1 + np.exp(-np.clip(self.slope * scores + self.offset, -50, 50)))
        return result

    def to_json(self) -> dict[str, Any]:
        """Return the weights by feature."""
        named = {
            name: [round(float(value), 5) for value in values]
            for name, *values in zip(self.names, self.mean, self.spread, self.weights, strict=True)
        }
        return {"features": named, "slope": round(self.slope, 5), "offset": round(self.offset, 5)}


def load_ranker(file: str = "linker.json", names: Sequence[str] = FEATURES) -> Ranker:
    """Return a ranker in use: the lexical one, or another with its features."""
    plain = json.loads((files("graph.data") / file).read_text(encoding="utf-8"))
    columns = np.array([plain["features"][name] for name in names])
    return Ranker(
        names=tuple(names),
        mean=columns[:, 0],
        spread=columns[:, 1],
        weights=columns[:, 2],
        slope=plain["slope"],
        offset=plain["offset"],
    )


def train(examples: Sequence[Example], names: Sequence[str] = FEATURES) -> Ranker:
    """Learn from labeled sentences. Those without a right candidate teach only the confidence."""
    stacked = np.concatenate([each.features for each in examples])
    mean, spread = stacked.mean(axis=0), stacked.std(axis=0) + 1e-9
    lists = [
        ((each.features - mean) / spread, each.is_right / each.is_right.sum())
        for each in examples
        if each.is_right.sum() > 0
    ]

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = PRIOR * float(weights @ weights), 2 * PRIOR * weights
        for features, target in lists:
            scores = features @ weights
            chance = np.exp(scores - scores.max())
            chance /= chance.sum()
            value -= float((target * np.log(chance + 1e-12)).sum())
            slope = slope + features.T @ (chance - target)
        return value, slope

    weights = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    scores = ((stacked - mean) / spread) @ weights
    right = np.concatenate([each.is_right for each in examples])

    def doubt(curve: Floats) -> tuple[float, Floats]:
        margin = curve[0] * scores + curve[1]
        chance = 1 / (1 + np.exp(-np.clip(margin, -50, 50)))
        value = -float((right * np.log(chance + 1e-12) + (1 - right) * np.log(1 - chance + 1e-12)).sum())
        return value, np.array([((chance - right) * scores).sum(), (chance - right).sum()])

    slope, offset = minimize(doubt, np.array([1.0, -3.0]), jac=True, method="L-BFGS-B").x
    return Ranker(
        names=tuple(names), mean=mean, spread=spread, weights=weights, slope=float(slope), offset=float(offset)
    )
