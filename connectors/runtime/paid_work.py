"""The fold `paidWork`: hours and pay of each kind of work over the last twelve months, for counting and nothing else.

A gig is in it when it is done and the platform tells both how long it took and what was paid for it, in one currency.
What is left out in money is left out in hours too, so that the one divided by the other is pay by the hour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from connectors.mapping import dump_json
from connectors.runtime.completion import occupation_of
from connectors.runtime.folds import amount_of, most_common
from connectors.runtime.pages import moment, started_at
from connectors.schema.definition import Definition

Json = Any

_YEAR: Final = timedelta(days=365)
_HOUR: Final = Decimal(3600)
_CENT: Final = Decimal("0.01")
_NOT_PAY: Final = frozenset({"CASH_COLLECTED", "TOLL_REIMBURSEMENT", "TAX"})
"""Kinds of lines that are nobody's pay: how something was paid, what was laid out and came back, what is passed on."""


@dataclass(slots=True)
class _Paid:
    """The gigs of one kind, occupation and currency."""

    occupation: Json
    seconds: int = 0
    amount: Decimal = Decimal(0)
    terms: Counter[str] = field(default_factory=Counter)


def paid_lately(records: Iterable[Json], now: datetime) -> list[Json]:
    """Return the records that `fold_paid_work` may count: done within the last twelve months, with their time."""
    return [
        record
        for record in records
        if record.get("status") == "COMPLETED" and _seconds(record) > 0 and _is_within_a_year(record, now)
    ]


def fold_paid_work(
    records: Iterable[Json], definition: Definition, now: datetime, *, terms: Sequence[Json]
) -> list[Json]:
    """Return `PaidWork` values, the most hours first; `terms` are the account's.

    Raises the error of a record whose earnings could not be read: a sum that leaves one out would be wrong.
    """
    words = [term for term in terms if isinstance(term, str)]
    found: dict[tuple[str, str, str], _Paid] = {}
    for record in paid_lately(records, now):
        lines = record.get("earnings")
        if isinstance(lines, Exception):
            raise lines
        paid = [line for line in lines or () if line.get("kind") not in _NOT_PAY]
        currency, *others = {str(line.get("currency")) for line in paid} or {""}
        if others or not currency:
            continue
        occupation = record.get("occupation") or occupation_of(definition, record.get("work"))
        code = occupation.get("code") if isinstance(occupation, dict) else None
        key = (str(record.get("kind")), str(code or ""), currency)
        sums = found.setdefault(key, _Paid(occupation))
        sums.seconds += _seconds(record)
        sums.amount += sum((amount_of(line.get("amount")) for line in paid), Decimal(0))
        sums.terms.update(term for term in record.get("terms") or () if isinstance(term, str))
    return [
        {
            "kind": kind,
            "occupation": each.occupation,
            "terms": list(dict.fromkeys([*most_common(each.terms), *words])),
            "currency": currency,
            "hours": dump_json((Decimal(each.seconds) / _HOUR).quantize(_CENT)),
            "amount": dump_json(each.amount),
        }
        for (kind, _, currency), each in sorted(found.items(), key=lambda item: (-item[1].seconds, item[0]))
    ]


def _seconds(record: Json) -> int:
    seconds = (record.get("duration") or {}).get("seconds")
    return int(seconds) if isinstance(seconds, int | Decimal) and not isinstance(seconds, bool) else 0


def _is_within_a_year(record: Json, now: datetime) -> bool:
    at = moment((record.get("period") or {}).get("end")) or started_at(record)
    return at is not None and now - _YEAR <= at <= now
