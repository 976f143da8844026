"""What one worker earns an hour, by skill and currency: out of the sums of their accounts, coarse.

For each skill, all work that speaks for it directly (essential to the occupation, or named by the platform's words,
`evidence.relevance`) is put together over accounts and kinds of work, each currency apart: pay by the hour is money
over hours, so that an hour counts as an hour wherever it was worked. It counts from `MIN_HOURS` in twelve months on,
and is rounded to two digits before it is kept. Nothing is ever converted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from graph.counting.aggregates import two_digits
from graph.evidence.facts import MAX_TEXT, MAX_TEXTS
from graph.evidence.relevance import NAMED, skills_of
from graph.model import SkillId
from graph.taxonomy.graph import SkillGraph

MIN_HOURS = Decimal(10)
"""Fewer hours than these say nothing of what somebody earns an hour."""

_MOST = Decimal(100_000_000)

Pay = Mapping[tuple[str, SkillId], Decimal]
"""Pay by the hour by (currency, skill)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidWork:
    """Hours and pay of one kind of work at one platform in one currency, over twelve months."""

    occupation_uri: str | None
    occupation_label: str | None
    terms: tuple[str, ...]
    currency: str
    hours: Decimal
    amount: Decimal


def read_paid_work(accounts: Any) -> Iterator[PaidWork]:
    """Yield what a representation's `accounts` bring. What is of another shape is left out, and costs itself only."""
    for account in accounts if isinstance(accounts, Sequence) and not isinstance(accounts, str) else ():
        given = account.get("paidWork") if isinstance(account, Mapping) else None
        for each in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
            paid = _paid(each)
            if paid is not None:
                yield paid


def earned(graph: SkillGraph, work: Iterable[PaidWork]) -> Pay:
    """Return pay by the hour by currency and skill."""
    sums: defaultdict[tuple[str, SkillId], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for each in work:
        for skill, relevance in skills_of(graph, each).items():
            if relevance >= NAMED:
                total = sums[each.currency, skill]
                total[0] += each.amount
                total[1] += each.hours
    return {
        key: two_digits(amount / hours) for key, (amount, hours) in sums.items() if hours >= MIN_HOURS and amount > 0
    }


def _paid(given: Any) -> PaidWork | None:
    try:
        occupation = given.get("occupation") or {}
        hours, amount = Decimal(str(given["hours"])), Decimal(str(given["amount"]))
        currency = given["currency"]
        if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
            return None
        if not (hours.is_finite() and amount.is_finite() and 0 < hours <= _MOST and abs(amount) <= _MOST):
            return None
        return PaidWork(
            occupation_uri=_text(occupation.get("code")) if occupation.get("scheme") == "ESCO" else None,
            occupation_label=_text(occupation.get("label")),
            terms=tuple(text for each in list(given.get("terms") or ())[:MAX_TEXTS] if (text := _text(each))),
            currency=currency.upper(),
            hours=hours,
            amount=amount,
        )
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        return None


def _text(value: Any) -> str | None:
    return value[:MAX_TEXT] if isinstance(value, str) and value else None
