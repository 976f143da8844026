"""Exact decimal numbers: arithmetic without binary floats and bounded in size.

Integers stay integers, everything else is `Decimal` with 34 significant digits (decimal128).
A `float`, should one arrive, is read by its shortest decimal text.
"""

from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TypeAlias

Number: TypeAlias = int | Decimal

_CONTEXT = Context(prec=34, Emax=400, Emin=-400, traps=[InvalidOperation, DivisionByZero, Overflow])
_MOST_BITS = 1024
_MOST_EXPONENT = 400


class NumberRangeError(ArithmeticError):
    """A number too large, or too finely divided, to be written out."""


def exact(number: int | float | Decimal) -> Number:
    """The number without binary rounding. Raises `NumberRangeError` when it is not finite or out of bounds."""
    if isinstance(number, int):
        if number.bit_length() > _MOST_BITS:
            raise NumberRangeError
        return number
    value = Decimal(repr(number)) if isinstance(number, float) else number
    if not value.is_finite() or abs(value.adjusted()) > _MOST_EXPONENT:
        raise NumberRangeError
    return value


def calculate(operation: str, left: Number, right: Number) -> Number:
    """Apply `add`, `sub`, `mul`, `div` or `mod`. Raises `ArithmeticError` for division by zero and overflow.

    A quotient that is whole is an integer; the remainder has the sign of the dividend.
    """
    if isinstance(left, int) and isinstance(right, int) and operation in _WHOLE:
        return exact(_WHOLE[operation](left, right))
    result = _DECIMAL[operation](Decimal(left), Decimal(right))
    both_whole = isinstance(left, int) and isinstance(right, int)
    return int(result) if both_whole and result == result.to_integral_value() else result


_WHOLE: dict[str, Callable[[int, int], int]] = {
    "add": lambda left, right: left + right,
    "sub": lambda left, right: left - right,
    "mul": lambda left, right: left * right,
}
_DECIMAL: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "add": _CONTEXT.add,
    "sub": _CONTEXT.subtract,
    "mul": _CONTEXT.multiply,
    "div": _CONTEXT.divide,
    "mod": _CONTEXT.remainder,
}


def plain_text(number: int | float | Decimal) -> str:
    """Write a number without an exponent and without rounding. Raises `NumberRangeError`."""
    value = exact(number)
    return str(value) if isinstance(value, int) else format(value, "f")


def shortened(number: Number, places: int) -> Number:
    """The number rounded half-even to at most so many decimal places, trailing zeros dropped."""
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-places), context=_CONTEXT)
    if rounded == rounded.to_integral_value():
        return int(rounded)
    return rounded.normalize(_CONTEXT)
