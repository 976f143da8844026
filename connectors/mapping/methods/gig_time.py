"""Ours, not Apollo's: dates and times as platforms send them → RFC 3339 in UTC.

`->gig_epoch`, `->gig_date`, `->gig_utc`, `->gig_seconds`; what each takes is in the package's docstring.
Zone rules come from the tz database through `zoneinfo`; the clock is never read.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.mapping.exact import Number, calculate
from connectors.mapping.json_values import Json
from connectors.mapping.methods.method import Answer, mismatch, of_arguments
from connectors.mapping.methods.numeric_text import number_from
from connectors.mapping.run import Run, Site

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}
_SECONDS: dict[Json, Number] = {"ms": Decimal("0.001"), "s": 1, "min": 60, "h": 3600, "d": 86400}
_PATTERN_WORDS = {
    "yyyy": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{2})",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{2})",
    "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<half_hour>\d{2})",
    "h": r"(?P<half_hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "SSS": r"(?P<milli>\d{3})",
    "a": r"(?P<half>[AaPp][Mm])",
}
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[Tt ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<offset>Z|z|UTC|[+-]\d{2}:?\d{2}(?: UTC)?)?"
)
_PATTERN_PART = re.compile(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']+")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?")


def _epoch(value: Json, site: Site, run: Run, unit: Json = "s") -> Json:
    if not isinstance(unit, str) or unit not in _PER_SECOND:
        return mismatch(site, run, 'the unit "s", "ms" or "us"', unit)
    number = number_from(value)
    if number is None:
        return mismatch(site, run, "a number of seconds since 1970", value)
    try:
        microseconds = int(calculate("mul", number, 1_000_000 // _PER_SECOND[unit]))
        return _rfc3339(_EPOCH + timedelta(microseconds=microseconds))
    except (ArithmeticError, ValueError):
        return site.complain(run, "OUT_OF_RANGE", "this instant is beyond the calendar")


def _date(value: Json, site: Site, run: Run, pattern: Json = "yyyyMMdd") -> Json:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not isinstance(pattern, str):
        return mismatch(site, run, "a string or a whole number, and a pattern", value)
    moment = _local(text, pattern)
    if moment is None:
        return site.complain(run, "NOT_CONVERTIBLE", f"this is not a date of the form {pattern}")
    return moment.date().isoformat()


def _utc(value: Json, site: Site, run: Run, zone: Json = "UTC", pattern: Json = None) -> Json:
    """Ambiguous local times are the earlier instant; a time that the clocks skip is read as before the skip."""
    if not isinstance(value, str) or not isinstance(zone, str):
        return mismatch(site, run, "a string and the name of a zone", value if isinstance(zone, str) else zone)
    rules = _zone(zone)
    if rules is None:
        return site.complain(run, "NOT_CONVERTIBLE", "this is not the name of a time zone or an offset")
    moment = _local(value, pattern) if isinstance(pattern, str) else _iso(value)
    if moment is None:
        return site.complain(run, "NOT_CONVERTIBLE", "this is not a date and time of the expected form")
    try:
        return _rfc3339((moment if moment.tzinfo else moment.replace(tzinfo=rules)).astimezone(UTC))
    except (OverflowError, ValueError):
        return site.complain(run, "OUT_OF_RANGE", "this instant is beyond the calendar")


def _seconds(value: Json, site: Site, run: Run, unit: Json) -> Json:
    if unit in ("iso", "clock"):
        if not isinstance(value, str):
            return mismatch(site, run, "a string", value)
        match = (_DURATION if unit == "iso" else _CLOCK).fullmatch(value.strip())
        if match is None or not any(match.groups()):
            return site.complain(run, "NOT_CONVERTIBLE", "this is not a duration of the expected form")
        scales = (86400, 3600, 60, 1) if unit == "iso" else ((3600, 60, 1) if match[3] else (60, 1))
        total: Number = 0
        for part, scale in zip(match.groups(), scales, strict=False):
            total = calculate("add", total, calculate("mul", number_from(part or "0") or 0, scale))
        return _whole(total)
    if not isinstance(unit, str) or unit not in _SECONDS:
        return mismatch(site, run, 'the unit "ms", "s", "min", "h", "d", "iso" or "clock"', unit)
    number = number_from(value)
    if number is None:
        return mismatch(site, run, "a number", value)
    try:
        return _whole(calculate("mul", number, _SECONDS[unit]))
    except ArithmeticError:
        return site.complain(run, "OUT_OF_RANGE", "this number is too large")


def _whole(number: Number) -> Number:
    return int(number) if number == int(number) else number


def _rfc3339(moment: datetime) -> str:
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    moment = _moment({key: part for key, part in match.groupdict().items() if key not in ("fraction", "offset")})
    if moment is None:
        return None
    if match["fraction"]:
        moment = moment.replace(microsecond=int(match["fraction"].ljust(9, "0")[:6]))
    zone = match["offset"]
    return moment.replace(tzinfo=_zone(zone.removesuffix(" UTC").upper())) if zone else moment


def _local(text: str, pattern: str) -> datetime | None:
    expression = _compiled(pattern)
    match = expression.fullmatch(text.strip()) if expression else None
    return _moment(match.groupdict()) if match else None


def _moment(parts: dict[str, str | None]) -> datetime | None:
    number = {key: int(part) for key, part in parts.items() if part and key != "half"}
    hour = number.get("hour", 0)
    if "half_hour" in number:
        hour = number["half_hour"] % 12 + (12 if (parts.get("half") or "").lower() == "pm" else 0)
    try:
        return datetime(
            number["year"],
            number.get("month", 1),
            number.get("day", 1),
            hour,
            number.get("minute", 0),
            number.get("second", 0),
            number.get("milli", 0) * 1000,
        )
    except (KeyError, ValueError):
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The regular expression of a date pattern, or None when the pattern makes no sense."""
    words = [match.group() for match in _PATTERN_PART.finditer(pattern)]
    try:
        return re.compile("".join(map(_pattern_part, words)))
    except (KeyError, re.error):
        return None


def _pattern_part(word: str) -> str:
    return _PATTERN_WORDS[word] if word[0].isalpha() else re.escape(word.strip("'"))


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo | None:
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", name)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes >= 1440:
            return None
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    if name in ("Z", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


METHODS = (
    of_arguments("gig_epoch", 0, 1, Answer.STRING, _epoch),
    of_arguments("gig_date", 0, 1, Answer.STRING, _date),
    of_arguments("gig_utc", 0, 2, Answer.STRING, _utc),
    of_arguments("gig_seconds", 1, 1, Answer.NUMBER, _seconds),
)
