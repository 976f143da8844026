"""Numbers that platforms send as numbers or as strings, read without losing a digit."""

import re
from decimal import Decimal

from connectors.mapping.exact import Number, NumberRangeError, exact
from connectors.mapping.json_values import Json

_DECIMAL = re.compile(r"[+-]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60})", re.ASCII)


def number_from(value: Json) -> Number | None:
    """The exact number in a JSON number or a plain decimal string; None for anything else.

    A float is taken by its shortest decimal text, so this is not for money.
    """
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | float | Decimal):
            return exact(value)
    except NumberRangeError:
        return None
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        number = Decimal(value.strip())
        return int(number) if number == number.to_integral_value() and "." not in value else number
    return None
