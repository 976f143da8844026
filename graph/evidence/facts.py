"""Evidence as it arrives: the folded facts of the worker's accounts, taken out of an entity's representation.

A representation is plain JSON that other subgraphs made. A fact that lacks what every fact has, or holds it in another
shape, is left out: one platform's mistake costs that platform's facts only. Numbers are bounded, texts are cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

MAX_TEXTS = 200
MAX_TEXT = 200
MAX_COUNT = 100_000_000


class EngagementKind(Enum):
    """Kinds of gig work."""

    RIDE = "RIDE"
    DELIVERY = "DELIVERY"
    TASK = "TASK"
    SHIFT = "SHIFT"
    MICROTASK = "MICROTASK"
    CONTRACT = "CONTRACT"
    MILESTONE = "MILESTONE"
    PROJECT = "PROJECT"
    SPONSORSHIP = "SPONSORSHIP"


class Fidelity(Enum):
    """How far the shape of a platform's data rests on what the platform documents."""

    DOCUMENTED = "DOCUMENTED"
    OBSERVED = "OBSERVED"
    TAKEOUT = "TAKEOUT"
    HYPOTHETICAL = "HYPOTHETICAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingFact:
    """A mean rating on its scale; `sample` is how many ratings it is the mean of, when the platform says so."""

    value: float
    worst: float
    best: float
    sample: int | None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFact:
    """One kind of work at one platform, in numbers. `inferred`: the occupation is a guess of the connector."""

    platform: str
    kind: EngagementKind
    occupation_uri: str | None
    occupation_label: str | None
    inferred: bool
    terms: tuple[str, ...]
    completed: int
    cancelled: int
    hours: Decimal | None
    first_at: datetime | None
    last_at: datetime | None
    recent: int
    ratings: tuple[RatingFact, ...]
    credentials: tuple[str, ...]
    fidelity: Fidelity
    simulated: bool


def read_facts(accounts: Any) -> tuple[SkillFact, ...]:
    """Return the facts in a representation's `accounts`, in their order. Accounts without evidence are skipped."""
    found = []
    for account in accounts if isinstance(accounts, Sequence) and not isinstance(accounts, str) else ():
        evidence = account.get("evidence") if isinstance(account, Mapping) else None
        for given in evidence if isinstance(evidence, Sequence) and not isinstance(evidence, str) else ():
            fact = _fact(given)
            if fact is not None:
                found.append(fact)
    return tuple(found)


def _fact(given: Any) -> SkillFact | None:
    try:
        occupation = given.get("occupation") or {}
        completed = _count(given["completed"])
        return SkillFact(
            platform=_text(given["platform"]),
            kind=EngagementKind(given["kind"]),
            occupation_uri=_optional_text(occupation.get("code")) if occupation.get("scheme") == "ESCO" else None,
            occupation_label=_optional_text(occupation.get("label")),
            inferred=occupation.get("mapping") == "INFERRED",
            terms=_texts(given.get("terms")),
            completed=completed,
            cancelled=_count(given.get("cancelled") or 0),
            hours=_hours(given.get("hours")),
            first_at=_instant(given.get("firstAt")),
            last_at=_instant(given.get("lastAt")),
            recent=min(_count(given.get("recent") or 0), completed),
            ratings=tuple(rating for each in given.get("ratings") or () if (rating := _rating(each)) is not None),
            credentials=_texts(given.get("credentials")),
            fidelity=Fidelity(given.get("fidelity")),
            simulated=bool(given.get("simulated")),
        )
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        return None


def _rating(given: Any) -> RatingFact | None:
    value, worst, best = (float(Decimal(str(given[name]))) for name in ("value", "min", "max"))
    if not worst < best or not worst <= value <= best:
        return None
    sample, name = given.get("sampleSize"), given.get("name")
    return RatingFact(
        value=value,
        worst=worst,
        best=best,
        sample=None if sample is None else _count(sample),
        name="" if name is None else _text(name),
    )


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("not a count")
    return min(value, MAX_COUNT)


def _hours(value: Any) -> Decimal | None:
    if value is None:
        return None
    hours = Decimal(str(value))
    if not hours.is_finite() or hours < 0:
        raise InvalidOperation
    return min(hours, Decimal(MAX_COUNT))


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    instant = datetime.fromisoformat(value)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value[:MAX_TEXT]


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_text(value) for value in list(values or ())[:MAX_TEXTS] if value)
