"""What ratings usually are where they were given: the platform effect, without which no two platforms compare.

4.79 of 5 is what an Uber driver has who does as others do; on a platform where four stars are usual it would be
excellent. `data/usual_ratings.csv` has the usual mean and the spread among workers, on the platform's own scale, each
with its source and the basis:

* `MEASURED`: from such ratings themselves; `REPORTED`: a figure that others published;
* `BAR`: what is commonly asked for, for want of a mean;
* `BORROWED`: from another platform with the same kind of work, with a wider spread.

The most particular row counts: the platform's own for this rating, else that of the kind of work. Where none is known,
`UNKNOWN` says so: the usual is a guess, and the spread so wide that a rating moves hardly anything.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from io import StringIO

from graph.evidence.facts import EngagementKind, RatingFact, SkillFact

_ANY = "*"


class Basis(Enum):
    """How it is known what is usual."""

    MEASURED = "MEASURED"
    REPORTED = "REPORTED"
    BAR = "BAR"
    BORROWED = "BORROWED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRating:
    """What is usual, as shares (0 to 1) of the rating's scale: the mean, and the spread (one deviation) of workers."""

    mean: float
    spread: float
    basis: Basis
    source: str

    @property
    def is_of_kind(self) -> bool:
        """Whether it is what is usual for the kind of work rather than at the platform."""
        return self.basis is Basis.BORROWED

    def on_scale(self, rating: RatingFact) -> float:
        """Return the usual mean on a rating's own scale."""
        return rating.worst + self.mean * (rating.best - rating.worst)


UNKNOWN = UsualRating(mean=0.92, spread=0.15, basis=Basis.UNKNOWN, source="a guess: most ratings are near the best")
"""What is taken as usual where nothing is known."""


def usual_rating(fact: SkillFact, rating: RatingFact) -> UsualRating:
    """Return what is usual for a rating of this work."""
    rows, name = usual_ratings(), rating.name.casefold()
    for key in ((fact.platform, fact.kind), (fact.platform, None), (_ANY, fact.kind)):
        found = rows.get((*key, name))
        if found is not None:
            return found
    return UNKNOWN


@cache
def usual_ratings() -> Mapping[tuple[str, EngagementKind | None, str], UsualRating]:
    """Return all that is known by platform (`*` is any), kind (None is any) and the rating's name."""
    text = (files("graph.data") / "usual_ratings.csv").read_text(encoding="utf-8")
    return {_key(row): _row(row) for row in csv.DictReader(StringIO(text))}


def _key(row: Mapping[str, str]) -> tuple[str, EngagementKind | None, str]:
    kind = None if row["kind"] == _ANY else EngagementKind(row["kind"])
    return row["platform"], kind, row["rating"].casefold()


def _row(row: Mapping[str, str]) -> UsualRating:
    worst, best = float(row["worst"]), float(row["best"])
    return UsualRating(
        mean=(float(row["usual"]) - worst) / (best - worst),
        spread=float(row["spread"]) / (best - worst),
        basis=Basis(row["basis"]),
        source=row["source"],
    )
