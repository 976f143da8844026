"""Shared fields of abstract type: the subgraphs that share one should return the same types."""

from __future__ import annotations

from gateway.composition.errors import CompositionError, Hint
from gateway.composition.schema.model import Field, TypeDef
from gateway.composition.schema.typeref import base_name

from .explain import Step, print_path
from .graph import Graph, Position


def check_runtime_types(
    graph: Graph, definition: TypeDef, field: Field, found: set[Position], path: tuple[Step, ...]
) -> CompositionError | Hint | None:
    """An error where the subgraphs that resolve the field have no possible type in common."""
    types = {
        position[0]: graph.possible(position[0], position[1])
        for position in found
        if (position[0], position[1]) not in graph.interface_objects
    }
    if len(types) < 2 or len(set(types.values())) == 1:
        return None
    coordinate, name = f"{definition.name}.{field.name}", base_name(field.type)
    names = graph.merged.subgraphs
    lines = [
        f' - in subgraph "{names[i].name}", type "{name}" can only be {", ".join(sorted(t)) or "nothing"};'
        for i, t in sorted(types.items())
    ]
    listing = "\n".join(lines)
    if frozenset.intersection(*types.values()):
        message = (
            f'Shared field "{coordinate}" return type "{name}" has different sets of possible runtime types across '
            f"subgraphs:\n{listing}\nThe field resolves the types that all of them have in common."
        )
        return Hint(code="INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", message=message)
    message = (
        f"For the following supergraph API query:\n{print_path(graph.merged, path)}\n"
        f'Shared field "{coordinate}" return type "{name}" has a non-intersecting set of possible runtime types '
        f"across subgraphs. Runtime types in subgraphs are:\n{listing}\n"
        f"This is not allowed as shared fields must resolve the same way in all subgraphs, and that imply at least "
        f"some common runtime types between the subgraphs."
    )
    return CompositionError(code="SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message=message)
