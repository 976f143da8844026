"""Names that Federation keeps for itself: root types and subgraphs."""

from __future__ import annotations

from gateway.composition.schema.model import Schema

from .report import Report


def check_names(report: Report, written: Schema) -> None:
    """Root types under other names must leave the default names free."""
    name = report.subgraph.name
    if name == "_" or name.startswith("__"):
        report("INVALID_SUBGRAPH_NAME", f"Invalid name {name} for a subgraph: this name is reserved")
    elif not name.strip():
        report("INVALID_SUBGRAPH_NAME", "A subgraph needs a name")
    for operation in ("query", "mutation", "subscription"):
        default = operation.capitalize()
        root = written.roots.get(operation)
        holder = written.types.get(default)
        if root is None or root == default or holder is None:
            continue
        report(
            f"ROOT_{operation.upper()}_USED",
            f'The schema has a type named "{default}" but it is not set as the {operation} root type ("{root}" is '
            "instead): this is not supported by federation. If a root type does not use its default name, there "
            "should be no other type with that default name.",
            holder.at,
        )
