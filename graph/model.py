"""The nouns of the skill graph: skills, occupations, training, opportunities. Immutable values without behavior.

`taxonomy` holds them as attributes of the graph's nodes; `evidence`, `pathways` and `matching` read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import NewType

SkillId = NewType("SkillId", str)
OccupationId = NewType("OccupationId", str)
TrainingId = NewType("TrainingId", str)
OpportunityId = NewType("OpportunityId", str)


class Language(StrEnum):
    """Languages that the schema offers. A taxonomy may have labels in others; all go by ISO 639-1 code."""

    EN = "en"
    SV = "sv"


class TrainingMode(Enum):
    """How a programme is attended."""

    ONLINE = "ONLINE"
    ON_SITE = "ON_SITE"
    BLENDED = "BLENDED"


class PayPeriod(Enum):
    """What pay is counted by."""

    HOUR = "HOUR"
    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill or a piece of knowledge. `labels` has at least one."""

    id: SkillId
    uri: str | None
    labels: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]
    description: str
    is_knowledge: bool

    @property
    def name(self) -> str:
        """The English label, or the first there is."""
        return self.labels.get(Language.EN) or next(iter(self.labels.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupation:
    """An occupation: its preparation (`job_zone`, 1 to 5) and, where work in it is regulated, by what."""

    id: OccupationId
    uri: str | None
    isco: str
    labels: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]
    description: str
    job_zone: int | None
    regulation: str | None

    @property
    def name(self) -> str:
        """The English label, or the first there is."""
        return self.labels.get(Language.EN) or next(iter(self.labels.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who offers training."""

    id: str
    name: str
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A programme: what it teaches, what it asks for, what it costs, and what it licenses its graduates to work as.

    An on-ramp is a programme whose graduates are staffed: `staffed_by` gives them work in the occupations of `staffs`.
    """

    id: TrainingId
    title: str
    provider: Provider
    teaches: frozenset[SkillId]
    requires: frozenset[SkillId]
    licenses: frozenset[OccupationId]
    staffs: frozenset[OccupationId] = frozenset()
    staffed_by: str | None = None
    hours: int
    cost: Decimal
    currency: str
    mode: TrainingMode
    certificate: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """A range of pay in one currency."""

    min: Decimal
    max: Decimal
    currency: str
    per: PayPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """Work that somebody offers."""

    id: OpportunityId
    title: str
    organization: str
    occupation: OccupationId
    required: frozenset[SkillId]
    preferred: frozenset[SkillId]
    place: str | None
    remote: bool
    pay: Pay
    posted_at: datetime
    closes_at: datetime | None
    simulated: bool

    def is_open(self, now: datetime) -> bool:
        """Whether one can still apply."""
        return self.posted_at <= now and (self.closes_at is None or now < self.closes_at)
