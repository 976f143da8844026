"""The operation as the planner reads it: no fragments, no constant conditions, nothing twice.

Under every composite field stand *cases*: disjoint sets of concrete types, each with the fields selected on them.
An object type has one case; an abstract type has one for every way in which the client's fragments
tell its types apart, so that a thousand types that are asked for the same are one case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.planner.nodes import Condition, Scopes

Dnf = frozenset[frozenset[Condition]]
"""Conditions as a disjunction of conjunctions."""

ALWAYS: Dnf = frozenset({frozenset()})


ANSWER = frozenset({0})
"""The parts of a field that is not deferred."""


def both(first: Dnf, second: Dnf) -> Dnf:
    """Return *first and second*."""
    if first is ALWAYS or first == second:
        return second
    if second is ALWAYS:
        return first
    return minimal({left | right for left in first for right in second})


def either(first: Dnf, second: Dnf) -> Dnf:
    """Return *first or second*."""
    if first is ALWAYS or second is ALWAYS:
        return ALWAYS
    return first if first == second else minimal(set(first | second))


def minimal(conjunctions: set[frozenset[Condition]]) -> Dnf:
    """Drop the conjunctions that another one implies, and those that contradict themselves."""
    if frozenset() in conjunctions:
        return ALWAYS
    return frozenset(c for c in conjunctions if not any(other < c for other in conjunctions))


def sorted_conditions(conditions: Dnf) -> tuple[tuple[Condition, ...], ...]:
    """Return `conditions` in a fixed order; empty when they always hold."""
    if conditions is ALWAYS or frozenset() in conditions:
        return ()
    return tuple(sorted((sorted_conjunction(c) for c in conditions), key=repr))


def sorted_conjunction(conjunction: frozenset[Condition]) -> tuple[Condition, ...]:
    """Return the conditions of `conjunction` in a fixed order."""
    return tuple(sorted(conjunction, key=lambda c: (c.variable, c.negated)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OperationField:
    """A field of the operation, merged from every place where it is selected.

    `parent` is the type on which it is written; `type` its printed type, `named` the innermost name.
    `uniform`: it is selected on the whole of an abstract type, not on some of its types only.
    `client` is False for fields that only the plan needs. `removed`: static authorization took it out.
    `parts` are where it is delivered: 0 is the answer, n the n-th of the operation's deferrals.
    Compared by identity: two places in one operation are two fields.
    """

    parent: str
    name: str
    response_key: str
    type: str
    named: str
    arguments: str = ""
    variables: frozenset[str] = frozenset()
    conditions: Dnf = ALWAYS
    cases: tuple[OperationCase, ...] = ()
    uniform: bool = False
    client: bool = True
    removed: bool = False
    parts: frozenset[int] = ANSWER

    @property
    def part(self) -> int:
        """The first part that it is delivered in, with which it is fetched."""
        return min(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OperationCase:
    """The fields selected on objects of the concrete types in `types`, in the order of the answer."""

    types: frozenset[str]
    fields: tuple[OperationField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """One `@defer`. `within` is the part that it is nested in (0: the answer)."""

    label: str | None
    within: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """A normalized operation. `variables` are the declared ones: (name, printed type and default).

    `deferrals[n - 1]` is the part n of the fields.
    """

    kind: str
    root_type: str
    fields: tuple[OperationField, ...]
    variables: tuple[tuple[str, str], ...] = ()
    deferrals: tuple[Deferral, ...] = ()

    @property
    def introspection(self) -> bool:
        """Whether `__schema` or `__type` is asked for at the root."""
        return any(field.name in ("__schema", "__type") for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A field that static authorization removed: where in the answer, its coordinate, what it asks for."""

    path: tuple[str, ...]
    coordinate: tuple[str, str]
    scopes: Scopes


def print_operation(operation: Operation) -> str:
    """Print `operation` as text: equal texts plan alike."""
    lines = [f"{operation.kind} {operation.root_type}"]
    lines += [f"${name}: {type_}" for name, type_ in operation.variables]
    lines += [f"part {n}: {deferral}" for n, deferral in enumerate(operation.deferrals, 1)]
    lines.extend(_lines(operation.fields, "  "))
    return "\n".join(lines)


def operation_key(operation: Operation) -> str:
    """Return a hash under which the plan of `operation` may be cached."""
    return hashlib.sha256(print_operation(operation).encode()).hexdigest()


def _lines(fields: tuple[OperationField, ...], indent: str) -> Iterator[str]:
    for field in fields:
        conditions = " or ".join(
            " and ".join(f"{'not ' if c.negated else ''}${c.variable}" for c in conjunction)
            for conjunction in sorted_conditions(field.conditions)
        )
        yield (
            f"{indent}{field.response_key}: {field.parent}.{field.name}{field.arguments}"
            f"{' if ' + conditions if conditions else ''}{' removed' if field.removed else ''}"
            f"{'' if field.parts == ANSWER else ' in parts ' + ' '.join(map(str, sorted(field.parts)))}"
        )
        for case in field.cases:
            if len(field.cases) > 1 or len(case.types) > 1:
                yield f"{indent}  on {' '.join(sorted(case.types))}"
            yield from _lines(case.fields, indent + "    ")
