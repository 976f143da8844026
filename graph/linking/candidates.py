"""The skills that a short text may mean, each described by numbers that the ranker weighs.

A skill's names compete; the name that fits best speaks for it, and its preferred label beside. A word of a name is
found when the text has a word that is alike; *mass* is the rarity of the words found, *cover* its share in the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.linking.surfaces import ALIKE, Floats, Integers, SurfaceIndex, split

CANDIDATES = 150
SURFACES = 1_200
EXACT = 0.97
TOP_NAMES = 5

FEATURES = (
    "cover",  # share of the best name's words that is found, by rarity among names
    "cover_exact",  # the same, counting only words that are spelled alike
    "mass",  # log of the rarity found
    "least_alike",
    "most_alike",
    "compact",  # words found for each word of the stretch that they are found in
    "length",  # log of the words of the name
    "is_label",
    "share_of_text",  # how much of the text the name accounts for
    "complete",
    "fit",  # cover · √mass
    "cover_mass",
    "common_cover",  # the same by rarity among descriptions
    "common_mass",
    "common_fit",
    "label_cover",
    "label_fit",
    "label_exact",
    "other_names",  # mean fit of the five best names
    "common_cover_mass",
    "demand",  # log of the occupations that have the skill
    "is_knowledge",
    "told",  # share of the text's words that the description has
    "told_dense",
    "company",  # other candidates that occupations ask for together with it
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Skills by number, a row of features each, and the text's words that each was found by."""

    owners: Integers
    features: Floats
    words: tuple[tuple[str, ...], ...]

    def of(self, places: Sequence[int]) -> Candidates:
        """Return those at these places."""
        kept = np.array(places, np.int64)
        return Candidates(
            owners=self.owners[kept], features=self.features[kept], words=tuple(self.words[each] for each in places)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known of things beside their names, by their number."""

    demand: Floats
    is_knowledge: Floats
    label: Integers
    """The surface that is the preferred label."""
    company: Any
    """Occupations × skills, rows of length 1."""
    own_company: Floats
    """What a skill contributes to its own company."""


def find_candidates(index: SurfaceIndex, known: Background, text: str, also: Sequence[int] = ()) -> Candidates:
    """Return the candidates of one sentence or title: those that names lead to, and those in `also`."""
    words = split(text)
    likeness = index.likeness(words) if words else np.zeros((index.names.shape[1], 1))
    alike, place = likeness.max(axis=1), likeness.argmax(axis=1)
    found = np.where(alike > ALIKE, alike, 0.0) ** 2
    named = index.names.shape[1]
    mass = index.names @ (index.rarity * found)
    common_mass = index.names @ (index.common_rarity[:named] * found)
    exact = (index.names @ (index.rarity * (alike > EXACT))) / index.mass
    cover, common_cover = mass / index.mass, common_mass / index.common_mass
    fit, common_fit = cover * np.sqrt(mass), common_cover * np.sqrt(common_mass)
    owners = _best_owners(index, fit, common_fit)
    owners = np.array(list(dict.fromkeys([*owners.tolist(), *also])), np.int64)
    if not len(owners):
        return Candidates(owners=owners, features=np.zeros((0, len(FEATURES))), words=())
    best, others = _best_surfaces(index, owners, fit + common_fit, common_fit)
    label = known.label[owners]
    asked = np.array(
        [index.common_rarity[index.words[each]] if each in index.words else index.common_rarity.max() for each in words]
    )
    stretches = [_stretch(index, int(surface), alike, place, asked) for surface in best]
    told = np.zeros(index.descriptions.shape[1])
    told[[index.words[each] for each in words if each in index.words]] = 1.0
    told_mass = (index.descriptions @ (index.common_rarity * told))[owners]
    columns = {
        "cover": cover[best],
        "cover_exact": exact[best],
        "mass": np.log1p(mass[best]),
        "least_alike": np.array([each.least for each in stretches]),
        "most_alike": np.array([each.most for each in stretches]),
        "compact": np.array([each.compact for each in stretches]),
        "length": np.array([each.length for each in stretches]),
        "is_label": index.is_label[best].astype(float),
        "share_of_text": np.array([each.share for each in stretches]),
        "complete": (cover[best] > EXACT).astype(float),
        "fit": fit[best],
        "cover_mass": cover[best] * np.log1p(mass[best]),
        "common_cover": common_cover[best],
        "common_mass": np.log1p(common_mass[best]),
        "common_fit": common_fit[best],
        "label_cover": common_cover[label],
        "label_fit": common_fit[label],
        "label_exact": exact[label],
        "other_names": others,
        "common_cover_mass": common_cover[best] * np.log1p(common_mass[best]),
        "demand": np.log1p(known.demand[owners]),
        "is_knowledge": known.is_knowledge[owners],
        "told": told_mass / max(float((index.common_rarity * told).sum()), 1e-9),
        "told_dense": told_mass / (index.description_length[owners] + 5),
        "company": _company(known, owners, common_fit[best]),
    }
    return Candidates(
        owners=owners,
        features=np.stack([columns[each] for each in FEATURES], axis=1),
        words=tuple(tuple(words[each] for each in stretch.places) for stretch in stretches),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Where in the text a name's words are found."""

    least: float
    most: float
    compact: float
    length: float
    share: float
    places: tuple[int, ...]


def _stretch(index: SurfaceIndex, surface: int, alike: Floats, place: Integers, asked: Floats) -> _Stretch:
    start, end = index.names.indptr[surface], index.names.indptr[surface + 1]
    columns = index.names.indices[start:end]
    likeness, where = alike[columns], place[columns]
    places = sorted({int(each) for each, value in zip(where, likeness, strict=True) if value > ALIKE})
    span = int(where.max() - where.min()) + 1
    return _Stretch(
        least=float(likeness.min()),
        most=float(likeness.max()),
        compact=len(places) / span,
        length=float(np.log(len(columns))),
        share=float(asked[places].sum() / max(asked.sum(), 1e-9)),
        places=tuple(places),
    )


def _best_owners(index: SurfaceIndex, fit: Floats, common_fit: Floats) -> Integers:
    """Return the owners of the names that fit best by either measure, best first."""
    found: dict[int, None] = {}
    for values in (fit, common_fit):
        count = min(SURFACES, int((values > 0).sum()))
        if count:
            top = np.argpartition(-values, count - 1)[:count]
            for surface in top[np.argsort(-values[top], kind="stable")]:
                found.setdefault(int(index.owner[surface]))
                if len(found) >= CANDIDATES * (1 if values is fit else 2):
                    break
    return np.fromiter(found, np.int64, len(found))


def _best_surfaces(index: SurfaceIndex, owners: Integers, score: Floats, common_fit: Floats) -> tuple[Integers, Floats]:
    """Return, for each owner, its best name and the mean fit of its five best."""
    wanted = np.full(int(index.owner.max()) + 1, -1, np.int64)
    wanted[owners] = np.arange(len(owners))
    surfaces = np.flatnonzero(wanted[index.owner] >= 0)
    groups = wanted[index.owner[surfaces]]
    order = np.lexsort((surfaces, -score[surfaces], groups))
    _, first = np.unique(groups[order], return_index=True)
    best = surfaces[order][first]
    order = np.lexsort((-common_fit[surfaces], groups))
    _, start, size = np.unique(groups[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(start, size)
    top = rank < TOP_NAMES
    sums = np.bincount(groups[order][top], common_fit[surfaces][order][top], minlength=len(owners))
    return best, sums / np.minimum(size, TOP_NAMES)


def _company(known: Background, owners: Integers, weight: Floats) -> Floats:
    present = np.zeros(known.company.shape[1])
    present[owners] = weight**2
    total = known.company.T @ (known.company @ present)
    result: Floats = np.log1p(np.maximum(0.0, total[owners] - present[owners] * known.own_company[owners]))
    return result
