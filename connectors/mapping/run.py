"""What one run of a compiled mapping carries, and the shapes of the closures that the compiler makes.

::

    Node   (dollar, current, run) → value        an expression: `$` and `@` are passed as arguments
    Walk   (value, dollar, run)   → value        a step: what to do with the value found so far

Either may answer `MISSING`; a step is never called with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from connectors.mapping.errors import Problem
from connectors.mapping.json_values import MISSING, Json, Missing
from connectors.mapping.lexer import Position

PSEUDONYM_KEY = "$pseudonym_key"
"""The variable that holds the installation's key for `->gig_pseudonym`; no mapping can name it."""


class Run:
    """One application of a mapping: its variables, the names that `->as` bound, and the complaints so far."""

    __slots__ = ("_complaints", "bound", "variables")

    def __init__(
        self,
        variables: Mapping[str, Json],
        bound: Mapping[str, Json] | None = None,
        complaints: "dict[tuple[Site, str, str], int] | None" = None,
    ) -> None:
        self.variables = variables
        self.bound: Mapping[str, Json] = bound if bound is not None else {}
        self._complaints: dict[tuple[Site, str, str], int] = complaints if complaints is not None else {}

    def bind(self, name: str, value: Json) -> "Run":
        """The same run in which `name` stands for `value`."""
        return Run(self.variables, {**self.bound, name: value}, self._complaints)

    def complain(self, site: "Site", code: str, message: str) -> None:
        """Count a complaint; equal ones are one problem."""
        key = (site, code, message)
        self._complaints[key] = self._complaints.get(key, 0) + 1

    def problems(self) -> list[Problem]:
        """The complaints in the order in which they first came up."""
        return [
            Problem(
                code=code,
                message=message,
                line=site.position.line,
                column=site.position.column,
                path=site.path,
                count=count,
            )
            for (site, code, message), count in self._complaints.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place in the mapping, for complaints: its position and its path as text."""

    position: Position
    path: str

    def complain(self, run: Run, code: str, message: str) -> Missing:
        """Record a complaint made here; the value is missing."""
        run.complain(self, code, message)
        return MISSING


Node: TypeAlias = Callable[[Json, Json, Run], Json]
Walk: TypeAlias = Callable[[Json, Json, Run], Json]
