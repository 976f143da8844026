"""What the skill graph refuses, as exceptions with a stable code.

GraphError
├── InvalidArgumentError   INVALID_ARGUMENT   a value that no request can have
├── InvalidCursorError     INVALID_CURSOR     a cursor that this list never gave out
├── InvalidTargetError     INVALID_TARGET     none or several of the alternatives
├── UnknownTargetError     UNKNOWN_TARGET     a target that is not in the graph
├── NotReadyError          MATCHING_NOT_READY something large that is still being read
└── TaxonomyError          TAXONOMY_INVALID   data that does not form a graph

All are safe to show to a client.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class GraphError(Exception):
    """A refusal; its text is for the client."""

    code: ClassVar[str] = "INVALID_ARGUMENT"


class InvalidArgumentError(GraphError):
    """A value that no request can have."""


class InvalidCursorError(GraphError):
    """A cursor that this list never gave out."""

    code = "INVALID_CURSOR"

    def __init__(self) -> None:
        super().__init__("The cursor is not one that this list gave out.")


class InvalidTargetError(GraphError):
    """A pathway's target with none or several of its alternatives."""

    code = "INVALID_TARGET"

    def __init__(self) -> None:
        super().__init__("Give exactly one of opportunity, occupation and platform.")


class UnknownTargetError(GraphError):
    """A target that is not in the graph."""

    code = "UNKNOWN_TARGET"

    @classmethod
    def by_id(cls, kind: str, found_by: str) -> UnknownTargetError:
        """Refuse an id, and name the field that finds one."""
        return cls(f"There is no {kind} with this id. Find one with `{found_by}(search:)`.")

    @classmethod
    def by_platform(cls, platforms: Iterable[str]) -> UnknownTargetError:
        """Refuse a platform, and name those that have an entry bar."""
        known = ", ".join(sorted(set(platforms)))
        there = f"These have one: {known}." if known else "No platform has one here; aim at an occupation instead."
        return cls(f"There is no entry bar of a platform with this name. {there}")


class NotReadyError(GraphError):
    """The workers who can be found are still being read. `done` and `total` say how far that is."""

    code = "MATCHING_NOT_READY"

    def __init__(self, done: int, total: int) -> None:
        super().__init__(
            f"The workers who can be found are being read in, {done:,} of {total:,} so far. Ask again in some seconds."
        )
        self.done = done
        self.total = total


class TaxonomyError(GraphError):
    """Data that does not form a graph: says the file, the line and what is wrong."""

    code = "TAXONOMY_INVALID"
