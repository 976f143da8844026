"""What a composition refuses and what it merely points out.

```
Composed            the supergraph, with hints
CompositionFailed   every error of the stage that failed
```
Both are values. Each `CompositionError` has one of Apollo's codes where Apollo has one, a message
that says what to change, and where in which subgraph's SDL to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from .schema.model import At


class Location(NamedTuple):
    """A position in one subgraph's SDL; line and column count from 1."""

    subgraph: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionError:
    """One reason why the subgraphs do not compose."""

    code: str
    message: str
    locations: tuple[Location, ...] = ()

    def __str__(self) -> str:
        where = ", ".join(f"{name}:{line}:{column}" for name, line, column in self.locations)
        return f"{self.code}: {self.message}" + (f" ({where})" if where else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something that composes but probably is not meant so."""

    code: str
    message: str
    locations: tuple[Location, ...] = ()

    @property
    def level(self) -> Literal["WARN", "INFO", "DEBUG"]:
        """How likely it is that somebody should act: most hints are for information only."""
        if self.code in _WARNINGS:
            return "WARN"
        return "DEBUG" if self.code in _DETAILS else "INFO"

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


_WARNINGS = frozenset(
    {
        "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
        "FROM_SUBGRAPH_DOES_NOT_EXIST",
        "INCONSISTENT_ARGUMENT_PRESENCE",
        "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
        "INCONSISTENT_DESCRIPTION",
        "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
        "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
        "INCONSISTENT_INPUT_OBJECT_FIELD",
        "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
        "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
        "NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION",
    }
)
_DETAILS = frozenset(
    {
        "INCONSISTENT_ENTITY",
        "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
        "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD",
        "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD",
        "INCONSISTENT_UNION_MEMBER",
        "UNUSED_ENUM_TYPE",
    }
)


def located(subgraph: str, at: At | None) -> tuple[Location, ...]:
    """The location of an element of one subgraph, as a tuple that can be added to others."""
    return () if at is None else (Location(subgraph, at.line, at.column),)


def in_subgraph(subgraph: str, code: str, message: str, at: At | None = None) -> CompositionError:
    """An error inside one subgraph; the message is prefixed with the subgraph's name."""
    return CompositionError(code=code, message=f"[{subgraph}] {message}", locations=located(subgraph, at))
