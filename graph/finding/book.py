"""A worker's wishes as text, the way people write them on a page, and all that is kept of them for being found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graph.finding.vectors import VectorStore
from graph.finding.wishes import WishStore
from graph.market.gazetteer import cities
from graph.matching.preferences import InvalidWishError, Preferences
from graph.model import OccupationId
from graph.taxonomy.graph import SkillGraph

_NUMBERS = ("farthest_km", "hours_per_week", "least_pay")


class WishBook:
    """Reads and writes wishes for a page. Satisfies the pages' `WishBook`."""

    def __init__(self, wishes: WishStore, vectors: VectorStore, graph: Callable[[], SkillGraph]) -> None:
        self._wishes = wishes
        self._vectors = vectors
        self._graph = graph

    def of(self, worker_id: str) -> Mapping[str, str]:
        """Return a worker's wishes by field; `looking` is `yes` or nothing."""
        given, occupations = self._wishes.of(worker_id), self._graph().occupations
        plain = given.to_json() | {
            "unwanted": "\n".join(sorted(occupations[each].name for each in given.unwanted if each in occupations)),
            "looking": "yes" if given.looking else "",
        }
        if given.least_pay is not None:
            plain["least_pay"] = f"{given.least_pay:g}"
        return {name: "" if value is None else str(value) for name, value in plain.items()}

    def save(self, worker_id: str, fields: Mapping[str, str]) -> str | None:
        """Replace them; when something is wrong nothing is changed, and the field that is wrong is returned."""
        given: dict[str, Any] = {name: value or None for name, value in fields.items()}
        try:
            given |= {name: value.replace(",", ".") for name in _NUMBERS if (value := fields.get(name))}
            given["unwanted"] = self._occupations(fields.get("unwanted", ""))
            given["looking"] = bool(fields.get("looking"))
            self._wishes.save(worker_id, Preferences.from_json(given))
        except InvalidWishError as error:
            return error.field
        return None

    def kept(self, worker_id: str) -> Sequence[Mapping[str, Any]]:
        """Return all that is kept so that others can find the worker, by grant."""
        return [
            {"grant": grant_id, "computed_at": at.isoformat(), "profile": profile.to_bytes().decode()}
            for grant_id, at, profile in self._vectors.of_worker(worker_id)
        ]

    def cities(self) -> Sequence[str]:
        """Return the cities that distances are known between."""
        return sorted(each.name for each in cities())

    def _occupations(self, text: str) -> list[OccupationId]:
        names = self._graph().occupation_names
        found = []
        for line in filter(None, (each.strip() for each in text.splitlines())):
            named = names.exactly(line)
            if not named:
                raise InvalidWishError("unwanted", "There is no such kind of work.")
            found.append(OccupationId(named[0]))
        return found
