"""What is wrong with a connector's SDL, and where."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import Node


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SdlProblem:
    """One problem: a stable code, what to change, and the place in the file (1-based; 0 when in none)."""

    line: int
    column: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message} [{self.code}]"


def problem_at(node: Node | None, code: str, message: str) -> SdlProblem:
    """Return a problem at the place where `node` stands."""
    token = node.loc.start_token if node is not None and node.loc is not None else None
    return SdlProblem(line=token.line if token else 0, column=token.column if token else 0, code=code, message=message)
