"""Authorization requirements across types.

An interface needs what its implementations need, since a client may reach them through it; an
object needs what an interface object says of the fields that it resolves for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gateway.composition.schema.model import Applied, Field, Kind, TypeDef

from .applications import merge_applications
from .state import Merge

AUTHORIZATION = ("authenticated", "requiresScopes", "policy")


def spread_authorization(merge: Merge, types: dict[str, TypeDef]) -> None:
    """Add to objects and interfaces the requirements that follow from one another."""
    if not any(spec in merge.spec_names for spec in AUTHORIZATION):
        return
    for name, definition in list(types.items()):
        if definition.kind is Kind.OBJECT:
            types[name] = _from_interface_objects(merge, definition)
    implementations: dict[str, list[TypeDef]] = {}
    for definition in types.values():
        if definition.kind is Kind.OBJECT:
            for interface in definition.interfaces:
                implementations.setdefault(interface, []).append(definition)
    for name, definition in list(types.items()):
        if definition.kind is Kind.INTERFACE:
            types[name] = _from_implementations(merge, definition, implementations.get(name, []))


def _from_interface_objects(merge: Merge, definition: TypeDef) -> TypeDef:
    found: dict[str, list[tuple[Applied, ...]]] = {}
    for interface in definition.interfaces:
        for index in sorted(merge.interface_objects.get(interface, ())):
            for field in merge.sources[interface][index].fields.values():
                found.setdefault(field.name, []).append(_named(merge, field.directives))
    return _with_fields(merge, definition, found)


def _from_implementations(merge: Merge, interface: TypeDef, implementations: list[TypeDef]) -> TypeDef:
    found = {
        name: [t.fields[name].directives for t in implementations if name in t.fields] for name in interface.fields
    }
    directives = _joined(merge, interface.name, interface.directives, [t.directives for t in implementations])
    return _with_fields(merge, replace(interface, directives=directives), found)


def _named(merge: Merge, directives: Iterable[Applied]) -> tuple[Applied, ...]:
    return tuple(
        replace(d, name=merge.spec_names[d.spec])
        for d in directives
        if d.spec in AUTHORIZATION and d.spec in merge.spec_names
    )


def _with_fields(merge: Merge, definition: TypeDef, found: Mapping[str, list[tuple[Applied, ...]]]) -> TypeDef:
    fields: dict[str, Field] = {}
    for name, field in definition.fields.items():
        coordinate = f"{definition.name}.{name}"
        directives = _joined(merge, coordinate, field.directives, found.get(name, []))
        fields[name] = field if directives == field.directives else replace(field, directives=directives)
    return replace(definition, fields=fields)


def _joined(
    merge: Merge, coordinate: str, own: tuple[Applied, ...], others: list[tuple[Applied, ...]]
) -> tuple[Applied, ...]:
    """The element's directives with all authorization requirements joined so that all hold."""
    sources = [tuple(d for d in directives if d.spec in AUTHORIZATION) for directives in (own, *others)]
    if not any(sources[1:]):
        return own
    kept = tuple(d for d in own if d.spec not in AUTHORIZATION)
    return kept + merge_applications(merge, coordinate, dict(enumerate(sources)))
