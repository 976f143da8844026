"""Mappings that stand for one value: a verdict, a total, a cursor. A bare key is a list of fields, an object."""

from __future__ import annotations

from connectors.mapping import ObjectShape
from connectors.schema.variables import parse_mapping


def object_message(where: str, text: str) -> str | None:
    """Return what is wrong with a mapping that makes an object instead of a value. Raises `MappingError`."""
    if not isinstance(parse_mapping(text).shape(), ObjectShape):
        return None
    return f"{where}: {text!r} makes an object; write $.{text.strip()} for the value."
