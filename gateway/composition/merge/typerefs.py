"""Merging the types of one field or argument over its subgraphs.

Outputs widen (the supertype wins), inputs narrow (the subtype wins). Types that are not related at
all are an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from gateway.composition.schema.model import Field, InputValue
from gateway.composition.schema.typeref import ListOf, Named, NonNull, TypeRef

from .state import Merge

Typed: TypeAlias = Field | InputValue


def is_subtype(merge: Merge, of: TypeRef, candidate: TypeRef) -> bool:
    """Whether `candidate` equals `of` or is a subtype of it in the supergraph."""
    if of == candidate:
        return True
    if isinstance(candidate, NonNull):
        if isinstance(of, NonNull):
            return is_subtype(merge, of.of, candidate.of)
        return is_subtype(merge, of, candidate.of)
    if isinstance(of, ListOf) and isinstance(candidate, ListOf):
        return is_subtype(merge, of.of, candidate.of)
    if isinstance(of, Named) and isinstance(candidate, Named):
        return of.name in merge.interfaces.get(candidate.name, ()) or candidate.name in merge.members.get(of.name, ())
    return False


def merge_types(
    merge: Merge, coordinate: str, sources: Mapping[int, Typed], *, is_input: bool, element: str
) -> tuple[TypeRef, bool]:
    """The merged type and whether all sources have that very type; reports what does not fit."""
    chosen: TypeRef | None = None
    subtypes = incompatible = False
    for source in sources.values():
        ref = source.type
        if chosen is None or ref == chosen:
            chosen = ref
        elif is_subtype(merge, chosen, ref):
            subtypes = True
            chosen = ref if is_input else chosen
        elif is_subtype(merge, ref, chosen):
            subtypes = True
            chosen = chosen if is_input else ref
        else:
            incompatible = True
    assert chosen is not None
    if not incompatible and not subtypes:
        return chosen, True
    what = merge.mismatch({i: f'type "{s.type}"' for i, s in sources.items()}, f'type "{chosen}"')
    if incompatible:
        code = "FIELD_ARGUMENT_TYPE_MISMATCH" if element == "argument" else "FIELD_TYPE_MISMATCH"
        message = f'Type of {element} "{coordinate}" is incompatible across subgraphs: it has {what}'
        merge.error(code, message, sources)
        return chosen, False
    merge.hint(
        f"INCONSISTENT_BUT_COMPATIBLE_{'ARGUMENT' if element == 'argument' else 'FIELD'}_TYPE",
        f'Type of {element} "{coordinate}" is inconsistent but compatible across subgraphs: the supergraph '
        f'uses type "{chosen}", while it has {what}',
        sources,
    )
    return chosen, False
