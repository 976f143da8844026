"""Folds: from records to numbers that tell of no single piece of work.

`experience` and `evidence` fold engagements, `earnings` folds engagements or payments. Input are mapped records as
the platform's connector gives them; output are values of the canonical types, `provenance` left to completion.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from connectors.mapping import dump_json
from connectors.runtime.completion import occupation_of
from connectors.runtime.pages import moment, started_at
from connectors.runtime.provenance import instant
from connectors.schema.definition import Definition, Distinct
from connectors.transport import UpstreamMalformedError

Json = Any

_RECENT: Final = timedelta(days=365)
_HOUR: Final = Decimal(3600)
_CENT: Final = Decimal("0.01")
_MOST_TERMS: Final = 50
_APART: Final = frozenset({"CASH_COLLECTED"})
"""Kinds of lines that say how something was paid and add nothing to it."""


@dataclass(slots=True)
class _Tally:
    """The engagements of one kind and occupation."""

    kind: str
    occupation: Json
    completed: int = 0
    cancelled: int = 0
    by_worker: int = 0
    recent: int = 0
    seconds: int = 0
    timed: int = 0
    first: datetime | None = None
    last: datetime | None = None
    months: set[tuple[int, int]] = field(default_factory=set)
    terms: Counter[str] = field(default_factory=Counter)

    def add(self, record: Mapping[str, Json], now: datetime) -> None:
        status = record.get("status")
        if status == "CANCELLED":
            self.cancelled += 1
            self.by_worker += record.get("cancelledBy") == "WORKER"
        if status not in ("COMPLETED", "IN_PROGRESS"):
            return
        at = started_at(record)
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            ended = moment((record.get("period") or {}).get("end")) or at
            self.last = ended if self.last is None else max(self.last, ended)
            self.months.add((at.year, at.month))
        duration = (record.get("duration") or {}).get("seconds")
        if isinstance(duration, int | Decimal):
            self.seconds += int(duration)
            self.timed += 1
        if status == "COMPLETED":
            self.completed += 1
            self.recent += at is not None and now - at <= _RECENT
        self.terms.update(term for term in record.get("terms") or () if isinstance(term, str))

    @property
    def hours(self) -> str | None:
        return dump_json((Decimal(self.seconds) / _HOUR).quantize(_CENT)) if self.timed else None


def fold_experience(records: Iterable[Json], definition: Definition, now: datetime) -> list[Json]:
    """Return `ExperienceSummary` values, the most work first."""
    summaries = []
    for tally in _tallies(records, definition, now):
        ended = tally.completed + tally.cancelled
        summaries.append(
            {
                "kind": tally.kind,
                "occupation": tally.occupation,
                "completed": tally.completed,
                "cancelled": tally.cancelled,
                "hours": tally.hours,
                "firstAt": instant(tally.first),
                "lastAt": instant(tally.last),
                "activeMonths": len(tally.months),
                "reliability": {
                    "acceptanceRate": None,
                    "completionRate": _ratio(tally.completed, ended),
                    "onTimeRate": None,
                    "cancellationRate": _ratio(tally.by_worker, ended),
                },
            }
        )
    return summaries


def fold_evidence(
    records: Iterable[Json],
    definition: Definition,
    now: datetime,
    *,
    ratings: Sequence[Json],
    credentials: Sequence[Json],
    terms: Sequence[Json],
    simulated: bool,
) -> list[Json]:
    """Return `SkillFact` values; `ratings`, `credentials` and `terms` are the account's, as mapped."""
    words = [term for term in terms if isinstance(term, str)]
    names = [each["name"] for each in credentials if isinstance(each, dict) and isinstance(each.get("name"), str)]
    facts = []
    for tally in _tallies(records, definition, now):
        facts.append(
            {
                "platform": definition.platform.name,
                "kind": tally.kind,
                "occupation": tally.occupation,
                "terms": list(dict.fromkeys([*most_common(tally.terms), *words])),
                "completed": tally.completed,
                "cancelled": tally.cancelled,
                "hours": tally.hours,
                "firstAt": instant(tally.first),
                "lastAt": instant(tally.last),
                "recent": tally.recent,
                "ratings": [fact for fact in map(_skill_rating, ratings) if fact is not None],
                "credentials": names,
                "fidelity": definition.platform.fidelity,
                "simulated": simulated,
            }
        )
    return facts


def fold_earnings(payments: Iterable[Json], since: date | None, until: date | None) -> list[Json]:
    """Return `EarningsSummary` values per calendar month (UTC) and currency, newest first.

    A payment is `{engagement?, at, lines}`; a month is cut where the range cuts it.
    """
    months: defaultdict[tuple[date, str], list[tuple[Json, Json]]] = defaultdict(list)
    for payment in payments:
        at = moment(payment.get("at"))
        if at is None:
            continue
        day = at.astimezone(UTC).date()
        if (since is not None and day < since) or (until is not None and day > until):
            continue
        for line in payment.get("lines") or ():
            months[(day.replace(day=1), str(line.get("currency")))].append((payment.get("engagement"), line))
    summaries = []
    for (month, currency), entries in sorted(months.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1])):
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        lines = _sum_lines([line for _, line in entries])
        total = sum((Decimal(line["amount"]) for line in lines if line["kind"] not in _APART), Decimal(0))
        engagements = {ref for ref, _ in entries if ref is not None}
        summaries.append(
            {
                "from": max(month, since).isoformat() if since else month.isoformat(),
                "to": min(last, until).isoformat() if until else last.isoformat(),
                "currency": currency,
                "total": dump_json(total),
                "lines": lines,
                "engagements": len(engagements),
            }
        )
    return summaries


def most_common(terms: Counter[str]) -> list[str]:
    """Return the words that are told of work, those of most records first."""
    return [term for term, _ in terms.most_common(_MOST_TERMS)]


def amount_of(value: Json) -> Decimal:
    """Return an amount. Raises `UpstreamMalformedError`: a sum that leaves one out would be wrong."""
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        amount = None
    if amount is None or not amount.is_finite():
        raise UpstreamMalformedError("The platform's answer has something else where an amount is mapped.")
    return amount


def payments_of(records: Iterable[Json]) -> list[Json]:
    """Return engagements that carry their own earnings as payments, made when the work ended."""
    return [
        {
            "engagement": record.get("ref"),
            "at": (record.get("period") or {}).get("end") or (record.get("period") or {}).get("start"),
            "lines": record.get("earnings") or [],
        }
        for record in records
    ]


def distinct(records: Iterable[Json], rule: Distinct) -> list[Json]:
    """Return one record per value of `rule.by`, in order of appearance, with the number of records behind each."""
    kept: dict[Json, dict[str, Json]] = {}
    counts: Counter[Json] = Counter()
    for record in records:
        key = record.get(rule.by)
        if key is not None:
            kept.setdefault(key, dict(record))
            counts[key] += 1
    if rule.count is not None:
        for key, record in kept.items():
            record[rule.count] = counts[key]
    return list(kept.values())


def _tallies(records: Iterable[Json], definition: Definition, now: datetime) -> list[_Tally]:
    tallies: dict[tuple[str, str | None], _Tally] = {}
    for record in records:
        occupation = record.get("occupation") or occupation_of(definition, record.get("work"))
        code = occupation.get("code") if isinstance(occupation, dict) else None
        key = (str(record.get("kind")), code)
        if key not in tallies:
            tallies[key] = _Tally(kind=key[0], occupation=occupation)
        tallies[key].add(record, now)
    return sorted(tallies.values(), key=lambda tally: (-tally.completed, tally.kind))


def _sum_lines(lines: Sequence[Json]) -> list[Json]:
    sums: dict[tuple[str, str | None], Decimal] = {}
    for line in lines:
        key = (str(line.get("kind")), line.get("sourceCode"))
        sums[key] = sums.get(key, Decimal(0)) + amount_of(line.get("amount"))
    currency = lines[0].get("currency") if lines else None
    return [
        {"kind": kind, "amount": dump_json(amount), "currency": currency, "sourceCode": code}
        for (kind, code), amount in sums.items()
    ]


def _ratio(part: int, whole: int) -> Json:
    return {"value": round(part / whole, 6), "numerator": part, "denominator": whole} if whole else None


def _skill_rating(rating: Json) -> Json:
    scheme = rating.get("scheme") if isinstance(rating, dict) else None
    if not isinstance(scheme, dict) or rating.get("value") is None:
        return None
    return {
        "name": scheme.get("name"),
        "value": rating["value"],
        "min": scheme.get("min"),
        "max": scheme.get("max"),
        "sampleSize": rating.get("sampleSize"),
    }
