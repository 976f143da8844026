"""The outline: which types the supergraph has, of what kind, and how they relate.

Whether one type is a subtype of another is asked while fields are merged, so interfaces and union
members over all subgraphs are known first.
"""

from __future__ import annotations

from gateway.composition.schema.model import Kind, is_applied

from .state import Merge


def outline(merge: Merge) -> None:
    """Fill the sources, kinds, interfaces and members of the state."""
    for index, subgraph in enumerate(merge.subgraphs):
        for name, definition in subgraph.schema.types.items():
            merge.sources.setdefault(name, {})[index] = definition
    for name, sources in merge.sources.items():
        objects = frozenset(
            i for i, t in sources.items() if t.kind is Kind.OBJECT and is_applied(t.directives, "interfaceObject")
        )
        if objects:
            merge.interface_objects[name] = objects
    for name in sorted(merge.sources):
        _kind(merge, name)
        _base(merge, name)
        found = merge.sources[name].values()
        merge.interfaces[name] = frozenset(i for t in found for i in t.interfaces)
        merge.members[name] = frozenset(m for t in found for m in t.members)


def _base(merge: Merge, name: str) -> None:
    """A type that is only ever extended has no definition."""
    sources = {
        i: t
        for i, t in merge.sources[name].items()
        if t.kind is merge.kinds[name] or merge.is_interface_object(i, name)
    }
    if any(t.defined for t in sources.values()):
        return
    if any(merge.subgraphs[i].schema.root_of(name) for i in sources):
        return
    for index, definition in sources.items():
        message = (
            f'[{merge.subgraphs[index].name}] Type "{name}" is an extension type, but there is no type definition '
            f'for "{name}" in any subgraph.'
        )
        merge.error("EXTENSION_WITH_NO_BASE", message, {index: definition})


def _kind(merge: Merge, name: str) -> None:
    sources = merge.sources[name]
    kinds = {}
    objects = []
    for index, definition in sources.items():
        if merge.is_interface_object(index, name):
            objects.append(index)
            kinds[index] = Kind.INTERFACE
        else:
            kinds[index] = definition.kind
    merge.kinds[name] = next(iter(kinds.values()))
    if len(set(kinds.values())) > 1:
        described = {
            i: f"{k.value} Type" + (" (with @interfaceObject)" if i in objects else "") for i, k in kinds.items()
        }
        message = f'Type "{name}" has mismatched kind: it is defined as {merge.mismatch(described)}'
        merge.error("TYPE_KIND_MISMATCH", message, sources)
    elif objects and len(objects) == len(sources):
        where = ", ".join(f'"{n}"' for n in merge.names(objects))
        merge.error(
            "INTERFACE_OBJECT_USAGE_ERROR",
            f'Type "{name}" is declared with @interfaceObject in all the subgraphs in which it is defined '
            f"(it is defined in {where} but should be defined as an interface in at least one subgraph)",
            sources,
        )
