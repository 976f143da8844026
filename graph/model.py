"""The nouns of the skill graph: skills, occupations, training, opportunities. Immutable values without behavior.

`taxonomy` holds them as attributes of the graph's nodes; `evidence`, `pathways` and `matching` read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import NewType

from graph.errors import InvalidArgumentError

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
class FeedOrigin:
    """Which provider's feed something was read from, and how far that can be relied on."""

    platform: str
    name: str
    version: str
    fidelity: str
    simulated: bool
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedWords:
    """A skill that was found in a provider's own words, how surely (0 to 1)."""

    skill: SkillId
    words: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who offers training. `origin` is None for those that are built in."""

    id: str
    name: str
    simulated: bool
    origin: FeedOrigin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A programme: what it teaches, what it asks for, what it costs, and what it licenses its graduates to work as.

    An on-ramp is a programme whose graduates are staffed: `staffed_by` gives them work in the occupations of `staffs`.
    `place` is where it is attended, `languages` (ISO 639-1) in which it is taught; none: any will do.
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
    description: str | None = None
    place: str | None = None
    languages: frozenset[str] = frozenset()
    url: str | None = None
    links: tuple[LinkedWords, ...] = ()


HOURS_PAID: Mapping[PayPeriod, int] = MappingProxyType(
    {PayPeriod.HOUR: 1, PayPeriod.DAY: 8, PayPeriod.MONTH: 160, PayPeriod.YEAR: 1_920}
)
"""Hours of full-time work that a period of pay stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """A range of pay in one currency."""

    min: Decimal
    max: Decimal
    currency: str
    per: PayPeriod

    @property
    def per_hour(self) -> Decimal:
        """The middle of the range, for an hour of full-time work."""
        return (self.min + self.max) / 2 / HOURS_PAID[self.per]


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
    description: str | None = None
    languages: frozenset[str] = frozenset()
    """Languages that one must speak."""
    openings: int = 1
    url: str | None = None
    links: tuple[LinkedWords, ...] = ()
    origin: FeedOrigin | None = None
    hours_per_week: int | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether one can still apply."""
        return self.posted_at <= now and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Month:
    """A month of a year."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `YYYY-MM`. Raises `InvalidArgumentError`."""
        year, _, month = text.partition("-")
        if not (year.isdigit() and month.isdigit() and len(text) == 7 and 1 <= int(month) <= 12):
            raise InvalidArgumentError(f"{text[:20]!r} is no month; write YYYY-MM.")
        return cls(year=int(year), month=int(month))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def after(self, months: int) -> Month:
        """Return the month so many later."""
        number = self.year * 12 + self.month - 1 + months
        return Month(year=number // 12, month=number % 12 + 1)

    def until(self, other: Month) -> int:
        """Return how many months later another is."""
        return (other.year - self.year) * 12 + other.month - self.month


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Openings for one occupation in one region and month. `asks` are the skills; None: what the occupation takes."""

    month: Month
    region: str
    occupation: OccupationId
    openings: int
    simulated: bool
    asks: frozenset[SkillId] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryBar:
    """What a platform asks of who begins there, in one occupation: skills, preparation, experience."""

    platform: str
    name: str
    occupation: OccupationId
    requires: frozenset[SkillId]
    zone: int | None
    hours: int
    note: str | None
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The note in other languages than English."""
    fidelity: str
    simulated: bool

    def note_in(self, language: Language) -> str | None:
        """Return the note in a language, or as it is."""
        return self.notes.get(language, self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is offered: programmes, opportunities, counts of past openings, platforms' entry bars, and their names."""

    training: tuple[Training, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    postings: tuple[Posting, ...] = ()
    entries: tuple[EntryBar, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What platforms call themselves, by the names that they go by here."""
