"""What a feed's mapped records must be. A record that is not is refused, and the others live.

`check_records` returns plain JSON values (texts, whole numbers, booleans) with every field of the record type present.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from connectors.schema.definition import FeedKind

Json = Any

MOST_TEXTS = 100
MOST_REASONS = 50

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[a-z]{2}")


class _RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why records were refused: a code, what is wrong, how many, and the `ref` of the first."""

    code: str
    message: str
    count: int
    example: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The records that are good, and why others are not."""

    records: tuple[Mapping[str, Json], ...]
    refused: tuple[Refused, ...]


def check_records(kind: FeedKind, records: Iterable[Json], *, currency: str | None) -> Checked:
    """Check the records of one feed; `currency` is the connector's own, for records that name none."""
    good: dict[str, Mapping[str, Json]] = {}
    reasons: dict[tuple[str, str], Refused] = {}
    for number, record in enumerate(records):
        name = _name(record)
        try:
            checked = _checked(kind, record, currency)
            key = str(checked.get("ref") or number)
            if key in good:
                raise _RefusedError("REF_TWICE", "Another record before has the same ref.")
            good[key] = checked
        except _RefusedError as refusal:
            place = (refusal.code, refusal.message)
            known = reasons.get(place)
            if known is None and len(reasons) >= MOST_REASONS:
                continue
            reasons[place] = Refused(
                code=refusal.code,
                message=refusal.message,
                count=1 + (known.count if known is not None else 0),
                example=known.example if known is not None else name,
            )
    refused = sorted(reasons.values(), key=lambda each: (-each.count, each.code, each.message))
    return Checked(records=tuple(good.values()), refused=tuple(refused))


def _name(record: Json) -> str | None:
    ref = record.get("ref") if isinstance(record, dict) else None
    return str(ref)[:200] if isinstance(ref, str | int) else None


def _checked(kind: FeedKind, record: Json, currency: str | None) -> Mapping[str, Json]:
    if not isinstance(record, dict):
        raise _RefusedError("RECORD_INVALID", "The record is no object.")
    found: dict[str, Json] = {}
    for name, (check, default) in _FIELDS[kind].items():
        value = record.get(name)
        if value is None:
            if default is _NEEDED:
                raise _RefusedError("FIELD_MISSING", f"`{name}` is missing.")
            found[name] = list(default) if isinstance(default, tuple) else default
            continue
        try:
            found[name] = check(value)
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            raise _RefusedError("FIELD_INVALID", f"`{name}` is not what it should be.") from None
    _RULES[kind](found, currency)
    return found


def _training(found: dict[str, Json], currency: str | None) -> None:
    if not (found["teaches"] or found["licenses"] or found["staffs"]):
        raise _RefusedError("TEACHES_NOTHING", "The programme teaches, licenses and staffs nothing.")
    if found["mode"] != "ONLINE" and not found["place"]:
        raise _RefusedError("PLACE_MISSING", "A programme that is attended needs a `place`.")
    if found["ref"] in found["after"]:
        raise _RefusedError("AFTER_ITSELF", "The programme asks for itself.")
    found["currency"] = found["currency"] or _needed_currency(currency)


def _opportunity(found: dict[str, Json], currency: str | None) -> None:
    if not found["place"] and not found["remote"]:
        raise _RefusedError("PLACE_MISSING", "Work that is not remote needs a `place`.")
    if found["closesAt"] is not None and found["closesAt"] <= found["postedAt"]:
        raise _RefusedError("CLOSES_BEFORE_POSTED", "`closesAt` is not after `postedAt`.")
    found["pay"]["currency"] = found["pay"]["currency"] or _needed_currency(currency)


def _posting(found: dict[str, Json], currency: str | None) -> None:
    """Counts have no rule beyond their fields."""


def _needed_currency(currency: str | None) -> str:
    if currency is None:
        raise _RefusedError("CURRENCY_MISSING", "Neither the record nor the connector names a currency.")
    return currency


def _text(most: int) -> Callable[[Json], str]:
    def check(value: Json) -> str:
        given = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        text = " ".join(given.replace("\x00", "").split())
        if not text or len(text) > most:
            raise ValueError
        return text

    return check


def _long_text(value: Json) -> str:
    return str(value.replace("\x00", "").strip()[:10_000])


def _texts(value: Json) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_TEXTS:
        raise ValueError
    return list(dict.fromkeys(_text(300)(each) for each in value))


def _number(value: Json) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise TypeError
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError from None
    if not number.is_finite() or not 0 <= number <= 100_000_000:
        raise ValueError
    return number


def _amount(value: Json) -> str:
    return str(_number(value).quantize(Decimal("0.01")))


def _whole(least: int, most: int) -> Callable[[Json], int]:
    def check(value: Json) -> int:
        number = _number(value)
        if number != number.to_integral_value() or not least <= number <= most:
            raise ValueError
        return int(number)

    return check


def _weekly_hours(value: Json) -> int:
    """Return whole hours; 37.5 is said in many contracts, and no reason to refuse the opening."""
    hours = round(_number(value))
    if not 1 <= hours <= 168:
        raise ValueError
    return hours


def _fitting(pattern: re.Pattern[str]) -> Callable[[Json], str]:
    def check(value: Json) -> str:
        if not pattern.fullmatch(value):
            raise ValueError
        return str(value)

    return check


def _one_of(*names: str) -> Callable[[Json], str]:
    def check(value: Json) -> str:
        if value not in names:
            raise ValueError
        return str(value)

    return check


def _languages(value: Json) -> list[str]:
    return sorted({_fitting(_LANGUAGE)(each) for each in _texts(value)})


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _instant(value: Json) -> str:
    at = datetime.fromisoformat(value)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="seconds")


def _address(value: Json) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or len(value) > 2_000:
        raise ValueError
    return str(value)


def _pay(value: Json) -> dict[str, Json]:
    low, high = _number(value["min"]), _number(value["max"])
    if low > high:
        raise ValueError
    given = value.get("currency")
    return {
        "min": _amount(low),
        "max": _amount(high),
        "currency": _fitting(_CURRENCY)(given) if given is not None else None,
        "per": _one_of("HOUR", "DAY", "MONTH", "YEAR")(value.get("per")),
    }


def _pay_or_missing(value: Json) -> dict[str, Json]:
    try:
        return _pay(value)
    except KeyError:
        raise ValueError from None


_NEEDED = object()
_NOTHING: tuple[str, ...] = ()
Field = tuple[Callable[[Json], Json], Json]

_FIELDS: Mapping[FeedKind, Mapping[str, Field]] = MappingProxyType(
    {
        "TRAINING": {
            "ref": (_text(200), _NEEDED),
            "title": (_text(300), _NEEDED),
            "description": (_long_text, None),
            "provider": (_text(200), None),
            "teaches": (_texts, _NOTHING),
            "requires": (_texts, _NOTHING),
            "after": (_texts, _NOTHING),
            "hours": (_whole(0, 100_000), _NEEDED),
            "cost": (_amount, _NEEDED),
            "currency": (_fitting(_CURRENCY), None),
            "mode": (_one_of("ONLINE", "ON_SITE", "BLENDED"), _NEEDED),
            "place": (_text(200), None),
            "languages": (_languages, _NOTHING),
            "certificate": (_text(300), None),
            "licenses": (_texts, _NOTHING),
            "staffs": (_texts, _NOTHING),
            "staffedBy": (_text(200), None),
            "url": (_address, None),
        },
        "OPPORTUNITIES": {
            "ref": (_text(200), _NEEDED),
            "title": (_text(300), _NEEDED),
            "description": (_long_text, None),
            "organization": (_text(200), _NEEDED),
            "occupation": (_text(300), None),
            "requires": (_texts, _NOTHING),
            "prefers": (_texts, _NOTHING),
            "place": (_text(200), None),
            "remote": (_flag, False),
            "languages": (_languages, _NOTHING),
            "pay": (_pay_or_missing, _NEEDED),
            "openings": (_whole(1, 100_000), 1),
            "hoursPerWeek": (_weekly_hours, None),
            "postedAt": (_instant, _NEEDED),
            "closesAt": (_instant, None),
            "url": (_address, None),
        },
        "POSTINGS": {
            "month": (_fitting(_MONTH), _NEEDED),
            "region": (_text(200), _NEEDED),
            "occupation": (_text(300), _NEEDED),
            "openings": (_whole(0, 10_000_000), _NEEDED),
        },
    }
)
"""For each field of a record type, its check and what stands there when it is missing."""

_RULES: Mapping[FeedKind, Callable[[dict[str, Json], str | None], None]] = MappingProxyType(
    {"TRAINING": _training, "OPPORTUNITIES": _opportunity, "POSTINGS": _posting}
)
