"""What is wrong with a connector's SDL, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import DirectiveNode, Node


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


def placed(problems: Iterable[SdlProblem], node: Node | None) -> Iterator[SdlProblem]:
    """Give those that have no place the one of `node`."""
    for each in problems:
        yield each if each.line else problem_at(node, each.code, each.message)


def find_directive(
    directives: Iterable[DirectiveNode], name: str, argument: str | None = None, value: str | None = None
) -> DirectiveNode | None:
    """Return the first directive `name`, that whose `argument` is `value`; None where there is none."""
    for directive in directives:
        if directive.name.value == name and (argument is None or _says(directive, argument, value)):
            return directive
    return None


def _says(directive: DirectiveNode, argument: str, value: str | None) -> bool:
    return any(
        each.name.value == argument and getattr(each.value, "value", None) == value
        for each in directive.arguments or ()
    )
