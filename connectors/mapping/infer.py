"""What a mapping reads and what it makes, found without data.

`infer` walks an expression once with shapes for `$`, `@` and the variables, and answers the shape of its value;
on the way it notes every input path whose value is used.

The language maps over arrays by itself, so an `AnyShape` or `ObjectShape` taken from the input may at run time be
a list of such.
"""

from typing import assert_never

from connectors.mapping.compiler import bound_name
from connectors.mapping.methods import METHODS
from connectors.mapping.methods.method import Answer
from connectors.mapping.shape import (
    AnyShape,
    ListShape,
    ObjectShape,
    OneOfShape,
    ScalarShape,
    Shape,
    View,
    one_of,
)
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

_MOST_VARIANTS = 256
_UNKNOWN = AnyShape()
_STRING = ScalarShape(type="string")


def infer(expression: Expression, view: View) -> Shape:
    """The shape of an expression's value; the input paths it uses are added to the view."""
    match expression:
        case Literal(value=value):
            return _literal(value)
        case ArrayLiteral() | Coalesce() | Path():
            return view.use(_passed(expression, view))
        case ObjectLiteral(members=members):
            return _object(members, view)
        case _:
            assert_never(expression)


def _passed(expression: Expression, view: View) -> Shape:
    """The shape of a value that goes on: what follows decides what is used of it, and here only that it is there."""
    match expression:
        case ArrayLiteral(items=items):
            return ListShape(of=one_of([view.look_at(_passed(item, view)) for item in items]))
        case Coalesce(operands=operands):
            return one_of([view.look_at(_passed(operand, view)) for operand in operands])
        case Path():
            return _path(expression, view)
        case _:
            return infer(expression, view)


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
            shape = _passed(expression, view)
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
    method = METHODS[step.name]
    answer = method.answer
    if method.reads_input and answer not in (Answer.SAME, Answer.ELEMENT, Answer.LIST_OF_ARGUMENT):
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
