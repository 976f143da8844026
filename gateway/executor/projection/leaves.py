"""Result coercion of leaves (GraphQL October 2021 §3.5, §3.9): what a subgraph sent, checked before a client sees it.

A coercer is called only when the value is not simply of the expected Python type; it returns the value to send
(None stays None) or raises `Anomaly`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Coerce = Callable[[Any], Any]

INT_LIMIT: Final = 2**31


class Anomaly(Exception):  # noqa: N818 - a signal between the two projections, no error of its own
    """The merged tree is not what the schema promises."""


def coerce_string(value: Any) -> Any:
    """`String`: text only."""
    if value is None or type(value) is str:
        return value
    raise Anomaly("String cannot represent this value")


def coerce_id(value: Any) -> Any:
    """`ID`: text, or an integer in its decimal form."""
    if value is None or type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise Anomaly("ID cannot represent this value")


def coerce_int(value: Any) -> Any:
    """`Int`: 32 bits; a float without fraction counts."""
    if value is None:
        return None
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is int and -INT_LIMIT <= value < INT_LIMIT:
        return value
    raise Anomaly("Int cannot represent this value")


def coerce_float(value: Any) -> Any:
    """`Float`: any number, no infinity."""
    if value is None or type(value) is int:
        return value
    if type(value) is float and value - value == 0:
        return value
    raise Anomaly("Float cannot represent this value")


def coerce_boolean(value: Any) -> Any:
    """`Boolean`: true or false."""
    if value is None or type(value) is bool:
        return value
    raise Anomaly("Boolean cannot represent this value")


def coerce_custom(value: Any) -> Any:
    """A custom scalar: any JSON value."""
    return value


def enum_coercer(name: str, values: frozenset[str], hidden: frozenset[str]) -> Coerce:
    """Return the coercer of enum `name`; `values` are those that clients may see, `hidden` ones become null."""

    def coerce(value: Any) -> Any:
        if value is None or (type(value) is str and value in values):
            return value
        if type(value) is str and value in hidden:
            return None
        raise Anomaly(f"{name} has no such value")

    return coerce


SCALARS: Final[dict[str, tuple[Coerce, type | None]]] = {
    "String": (coerce_string, str),
    "ID": (coerce_id, str),
    "Int": (coerce_int, None),
    "Float": (coerce_float, float),
    "Boolean": (coerce_boolean, bool),
}
"""Coercer, and the Python type whose values need none."""
