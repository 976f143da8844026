"""What a mapping makes, and what it reads, as values; `infer` finds them without data.

A `View` is what an expression may refer to, and notes every input path whose value is used.

::

    Shape = AnyShape        something from the input (path known or not)
          | ObjectShape     an object with these fields
          | ListShape       a list of these
          | ScalarShape     a string, number or boolean made by a literal or a method
          | OneOfShape      one of several (arms of `->match`, operands of `??`)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from connectors.mapping.prune import FieldTree

InputPath: TypeAlias = tuple[str, ...]
"""Where a value comes from: `("$", "trips", "id")` in the response, `("$args", "first")` in a variable.

An object that is there matters even where nothing in it is used: then the path ends in `PRESENCE`.
"""

PRESENCE: Final = "__typename"
"""What stands, in a path, for an object itself; what GraphQL can be asked for of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyShape:
    """A value of unknown form, from `path` of the input if that is known."""

    path: InputPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectShape:
    """An object with these fields; `open` when something of unknown form is merged in."""

    fields: Mapping[str, "Shape"]
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """A list of values of one shape."""

    of: "Shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarShape:
    """A scalar of a JSON type; `value` when a literal fixes it (a `__typename`)."""

    type: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfShape:
    """One of several shapes."""

    shapes: tuple["Shape", ...]


Shape: TypeAlias = AnyShape | ObjectShape | ListShape | ScalarShape | OneOfShape


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The shapes of what an expression may refer to, and the input paths noted so far."""

    dollar: Shape
    current: Shape
    bound: Mapping[str, Shape] = field(default_factory=dict)
    reads: set[InputPath] = field(default_factory=set)

    def within(self, dollar: Shape, current: Shape) -> "View":
        """The same view with other meanings of `$` and `@`."""
        return View(dollar=dollar, current=current, bound=self.bound, reads=self.reads)

    def binding(self, name: str, shape: Shape) -> "View":
        """The same view in which a name is bound."""
        return View(dollar=self.dollar, current=self.current, bound={**self.bound, name: shape}, reads=self.reads)

    def use(self, shape: Shape) -> Shape:
        """Note that the values of this shape are used."""
        if isinstance(shape, AnyShape) and shape.path is not None:
            self.reads.add(shape.path)
        elif isinstance(shape, ListShape):
            self.use(shape.of)
        elif isinstance(shape, OneOfShape):
            for each in shape.shapes:
                self.use(each)
        return shape

    def look_at(self, shape: Shape) -> Shape:
        """Note that it matters whether there is such a value, whatever is used of it."""
        match shape:
            case AnyShape(path=(_, _, *_) as path):
                self.reads.add((*path, PRESENCE))
            case ListShape(of=of):
                self.look_at(of)
            case OneOfShape(shapes=shapes):
                for each in shapes:
                    self.look_at(each)
            case ObjectShape() | ScalarShape() | AnyShape():
                pass
            case _:
                assert_never(shape)
        return shape


def without_passing(reads: Iterable[InputPath]) -> frozenset[InputPath]:
    """The paths without those of objects that are only passed on the way to something in them."""
    used = {path for path in reads if path[-1] != PRESENCE}
    passed = {path[:length] for path in used for length in range(1, len(path) + 1)}
    return frozenset(used | {path for path in reads if path[-1] == PRESENCE and path[:-1] not in passed})


def one_of(shapes: list[Shape]) -> Shape:
    """The alternatives as one shape: flat, without repetition and without null."""
    flat: list[Shape] = []
    for shape in shapes:
        for each in shape.shapes if isinstance(shape, OneOfShape) else (shape,):
            if each not in flat and each != ScalarShape(type="null"):
                flat.append(each)
    if not flat:
        return shapes[0] if shapes else AnyShape()
    return flat[0] if len(flat) == 1 else OneOfShape(shapes=tuple(flat))


def field_tree(shape: Shape) -> FieldTree | None:
    """The output fields of a shape as a tree; None where it has none of its own."""
    match shape:
        case ObjectShape(fields=fields):
            return {name: field_tree(inner) for name, inner in fields.items()}
        case ListShape(of=of):
            return field_tree(of)
        case OneOfShape(shapes=shapes):
            merged: FieldTree | None = None
            for each in shapes:
                merged = _merge_trees(merged, field_tree(each))
            return merged
        case AnyShape() | ScalarShape():
            return None
        case _:
            assert_never(shape)


def _merge_trees(left: FieldTree | None, right: FieldTree | None) -> FieldTree | None:
    if left is None or right is None:
        return left if right is None else right
    merged = dict(left)
    for name, inner in right.items():
        merged[name] = _merge_trees(merged.get(name), inner)
    return merged
