"""Hints about types that subgraphs see differently without contradicting one another."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.composition.schema.model import Field, Kind, TypeDef, is_applied

from .state import Merge, subgraph_list

_ROOT_NAMES = ("Query", "Mutation", "Subscription")


def hint_entity(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> None:
    """A type that is an entity in some subgraphs only."""
    if merge.kinds[name] is not Kind.OBJECT or name in _ROOT_NAMES:
        return
    plain = [i for i, t in sources.items() if not is_applied(t.directives, "key")]
    if plain and len(plain) < len(sources):
        merge.hint(
            "INCONSISTENT_ENTITY",
            f'Type "{name}" is declared as an entity (has a @key applied) in some but not all defining subgraphs: it '
            f"has no @key in {subgraph_list(merge.names(plain))}.",
            sources,
        )


def hint_value_field(
    merge: Merge, name: str, field_name: str, found: Mapping[int, Field], sources: Mapping[int, TypeDef]
) -> None:
    """A field of a value type or interface that some of its subgraphs lack."""
    if len(found) == len(sources) or name in _ROOT_NAMES:
        return
    if any(is_applied(t.directives, "key") for t in sources.values()) or name in merge.interface_objects:
        return
    absent = subgraph_list(merge.names(i for i in sources if i not in found))
    kind, label = (
        ("INTERFACE", "interface type") if merge.kinds[name] is Kind.INTERFACE else ("OBJECT", "non-entity object type")
    )
    merge.hint(
        f"INCONSISTENT_{kind}_VALUE_TYPE_FIELD",
        f'Field "{name}.{field_name}" of {label} "{name}" is defined in some but not all subgraphs that define '
        f'"{name}": it is not defined in {absent}.',
        found,
    )


def hint_unused_enum(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> None:
    """An enum that neither fields nor arguments use."""
    if name not in merge.input_use and name not in merge.output_use:
        merge.hint(
            "UNUSED_ENUM_TYPE",
            f'Enum type "{name}" is defined but unused. It will be included in the supergraph with all the values '
            'appearing in any subgraph ("as if" it was only used as an output type).',
            sources,
        )
