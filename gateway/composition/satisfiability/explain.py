"""Why a query cannot be satisfied: the query itself, and what fails in each subgraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.composition.errors import CompositionError, located
from gateway.composition.merge.inputs import is_required
from gateway.composition.merge.merge import Merged
from gateway.composition.schema.literals import flag
from gateway.composition.schema.model import Field, Kind, TypeDef, applications
from gateway.composition.schema.typeref import ListOf, NonNull, TypeRef
from gateway.composition.subgraph.fieldset import print_field_set
from gateway.composition.subgraph.usage import key_sets

from .graph import Conditions, Position

if TYPE_CHECKING:
    from .moves import Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a query: the operation, a field, or a type condition."""

    operation: str = ""
    field: Field | None = None
    condition: str = ""
    composite: bool = False


def print_path(merged: Merged, path: tuple[Step, ...]) -> str:
    """The path as the shortest query that takes it."""
    first = path[0].operation
    lines = ["{" if first == "query" else first + " {"]
    for depth, step in enumerate(path[1:], start=1):
        text = f"... on {step.condition}"
        if step.field is not None:
            text = step.field.name + _arguments(merged, step.field)
        last = depth == len(path) - 1
        lines.append("  " * depth + text + ("" if last and not step.composite else " {"))
        if last and step.composite:
            lines.append("  " * (depth + 1) + "...")
            lines.append("  " * depth + "}")
    for depth in range(len(path) - 2, 0, -1):
        lines.append("  " * depth + "}")
    return "\n".join([*lines, "}"])


def _arguments(merged: Merged, field: Field) -> str:
    given = [f"{a.name}: {_example(merged, a.type, _DEEPEST)}" for a in field.args.values() if is_required(a)]
    return "(" + ", ".join(given) + ")" if given else ""


_DEEPEST = 4
"""How deep an example of an input object goes before it is cut."""


def _example(merged: Merged, ref: TypeRef, depth: int) -> str:
    """Any value of an input type."""
    if isinstance(ref, NonNull):
        ref = ref.of
    if isinstance(ref, ListOf):
        return "[]"
    match ref.name:
        case "Int":
            return "0"
        case "Float":
            return "3.14"
        case "Boolean":
            return "true"
        case "String":
            return '"A string value"'
        case "ID":
            return '"<any id>"'
    definition = merged.schema.types.get(ref.name)
    if definition is None or definition.kind is Kind.SCALAR:
        return '"<some value>"'
    if definition.kind is Kind.ENUM:
        return next(iter(definition.values), "UNKNOWN")
    if depth == 0:
        return "{...}"
    required = [v for v in definition.inputs.values() if is_required(v)]
    fields = [f"{v.name}: {_example(merged, v.type, depth - 1)}" for v in required]
    return "{" + ", ".join(fields) + "}"


def _unsatisfiable(merged: Merged, path: tuple[Step, ...], reasons: Iterable[tuple[str, list[str]]]) -> str:
    lines = [
        "The following supergraph API query:",
        print_path(merged, path),
        "cannot be satisfied by the subgraphs because:",
    ]
    for subgraph, why in reasons:
        if len(why) == 1:
            lines.append(f'- from subgraph "{subgraph}": {why[0]}')
            continue
        lines.append(f'- from subgraph "{subgraph}":')
        lines.extend(f"  - {reason}" for reason in why)
    return "\n".join(lines)


def explain_field(
    merged: Merged,
    moves: Moves,
    definition: TypeDef,
    positions: frozenset[Position],
    conditions: Conditions,
    path: tuple[Step, ...],
) -> CompositionError:
    """The error for a field that no position resolves."""
    field = path[-1].field
    assert field is not None
    reasons: dict[str, list[str]] = {}
    reach = moves.reach(positions, conditions)
    everything = reach.by_key | reach.by_field
    for position, by_key in reach.items():
        name = merged.subgraphs[position[0]].name
        found = list(_field_reasons(merged, moves, position, field.name, conditions, everything, by_key))
        if found:
            reasons.setdefault(name, []).extend(r for r in found if r not in reasons.get(name, []))
    where = tuple(
        place
        for s in merged.subgraphs
        if (t := s.schema.types.get(definition.name)) and (f := t.fields.get(field.name))
        for place in located(s.name, f.at)
    )
    message = _unsatisfiable(merged, path, reasons.items())
    return CompositionError(code="SATISFIABILITY_ERROR", message=message, locations=where)


def _field_reasons(
    merged: Merged,
    moves: Moves,
    position: Position,
    field_name: str,
    conditions: Conditions,
    reached: frozenset[Position],
    by_key: bool,
) -> Iterator[str]:
    graph = moves.graph
    subgraph, type_name, _ = position
    coordinate = f"{type_name}.{field_name}"
    edge = graph.edge(subgraph, type_name, field_name)
    if edge is None:
        yield f'cannot find field "{coordinate}".'
    elif edge.external:
        yield f'field "{coordinate}" is not resolvable because marked @external.'
    elif edge.disabled or (edge.label is not None and edge.label not in conditions):
        yield f'field "{coordinate}" is not resolvable because it is overridden.'
    elif not edge.contexts <= conditions:
        names = ", ".join(sorted(f'"{c.split("$", 1)[1]}"' for c, _ in edge.contexts - conditions))
        yield f'cannot satisfy @fromContext arguments of field "{coordinate}": {names} is not set on this path.'
    elif edge.requires is not None:
        if not by_key and not graph.has_local_key(subgraph, type_name):
            yield (
                f'@require condition on field "{coordinate}" can be satisfied but missing usable key on "{type_name}" '
                f'in subgraph "{merged.subgraphs[subgraph].name}" to resume query.'
            )
        else:
            yield f'cannot satisfy @require conditions on field "{coordinate}".'
    own = merged.subgraphs[subgraph].name
    for index in graph.homes.get(type_name, ()):
        if index == subgraph or any(r[0] == index and r[1] == type_name for r in reached):
            continue
        yield from _jump_reasons(merged, type_name, field_name, index, own)


def _jump_reasons(merged: Merged, type_name: str, field_name: str, index: int, own: str) -> Iterator[str]:
    target = merged.subgraphs[index]
    definition = target.schema.types[type_name]
    keys = [(k, s) for k, s in key_sets(definition) if flag(k.args, "resolvable", True)]
    for key, selections in keys:
        yield (
            f'cannot move to subgraph "{target.name}" using @{key.name}(fields: "{print_field_set(selections)}") of '
            f'"{type_name}", the key field(s) cannot be resolved from subgraph "{own}".'
        )
    if keys or field_name not in definition.fields:
        return
    why = f'because type "{type_name}" has no @key defined in subgraph "{target.name}".'
    if applications(definition.directives, "key"):
        why = (
            f'because none of the @key defined on type "{type_name}" in subgraph "{target.name}" are resolvable '
            '(they are all declared with their "resolvable" argument set to false).'
        )
    yield f'cannot move to subgraph "{target.name}", which has field "{type_name}.{field_name}", {why}'


def explain_cast(
    merged: Merged, definition: TypeDef, positions: frozenset[Position], path: tuple[Step, ...]
) -> CompositionError:
    """The error for an interface object whose implementation type nobody can tell."""
    reason = (
        f'no subgraph can be reached to resolve the implementation type of @interfaceObject type "{definition.name}".'
    )
    reasons = [(merged.subgraphs[p[0]].name, [reason]) for p in sorted(positions)]
    where = tuple(
        place for s in merged.subgraphs if (t := s.schema.types.get(definition.name)) for place in located(s.name, t.at)
    )
    message = _unsatisfiable(merged, path, reasons)
    return CompositionError(code="SATISFIABILITY_ERROR", message=message, locations=where)
