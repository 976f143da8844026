"""JSON as the mapping language sees it: loading without losing digits, writing, comparing, naming types.

Numbers with a fraction or an exponent are `decimal.Decimal`, never `float`, so that money keeps every digit.
Load upstream bodies with `load_json` (or `json.loads(text, parse_float=decimal.Decimal)`, which is the same
without the checks); `orjson` and plain `json.loads` make floats, which the money methods refuse.
"""

import json
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final, NoReturn, TypeAlias

from connectors.mapping.errors import MappingError
from connectors.mapping.exact import plain_text

Json: TypeAlias = Any
"""A parsed JSON value: None, bool, int, Decimal (or float), str, list, dict."""


class Missing(Enum):
    """The type of `MISSING`: no value at all, which is not the same as null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

REDACTED: Final[Json] = {"->gig_redacted": True}
"""What stands for a value that is withheld because it is somebody else's."""


def load_json(text: str | bytes) -> Json:
    """Parse JSON with exact numbers. Raises `MappingError` `INVALID_JSON` (also for NaN, Infinity and deep nesting)."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, ArithmeticError):
        raise MappingError("INVALID_JSON", "the text is not valid JSON") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def dump_json(value: Json) -> str:
    """Write a value as compact JSON, numbers exactly as they are."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal() | float():
            return plain_text(value)
        case list() | tuple():
            return "[" + ",".join(map(dump_json, value)) + "]"
        case dict():
            members = (f"{json.dumps(key, ensure_ascii=False)}:{dump_json(item)}" for key, item in value.items())
            return "{" + ",".join(members) + "}"
        case _:
            raise TypeError(f"not a JSON value: {type(value).__name__}")


def json_equal(left: Json, right: Json) -> bool:
    """Deep equality by JSON value: `1` equals `1.0`, `true` does not equal `1`."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(json_equal(item, right[key]) for key, item in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(json_equal, left, right))
    return bool(comparable(left) == comparable(right))


def comparable(value: Json) -> Json:
    """The value, a finite float replaced by the decimal that its text says, so that it compares with literals."""
    return Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else value


def is_number(value: Json) -> bool:
    """Whether the value is a JSON number (a boolean is not)."""
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)


def type_name(value: Json) -> str:
    """The JSON type of a value as `->typeof` answers it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float() | Decimal():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
