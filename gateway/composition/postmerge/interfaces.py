"""Interfaces across subgraphs: implemented everywhere, and with keys that can be resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.composition.errors import CompositionError, in_subgraph
from gateway.composition.merge.merge import Merged
from gateway.composition.merge.state import human_join, subgraph_list
from gateway.composition.schema.literals import flag
from gateway.composition.schema.model import Kind, TypeDef, is_applied
from gateway.composition.subgraph.fieldset import print_field_set
from gateway.composition.subgraph.usage import key_sets

from .at import error


def check_interfaces(merged: Merged) -> Iterator[CompositionError]:
    """Missing fields of implementations, and missing implementations of entity interfaces."""
    types = merged.schema.types
    implementations: dict[str, list[str]] = {}
    for definition in types.values():
        for name in definition.interfaces:
            interface = types.get(name)
            if interface is None:
                continue
            if definition.kind is Kind.OBJECT:
                implementations.setdefault(name, []).append(definition.name)
            for field in interface.fields:
                if field not in definition.fields:
                    yield _unimplemented(merged, definition, interface, field)
    yield from _entity_interfaces(merged, implementations)


def _unimplemented(merged: Merged, definition: TypeDef, interface: TypeDef, field: str) -> CompositionError:
    declared, implementing = [], []
    for subgraph in merged.subgraphs:
        found = subgraph.schema.types.get(interface.name)
        if found is not None and field in found.fields:
            declared.append(subgraph.name)
        found = subgraph.schema.types.get(definition.name)
        if found is not None and interface.name in found.interfaces:
            implementing.append(subgraph.name)
    message = (
        f'Interface field "{interface.name}.{field}" is declared in {subgraph_list(declared)} but type '
        f'"{definition.name}", which implements "{interface.name}" only in {subgraph_list(implementing)} does not '
        f'have field "{field}".'
    )
    return error(merged, "INTERFACE_FIELD_NO_IMPLEM", message, definition.name)


def _entity_interfaces(merged: Merged, implementations: dict[str, list[str]]) -> Iterator[CompositionError]:
    """A subgraph that resolves an interface by key must know all of its implementations."""
    for subgraph in merged.subgraphs:
        for definition in subgraph.schema.types.values():
            everything = implementations.get(definition.name, [])
            if is_applied(definition.directives, "interfaceObject"):
                yield from _not_beside_implementations(subgraph.name, definition, subgraph.schema.types, everything)
            if definition.kind is not Kind.INTERFACE:
                continue
            keys = [(k, s) for k, s in key_sets(definition) if flag(k.args, "resolvable", True)]
            missing = [t for t in everything if t not in subgraph.schema.types] if keys else []
            if missing:
                key, selections = keys[0]
                names = human_join([f'"{t}"' for t in missing])
                plural = len(missing) > 1
                yield in_subgraph(
                    subgraph.name,
                    "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
                    f'Interface type "{definition.name}" has a resolvable key (@{key.name}(fields: '
                    f'"{print_field_set(selections)}")) in subgraph "{subgraph.name}" but that subgraph is missing '
                    f'some of the supergraph implementation types of "{definition.name}". Subgraph '
                    f'"{subgraph.name}" should define {"types" if plural else "type"} {names} (and have '
                    f'{"them" if plural else "it"} implement "{definition.name}").',
                    key.at,
                )


def _not_beside_implementations(
    subgraph: str, definition: TypeDef, types: Mapping[str, TypeDef], implementations: list[str]
) -> Iterator[CompositionError]:
    known = [t for t in implementations if t in types]
    if known:
        names = human_join([f'"{t}"' for t in known])
        yield in_subgraph(
            subgraph,
            "INTERFACE_OBJECT_USAGE_ERROR",
            f'Interface type "{definition.name}" is defined as an @interfaceObject in subgraph "{subgraph}" so that '
            f'subgraph should not define any of the implementation types of "{definition.name}", but it defines '
            f"{names}",
            definition.at,
        )
