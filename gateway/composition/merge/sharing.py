"""Field sharing: a field resolved by several subgraphs must be shareable in all of them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.composition.schema.model import Field

from .state import Merge, pick, subgraph_list


def check_sharing(merge: Merge, name: str, field_name: str, sources: Mapping[int, Field]) -> None:
    """Report the field of an object type if it is shared against the will of a subgraph.

    Fields that an `@interfaceObject` gives to the type count as resolved there too.
    """
    coordinate = (name, field_name)
    override = merge.override(coordinate)
    resolving = pick(sources, lambda i, _: not override.disables(i) and not merge.is_fully_external(i, coordinate))
    described = {i: f'subgraph "{merge.subgraphs[i].name}"' for i in resolving}
    selfish = [i for i in resolving if coordinate not in merge.usages[i].shareable]
    through = interface_object_sources(merge, name, field_name)
    labels = {i: f'"{merge.subgraphs[i].name}"' for i in resolving}
    for index, interface in through.items():
        labels[index] = f'"{merge.subgraphs[index].name}" (through @interfaceObject field "{interface}.{field_name}")'
        described[index] = labels[index]
        if (interface, field_name) not in merge.usages[index].shareable:
            selfish.append(index)
    if len(described) < 2 or not selfish:
        return
    everyone = sorted(described)
    listed = " and ".join(part for part in (", ".join(labels[i] for i in everyone[:-1]), labels[everyone[-1]]) if part)
    non = (
        "defined as non-shareable in all of them"
        if len(selfish) == len(described)
        else f"defined as non-shareable in {subgraph_list(merge.names(selfish))}"
    )
    merge.error(
        "INVALID_FIELD_SHARING",
        f'Non-shareable field "{name}.{field_name}" is resolved from multiple subgraphs: it is resolved from '
        f"subgraphs {listed} and {non}",
        sources,
    )


def interface_object_sources(merge: Merge, name: str, field_name: str) -> dict[int, str]:
    """Subgraphs that resolve the field for the type through an interface object."""
    found: dict[int, str] = {}
    for interface in sorted(merge.interfaces.get(name, ())):
        for index in sorted(merge.interface_objects.get(interface, ())):
            definition = merge.sources[interface][index]
            coordinate = (interface, field_name)
            if (
                field_name in definition.fields
                and not merge.override(coordinate).disables(index)
                and not merge.is_fully_external(index, coordinate)
                and index not in found
            ):
                found[index] = interface
    return found
