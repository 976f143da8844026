"""Ours, not Apollo's: money as decimal strings, distances in meters, ratings as ratios.

`->gig_money`, `->gig_minor`, `->gig_meters`, `->gig_ratio`; what each takes is in the package's docstring.
Money never passes through a float: a float as input is refused with `INEXACT_NUMBER`.
"""

from decimal import Decimal

from connectors.mapping.exact import NumberRangeError, calculate, plain_text, shortened
from connectors.mapping.json_values import Json
from connectors.mapping.methods.method import Answer, mismatch, of_arguments
from connectors.mapping.methods.numeric_text import number_from
from connectors.mapping.run import Run, Site

_METERS = {
    "m": Decimal(1),
    "km": Decimal(1000),
    "mi": Decimal("1609.344"),
    "ft": Decimal("0.3048"),
    "yd": Decimal("0.9144"),
}
_MOST_DIGITS = 6


def _money(value: Json, site: Site, run: Run, digits: Json = 0) -> Json:
    """The amount with all digits sent and at least so many behind the point; never rounded."""
    if isinstance(value, float):
        return site.complain(run, "INEXACT_NUMBER", "money arrived as a float: load the body with exact numbers")
    if type(digits) is not int or not 0 <= digits <= _MOST_DIGITS:
        return mismatch(site, run, f"0 to {_MOST_DIGITS} digits", digits)
    number = number_from(value)
    if number is None:
        return mismatch(site, run, "an amount as number or decimal string", value)
    try:
        whole, _, fraction = plain_text(number).partition(".")
    except NumberRangeError:
        return site.complain(run, "OUT_OF_RANGE", "this amount is too large")
    fraction = fraction.ljust(digits, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _minor(value: Json, site: Site, run: Run, digits: Json = 2) -> Json:
    """Whole minor units (cents) → decimal string with exactly so many digits behind the point."""
    if type(digits) is not int or not 0 <= digits <= _MOST_DIGITS:
        return mismatch(site, run, f"0 to {_MOST_DIGITS} digits", digits)
    number = None if isinstance(value, float) else number_from(value)
    if number is None or number != int(number):
        return mismatch(site, run, "a whole number of minor units", value)
    text = str(abs(int(number))).rjust(digits + 1, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{text[: len(text) - digits]}.{text[len(text) - digits :]}" if digits else sign + text


def _meters(value: Json, site: Site, run: Run, unit: Json) -> Json:
    if not isinstance(unit, str) or unit not in _METERS:
        return mismatch(site, run, 'the unit "m", "km", "mi", "ft" or "yd"', unit)
    number = number_from(value)
    if number is None:
        return mismatch(site, run, "a distance as number or decimal string", value)
    try:
        return shortened(calculate("mul", number, _METERS[unit]), 3)
    except ArithmeticError:
        return site.complain(run, "OUT_OF_RANGE", "this distance is too large")


def _ratio(value: Json, site: Site, run: Run, worst: Json, best: Json) -> Json:
    numbers = [number_from(each) for each in (value, worst, best)]
    rated, low, high = numbers
    if rated is None or low is None or high is None:
        return mismatch(site, run, "a rating and the ends of its scale as numbers", value)
    if low == high:
        return site.complain(run, "OUT_OF_RANGE", "the ends of the scale are equal")
    try:
        ratio = shortened(calculate("div", calculate("sub", rated, low), calculate("sub", high, low)), 6)
    except ArithmeticError:
        return site.complain(run, "OUT_OF_RANGE", "this rating is too large")
    if not 0 <= ratio <= 1:
        return site.complain(run, "OUT_OF_RANGE", "this rating is outside its scale")
    return ratio


METHODS = (
    of_arguments("gig_money", 0, 1, Answer.STRING, _money),
    of_arguments("gig_minor", 0, 1, Answer.STRING, _minor),
    of_arguments("gig_meters", 1, 1, Answer.NUMBER, _meters),
    of_arguments("gig_ratio", 2, 2, Answer.NUMBER, _ratio),
)
