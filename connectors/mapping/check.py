"""What can be known to be wrong before a mapping meets data: unknown methods and variables, wrong arguments.

Walks the tree once with what is in scope: the variables, the names bound by `->as`, and whether `$` and `@`
stand for anything (they do not at the top of a request body or a template, where there is no response yet).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import assert_never

from connectors.mapping.compiler import bound_name
from connectors.mapping.errors import MappingError
from connectors.mapping.lexer import Position
from connectors.mapping.methods import METHODS
from connectors.mapping.run import PSEUDONYM_KEY
from connectors.mapping.syntax import (
    ArrayLiteral,
    Coalesce,
    Current,
    Dollar,
    Expression,
    Literal,
    Member,
    MethodStep,
    ObjectLiteral,
    Path,
    SelectStep,
    Variable,
    Wrapped,
)

APOLLO_VARIABLES = frozenset(
    {"$args", "$this", "$batch", "$config", "$context", "$status", "$request", "$response", "$env"}
)
"""The variables of Apollo Connectors beside `$` and `@`."""

REQUEST_VARIABLES = APOLLO_VARIABLES - {"$status", "$response"}
"""Those that have a value before there is a response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression may refer to."""

    variables: frozenset[str]
    bound: frozenset[str] = frozenset()
    dollar: bool = True
    current: bool = True


def check(expression: Expression, scope: Scope) -> Iterator[MappingError]:
    """All errors of an expression, in the order of the text."""
    match expression:
        case Literal():
            pass
        case ArrayLiteral(items=items) | Coalesce(operands=items):
            for item in items:
                yield from check(item, scope)
        case ObjectLiteral(members=members):
            yield from _check_members(members, scope)
        case Path():
            yield from _check_path(expression, scope)
        case _:
            assert_never(expression)


def _check_members(members: tuple[Member, ...], scope: Scope) -> Iterator[MappingError]:
    for member in members:
        yield from check(member.value, scope)


def _check_path(path: Path, scope: Scope) -> Iterator[MappingError]:
    match path.head:
        case Variable(name=name):
            if name not in scope.variables and name not in scope.bound:
                yield _unknown_variable(name, path.position, scope)
        case Wrapped(expression=expression):
            yield from check(expression, scope)
        case Dollar() if not scope.dollar and _is_block(path):
            pass
        case Dollar() if not scope.dollar:
            yield _no_body("`$`, like a bare key,", path.position, scope)
        case Current() if not scope.current:
            yield _no_body("`@`", path.position, scope)
        case _:
            pass
    for step in path.steps:
        match step:
            case MethodStep(name="as"):
                yield from _check_as(step, scope)
                scope = replace(scope, bound=scope.bound | {bound_name(step)})
            case MethodStep():
                yield from _check_method(step, scope)
            case SelectStep(members=members):
                inner = scope if _is_block(path) else replace(scope, dollar=True, current=True)
                yield from _check_members(members, inner)


def _is_block(path: Path) -> bool:
    """Whether this is a list of fields or a named group, which leave `$` as it is."""
    return isinstance(path.head, Dollar) and len(path.steps) == 1 and isinstance(path.steps[0], SelectStep)


def _check_method(step: MethodStep, scope: Scope) -> Iterator[MappingError]:
    method = METHODS.get(step.name)
    if method is None:
        close = get_close_matches(step.name, [*METHODS, "as"], n=1)
        hint = f"; did you mean `->{close[0]}`?" if close else ""
        yield _error("UNKNOWN_METHOD", f"there is no method `->{step.name}`{hint}", step.position)
        return
    count = len(step.arguments)
    if count < method.least or (method.most is not None and count > method.most):
        wanted = _wanted(method.least, method.most)
        yield _error("METHOD_ARGUMENTS", f"`->{step.name}` takes {wanted}, not {count}", step.position)
    if step.name in ("match", "matchIf"):
        yield from _check_pairs(step)
    for argument in step.arguments:
        yield from check(argument, replace(scope, current=True))


def _check_pairs(step: MethodStep) -> Iterator[MappingError]:
    for index, argument in enumerate(step.arguments):
        is_last = index == len(step.arguments) - 1
        size = len(argument.items) if isinstance(argument, ArrayLiteral) else 0
        if size != 2 and not (size == 1 and is_last):
            message = f"`->{step.name}` takes pairs `[candidate, value]`, the last of which may be `[default]`"
            yield _error("METHOD_ARGUMENTS", message, step.position)
            return


def _check_as(step: MethodStep, scope: Scope) -> Iterator[MappingError]:
    name = bound_name(step)
    if not name or len(step.arguments) > 2:
        message = "`->as` takes a variable and, if wanted, its value: `->as($name)`, `->as($name, @.key)`"
        yield _error("METHOD_ARGUMENTS", message, step.position)
    elif name in scope.variables or name in APOLLO_VARIABLES or name == PSEUDONYM_KEY:
        yield _error("RESERVED_VARIABLE", f"`{name}` cannot be bound: it has a meaning already", step.position)
    for argument in step.arguments[1:]:
        yield from check(argument, replace(scope, current=True))


def _wanted(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more arguments"
    numbers = str(least) if least == most else f"{least} to {most}"
    return f"{numbers} argument{'' if most == 1 else 's'}"


def _unknown_variable(name: str, position: Position, scope: Scope) -> MappingError:
    known = ", ".join(sorted(scope.variables | scope.bound))
    return _error("UNKNOWN_VARIABLE", f"there is no variable `{name}` here; known: {known}", position)


def _no_body(what: str, position: Position, scope: Scope) -> MappingError:
    known = ", ".join(sorted(scope.variables))
    message = f"{what} stands for nothing here, since there is no response yet; start with one of {known}"
    return _error("BODY_NOT_AVAILABLE", message, position)


def _error(code: str, message: str, position: Position) -> MappingError:
    return MappingError(code, message, position.line, position.column)
