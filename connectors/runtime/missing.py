"""Why a value is null: `Provenance.missing`.

NOT_SUPPORTED          no mapping gives it, at that place
NOT_RETURNED           a mapping gives it, and the platform had nothing
REDACTED_THIRD_PARTY   the mapping says so (`->gig_redacted`)
UPSTREAM_ERROR         what gives it failed; the field has an error as well

What is not consented never reaches a connector: the gate cuts it from the fetch, and the gateway adds NOT_CONSENTED.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.mapping import REDACTED
from connectors.mapping.shape import AnyShape, ListShape, ObjectShape, OneOfShape, ScalarShape, Shape
from connectors.runtime.field_tree import Tree

Json = Any
Reason = Literal["NOT_SUPPORTED", "NOT_RETURNED", "REDACTED_THIRD_PARTY", "UPSTREAM_ERROR"]

COMPUTED = frozenset({"provenance", "normalized", "platform", "meters", "occupation"})
"""Fields that the runtime computes, so that no mapping names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What mappings can give below one place; `fields` None means that it is not known, so anything."""

    fields: Mapping[str, Supply] | None = None

    def below(self, name: str) -> Supply | None:
        """Return what can be given under a name; None when nothing can."""
        if self.fields is None or name in COMPUTED:
            return ANYTHING
        return self.fields.get(name)

    def under(self, *names: str) -> Supply:
        """Return what can be given at a path of names."""
        supply = self
        for name in names:
            supply = supply.below(name) or ANYTHING
        return supply


ANYTHING = Supply()


def supply_of(shape: Shape) -> Supply:
    """Return what a mapping of this shape can give."""
    match shape:
        case ObjectShape(fields=fields, open=is_open):
            return ANYTHING if is_open else Supply(fields={name: supply_of(each) for name, each in fields.items()})
        case ListShape(of=of):
            return supply_of(of)
        case OneOfShape(shapes=shapes):
            return _either([supply_of(each) for each in shapes if not _is_null(each)])
        case AnyShape() | ScalarShape():
            return ANYTHING


def supply_of_values(values: Json) -> Supply:
    """Return what computed objects have, whatever their mapping."""
    objects = [each for each in (values if isinstance(values, list) else [values]) if isinstance(each, dict)]
    return Supply(fields={name: ANYTHING for each in objects for name in each}) if objects else ANYTHING


def missing(done: Mapping[str, Json], raw: Mapping[str, Json], tree: Tree, supply: Supply) -> list[dict[str, str]]:
    """Return the `Missing` of a completed object: of what `tree` asks for, of what it was completed from."""
    return [{"field": field, "reason": reason} for field, reason in _missing(done, raw, tree, supply)]


def _missing(
    done: Mapping[str, Json], raw: Mapping[str, Json], tree: Tree, supply: Supply
) -> Iterator[tuple[str, Reason]]:
    for name, inner in tree.items():
        if name not in done or name == "provenance":
            continue
        value, source, below = done[name], raw.get(name), supply.below(name)
        if isinstance(value, Exception):
            yield name, "UPSTREAM_ERROR"
        elif source == REDACTED:
            yield name, "REDACTED_THIRD_PARTY"
        elif value is None:
            yield name, "NOT_SUPPORTED" if below is None else "NOT_RETURNED"
        elif isinstance(value, dict) and inner is not None and "provenance" not in value:
            given = source if isinstance(source, dict) else {}
            yield from (
                (f"{name}.{field}", reason) for field, reason in _missing(value, given, inner, below or ANYTHING)
            )


def _either(supplies: list[Supply]) -> Supply:
    found: dict[str, Supply] = {}
    for supply in supplies:
        if supply.fields is None:
            return ANYTHING
        for name, each in supply.fields.items():
            found[name] = _either([found[name], each]) if name in found else each
    return Supply(fields=found)


def _is_null(shape: Shape) -> bool:
    return isinstance(shape, ScalarShape) and shape.type == "null"
