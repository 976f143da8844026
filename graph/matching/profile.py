"""What matching knows of a worker: a vector derived from evidence, and their own wishes. Nothing else goes in.

No gig, no rating, no name; and no attribute of the person. This is what is stored, encrypted, under a `matching` grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from graph.evidence.estimate import Holding
from graph.evidence.licences import authorized
from graph.matching.preferences import PLAIN, Preferences
from graph.model import OccupationId, SkillId
from graph.taxonomy.graph import SkillGraph

FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Lower bounds of proficiency, skills held, hours by occupation, performance from -1 to 1, licences, and wishes."""

    low: Mapping[SkillId, float]
    held: frozenset[SkillId]
    practice: Mapping[OccupationId, float]
    performance: float = 0.0
    licensed: frozenset[OccupationId] = frozenset()
    """Regulated occupations that credentials license for."""
    preferences: Preferences = PLAIN

    @classmethod
    def of(cls, holding: Holding, preferences: Preferences = PLAIN) -> Profile:
        """Take from a holding what matching needs."""
        return cls(
            low={each.skill: each.low for each in holding.skills.values()},
            held=holding.held,
            practice=dict(holding.practice),
            performance=holding.performance,
            licensed=holding.licensed,
            preferences=preferences,
        )

    @property
    def authorized(self) -> frozenset[OccupationId]:
        """Occupations that may be worked in although they are regulated."""
        return authorized(self.practice, self.licensed)

    def within(self, graph: SkillGraph) -> Profile:
        """Return what of it a graph knows: a taxonomy may have changed since."""
        occupations = graph.occupations.keys()
        if self.low.keys() <= graph.skills.keys() and (self.practice.keys() | self.licensed) <= occupations:
            return self
        return Profile(
            low={skill: low for skill, low in self.low.items() if skill in graph.skills},
            held=frozenset(skill for skill in self.held if skill in graph.skills),
            practice={each: hours for each, hours in self.practice.items() if each in graph.occupations},
            performance=self.performance,
            licensed=self.licensed & occupations,
            preferences=self.preferences,
        )

    def to_bytes(self) -> bytes:
        """Return the stored form: JSON in one order, so that equal profiles are equal bytes."""
        plain = {
            "format": FORMAT,
            "low": self.low,
            "held": sorted(self.held),
            "practice": {each: round(hours, 2) for each, hours in self.practice.items()},
            "performance": self.performance,
            "licensed": sorted(self.licensed),
            "preferences": self.preferences.to_json(),
        }
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Profile:
        """Read the stored form. Raises `ValueError` for another format."""
        plain: dict[str, Any] = orjson.loads(stored)
        if plain.get("format") != FORMAT:
            raise ValueError("This profile is of another format.")
        # Ids are taken as they are: calling a NewType for each would take most of the time of opening a large pool.
        return cls(
            low=plain["low"],
            held=frozenset(plain["held"]),
            practice=plain["practice"],
            performance=plain["performance"],
            licensed=frozenset(plain["licensed"]),
            preferences=Preferences.from_json(plain["preferences"]),
        )
