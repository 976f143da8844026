"""The syntax tree of a mapping: plain values, made by the parser, read by every later stage.

::

    Expression = Literal | ArrayLiteral | ObjectLiteral | Path | Coalesce
    Path       = head, steps            head: Dollar | Current | Variable | Wrapped
    Step       = KeyStep | MethodStep | SelectStep
    Member     = Field | Spread         of an ObjectLiteral or a SelectStep

`key.other` is a `Path` from an implicit `Dollar`; `alias: { … }` is a `Path` from `Dollar` with one `SelectStep`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as Choice
from typing import TypeAlias

from connectors.mapping.lexer import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A string, number, boolean or null."""

    value: str | int | Decimal | bool | None
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayLiteral:
    """`[a, b]`."""

    items: tuple["Expression", ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLiteral:
    """`{ a: 1, b: $args.b }` where an expression stands; leaves `$` as it is."""

    members: tuple["Member", ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalesce:
    """`a ?? b` (skips null and missing) or `a ?! b` (skips missing only)."""

    operator: Choice["??", "?!"]
    operands: tuple["Expression", ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Dollar:
    """`$`: what the closest `{ }` around received; `implicit` when a path starts with a bare key."""

    implicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """`@`: what the method around received, or each element in `->map`, `->filter`, `->find`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """`$args` and the like, or a name bound by `->as`; the name includes the `$`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """`$( … )`, or a literal with steps behind it."""

    expression: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStep:
    """`.key`; on an array it and all later steps apply to each element."""

    name: str
    optional: bool
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodStep:
    """`->name(arguments)`."""

    name: str
    arguments: tuple["Expression", ...]
    optional: bool
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectStep:
    """`{ … }` at the end of a path; on an array it applies to each element, and `$` is that element."""

    members: tuple["Member", ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A value found by walking `steps` from `head`; `optional` is a `?` directly behind the head."""

    head: "Head"
    optional: bool
    steps: tuple["Step", ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An output field with its name."""

    name: str
    value: "Expression"
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """An object whose fields are merged into the one around.

    `explicit` when written with `...`; `sole` when it was written as the only member, nameless:
    then it is not merged, the block *is* this value.
    """

    value: "Expression"
    explicit: bool
    sole: bool
    position: Position


Head: TypeAlias = Dollar | Current | Variable | Wrapped
Step: TypeAlias = KeyStep | MethodStep | SelectStep
Member: TypeAlias = Field | Spread
Expression: TypeAlias = Literal | ArrayLiteral | ObjectLiteral | Path | Coalesce
