"""What a mapping reads and what it makes, found without data.

`infer` walks an expression once with shapes for `$`, `@` and the variables, and answers the shape of its value;
on the way it notes every input path whose value is used.

::

    Shape = AnyShape        something from the input (path known or not)
          | ObjectShape     an object with these fields
          | ListShape       a list of these
          | ScalarShape     a string, number or boolean made by a literal or a method
          | OneOfShape      one of several (arms of `->match`, operands of `??`)

The language maps over arrays by itself, so an `AnyShape` or `ObjectShape` taken from the input may at run time be
a list of such.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from connectors.mapping.compiler import bound_name
from connectors.mapping.methods import METHODS
from connectors.mapping.methods.method import Answer
from connectors.mapping.prune import FieldTree
from connectors.mapping.syntax import (
    ArrayLiteral,
    Coalesce,
    Current,
    Dollar,
    Expression,
    Field,
    KeyStep,
    Literal,
    Member,
    MethodStep,
    ObjectLiteral,
    Path,
    SelectStep,
    Variable,
    Wrapped,
)

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

_MOST_VARIANTS = 256
_UNKNOWN = AnyShape()
_STRING = ScalarShape(type="string")


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
        elif isinstance(shape, OneOfShape):
            for each in shape.shapes:
                self.use(each)
        return shape

    def look_at(self, shape: Shape) -> None:
        """Note that it matters whether there is such a value, whatever is used of it."""
        match shape:
            case AnyShape(path=(_, _, *_) as path):
                self.reads.add((*path, PRESENCE))
            case ListShape(of=of):
                self.look_at(of)
            case OneOfShape(shapes=shapes):
                for each in shapes:
                    self.look_at(each)


def infer(expression: Expression, view: View) -> Shape:
    """The shape of an expression's value; the input paths it uses are added to the view."""
    match expression:
        case Literal(value=value):
            return _literal(value)
        case ArrayLiteral(items=items):
            return ListShape(of=one_of([infer(item, view) for item in items]))
        case ObjectLiteral(members=members):
            return _object(members, view)
        case Coalesce(operands=operands):
            return one_of([infer(operand, view) for operand in operands])
        case Path():
            return view.use(_path(expression, view))
        case _:
            assert_never(expression)


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
        return shapes[0] if shapes else _UNKNOWN
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


def _literal(value: object) -> Shape:
    if isinstance(value, str):
        return ScalarShape(type="string", value=value)
    if isinstance(value, bool):
        return ScalarShape(type="boolean")
    return ScalarShape(type="null" if value is None else "number")


def _object(members: tuple[Member, ...], view: View) -> Shape:
    """An object; spreads of alternatives make alternatives of the whole."""
    variants: list[ObjectShape] = [ObjectShape(fields={})]
    for member in members:
        shape = infer(member.value, view)
        if isinstance(member, Field):
            added: list[ObjectShape] = [ObjectShape(fields={member.name: shape})]
        elif member.sole:
            return shape
        else:
            added = [_spread(each) for each in (shape.shapes if isinstance(shape, OneOfShape) else (shape,))]
            if len(variants) * len(added) > _MOST_VARIANTS:
                added = [_united(added)]
        variants = [
            ObjectShape(fields={**base.fields, **more.fields}, open=base.open or more.open)
            for base in variants
            for more in added
        ]
    return one_of(list(variants))


def _united(objects: list[ObjectShape]) -> ObjectShape:
    """All fields of all alternatives at once, when there are too many to tell apart."""
    fields: dict[str, Shape] = {}
    for each in objects:
        for name, shape in each.fields.items():
            fields[name] = one_of([fields[name], shape]) if name in fields else shape
    return ObjectShape(fields=fields, open=any(each.open for each in objects))


def _spread(shape: Shape) -> ObjectShape:
    return shape if isinstance(shape, ObjectShape) else ObjectShape(fields={}, open=isinstance(shape, AnyShape))


def _path(path: Path, view: View) -> Shape:
    shape: Shape
    match path.head:
        case Dollar():
            shape = view.dollar
        case Current():
            shape = view.current
        case Variable(name=name):
            shape = view.bound.get(name, AnyShape(path=(name,)))
        case Wrapped(expression=expression):
            shape = infer(expression, view)
        case _:
            assert_never(path.head)
    for step in path.steps:
        match step:
            case KeyStep(name=name):
                shape = _key(shape, name)
            case MethodStep(name="as"):
                bound = infer(step.arguments[1], view.within(view.dollar, shape)) if step.arguments[1:] else shape
                view = view.binding(bound_name(step), bound)
            case MethodStep():
                shape = _method(step, shape, view)
            case SelectStep(members=members):
                shape = _select(members, shape, view)
            case _:
                assert_never(step)
    return shape


def _key(shape: Shape, name: str) -> Shape:
    match shape:
        case AnyShape(path=path):
            return AnyShape(path=(*path, name)) if path is not None else _UNKNOWN
        case ObjectShape(fields=fields):
            return fields.get(name, _UNKNOWN)
        case ListShape(of=of):
            return ListShape(of=_key(of, name))
        case OneOfShape(shapes=shapes):
            return one_of([_key(each, name) for each in shapes])
        case ScalarShape():
            return _UNKNOWN
        case _:
            assert_never(shape)


def _select(members: tuple[Member, ...], shape: Shape, view: View) -> Shape:
    if isinstance(shape, ListShape):
        return ListShape(of=_select(members, shape.of, view))
    view.look_at(shape)
    return _object(members, view.within(shape, shape))


def _method(step: MethodStep, shape: Shape, view: View) -> Shape:
    answer = METHODS[step.name].answer
    if answer not in (Answer.SAME, Answer.ELEMENT, Answer.ARGUMENT, Answer.LIST_OF_ARGUMENT):
        view.use(shape)
    view.look_at(shape)
    element = _element(shape)
    each = step.name in ("map", "filter", "find")
    inner = view.within(view.dollar, element if each else shape)
    match answer:
        case Answer.PAIRS:
            return one_of([_answer(argument, inner) for argument in step.arguments])
        case Answer.ARGUMENT | Answer.LIST_OF_ARGUMENT:
            argued = infer(step.arguments[0], inner)
            return argued if answer is Answer.ARGUMENT else ListShape(of=argued)
    for argument in step.arguments:
        infer(argument, inner)
    match answer:
        case Answer.SAME:
            return shape
        case Answer.ELEMENT:
            return element
        case Answer.ENTRIES:
            return ListShape(of=ObjectShape(fields={"key": _STRING, "value": _UNKNOWN}))
        case Answer.STRINGS:
            return ListShape(of=_STRING)
        case Answer.STRING | Answer.NUMBER | Answer.BOOLEAN:
            return ScalarShape(type=answer.name.lower())
        case Answer.ANYTHING:
            return _UNKNOWN
        case _:
            assert_never(answer)


def _element(shape: Shape) -> Shape:
    if isinstance(shape, ListShape):
        return shape.of
    if isinstance(shape, OneOfShape):
        return one_of([_element(each) for each in shape.shapes])
    return shape


def _answer(pair: Expression, view: View) -> Shape:
    """The shape of a pair's answer, its candidate having been looked at for what it reads."""
    if not isinstance(pair, ArrayLiteral):
        return infer(pair, view)
    for candidate in pair.items[:-1]:
        infer(candidate, view)
    return infer(pair.items[-1], view)
