"""Reading OAuth parameters strictly, before anything interprets them.

Form on POST, query on GET, never both (RFC 6749 §3.2); each name once (§3.1); bounded; UTF-8 without NUL.
Pure: bytes in, `Parameters | ParameterRefusal` out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

Parameters = Mapping[str, str]

MAX_BYTES: Final = 32_768
"""Longest form or query: `authorization_details` for every platform and category stays well below."""

MAX_PARAMETERS: Final = 40
MAX_VALUE: Final = 2_048
"""Longest value, in characters, of every parameter that `LONG_VALUES` does not list."""

LONG_VALUES: Final = {"authorization_details": 16_384, "client_assertion": 8_192}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRefusal:
    """Why the parameters were refused; `description` is safe to echo (RFC 6749 §5.2 characters)."""

    description: str


def parse_parameters(raw: bytes) -> Parameters | ParameterRefusal:
    """Read `application/x-www-form-urlencoded` bytes. Empty values count as absent (RFC 6749 §3.1)."""
    if len(raw) > MAX_BYTES:
        return ParameterRefusal(description="The parameters are too long.")
    if not raw:
        return {}
    pairs = raw.split(b"&")
    if len(pairs) > MAX_PARAMETERS:
        return ParameterRefusal(description="There are too many parameters.")
    found: dict[str, str] = {}
    for pair in pairs:
        if not pair:
            continue
        name_bytes, _, value_bytes = pair.partition(b"=")
        try:
            name, value = _decode(name_bytes), _decode(value_bytes)
        except UnicodeDecodeError:
            return ParameterRefusal(description="A parameter is not UTF-8.")
        if "\0" in name or "\0" in value:
            return ParameterRefusal(description="A parameter contains a NUL character.")
        if name in found:
            return ParameterRefusal(description="A parameter is included more than once.")
        if len(name) > 64 or len(value) > LONG_VALUES.get(name, MAX_VALUE):
            return ParameterRefusal(description="A parameter is too long.")
        found[name] = value
    return {name: value for name, value in found.items() if value}


def _decode(component: bytes) -> str:
    return unquote_to_bytes(component.replace(b"+", b" ")).decode("utf-8", "strict")
