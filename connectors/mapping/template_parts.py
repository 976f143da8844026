"""The parts of a template: constant text and holes, and how a hole's value becomes text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote

from connectors.mapping.errors import ABSENCE_CODES, MappingError
from connectors.mapping.exact import NumberRangeError
from connectors.mapping.json_values import Json, type_name
from connectors.mapping.lexer import Position
from connectors.mapping.methods.lists import scalar_text
from connectors.mapping.selection import Mapper, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """`{expression}` in a template."""

    selection: Selection
    mapper: Mapper = field(repr=False)
    position: Position

    def text(self, variables: Mapping[str, Json]) -> str | None:
        """The value as text, None when it is null or absent. Raises `MappingError`."""
        value, problems = self.mapper(None, variables)
        for problem in problems:
            if problem.code not in ABSENCE_CODES:
                raise MappingError(problem.code, problem.message, problem.line, problem.column)
        return text_of(value, self.position)

    def required(self, variables: Mapping[str, Json]) -> str:
        """The value as text. Raises `MappingError`, `NULL_VALUE` when there is none."""
        text = self.text(variables)
        if text is None:
            raise MappingError("NULL_VALUE", "this value is null", self.position.line, self.position.column)
        return text


Part: TypeAlias = str | Hole
_START = Position(line=1, column=1)


def text_of(value: Json, position: Position = _START) -> str | None:
    """A scalar as text, null as None. Raises `MappingError` `NOT_A_SCALAR`."""
    if value is None:
        return None
    if isinstance(value, dict | list):
        message = f"expected a scalar, found an {type_name(value)}"
        raise MappingError("NOT_A_SCALAR", message, position.line, position.column)
    try:
        return scalar_text(value)
    except NumberRangeError:
        message = "this number is too large to be written"
        raise MappingError("OUT_OF_RANGE", message, position.line, position.column) from None


def encode(text: str, position: Position = _START) -> str:
    """Percent-encode all but unreserved characters. Raises `MappingError` `UNENCODABLE` for broken Unicode."""
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        message = "this text is not valid Unicode"
        raise MappingError("UNENCODABLE", message, position.line, position.column) from None
