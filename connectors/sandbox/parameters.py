"""Query parameters and other short texts that callers choose."""

__all__ = ["whole_number"]

_MOST_DIGITS = 18


def whole_number(text: str | None) -> int | None:
    """Return the number that a text of ASCII digits is, or None: for a sign, for other digits, for very many."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        return None
    return int(text)
