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
from typing import NamedTuple

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

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def located(subgraph: str, at: At | None) -> tuple[Location, ...]:
    """The location of an element of one subgraph, as a tuple that can be added to others."""
    return () if at is None else (Location(subgraph, at.line, at.column),)


def in_subgraph(subgraph: str, code: str, message: str, at: At | None = None) -> CompositionError:
    """An error inside one subgraph; the message is prefixed with the subgraph's name."""
    return CompositionError(code=code, message=f"[{subgraph}] {message}", locations=located(subgraph, at))
