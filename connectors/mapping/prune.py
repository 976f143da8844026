"""Leaving out of a mapping what nobody asked for, so that unneeded values are neither computed nor complained about.

A field tree names the output fields wanted: `{"id": None, "trips": {"cost": None}}`, None meaning all below.
`__typename` is never left out: it tells a consumer of an abstract type what it has.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias, assert_never

from connectors.mapping.syntax import (
    ArrayLiteral,
    Coalesce,
    Expression,
    Field,
    Literal,
    Member,
    MethodStep,
    ObjectLiteral,
    Path,
    SelectStep,
    Wrapped,
)

FieldTree: TypeAlias = Mapping[str, "FieldTree | None"]

_KEEPS_SHAPE = frozenset({"first", "last", "slice"})
_ANSWERS_ARGUMENT = frozenset({"echo", "map"})
_ANSWERS_PAIR = frozenset({"match", "matchIf"})


def prune(expression: Expression, only: FieldTree | None) -> Expression:
    """The expression with the wanted output fields only."""
    if only is None:
        return expression
    match expression:
        case Literal():
            return expression
        case ArrayLiteral(items=items):
            return replace(expression, items=tuple(prune(item, only) for item in items))
        case ObjectLiteral(members=members):
            return replace(expression, members=_members(members, only))
        case Coalesce(operands=operands):
            return replace(expression, operands=tuple(prune(operand, only) for operand in operands))
        case Path():
            return _path(expression, only)
        case _:
            assert_never(expression)


def _members(members: tuple[Member, ...], only: FieldTree) -> tuple[Member, ...]:
    kept: list[Member] = []
    for member in members:
        if isinstance(member, Field):
            if member.name in only or member.name == "__typename":
                kept.append(replace(member, value=prune(member.value, only.get(member.name))))
        else:
            value = prune(member.value, only)
            if member.explicit or member.sole or not _is_empty(value):
                kept.append(replace(member, value=value))
    return tuple(kept)


def _is_empty(value: Expression) -> bool:
    match value:
        case Path(steps=(*_, SelectStep(members=()))):
            return True
        case _:
            return False


def _path(path: Path, only: FieldTree) -> Path:
    """Prune what gives the path its fields: its `{ … }`, or the literals a last method answers with."""
    steps = list(path.steps)
    index = len(steps) - 1
    while index >= 0:
        step = steps[index]
        if isinstance(step, MethodStep) and step.name in _KEEPS_SHAPE:
            index -= 1
            continue
        if isinstance(step, SelectStep):
            steps[index] = replace(step, members=_members(step.members, only))
        elif isinstance(step, MethodStep) and step.name in _ANSWERS_ARGUMENT:
            steps[index] = replace(step, arguments=tuple(prune(each, only) for each in step.arguments))
        elif isinstance(step, MethodStep) and step.name in _ANSWERS_PAIR:
            steps[index] = replace(step, arguments=tuple(_pair(each, only) for each in step.arguments))
        return replace(path, steps=tuple(steps))
    if isinstance(path.head, Wrapped):
        return replace(path, head=Wrapped(expression=prune(path.head.expression, only)))
    return path


def _pair(argument: Expression, only: FieldTree) -> Expression:
    match argument:
        case ArrayLiteral(items=(*candidates, answer)):
            return replace(argument, items=(*candidates, prune(answer, only)))
        case _:
            return argument
