"""Syntax tree to Python closures: one closure per node, nothing interpreted at run time.

A path is compiled from its end: each step is a closure that calls the next one, so that a key on an array
applies all later steps to each element, as the language demands.
`quiet` compiles the operands of a `??` chain, which may be absent without complaint.
"""

from itertools import takewhile
from typing import assert_never

from connectors.mapping.json_values import MISSING, Json, type_name
from connectors.mapping.methods import METHODS
from connectors.mapping.run import Node, Run, Site, Walk
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
    Spread,
    Step,
    Variable,
    Wrapped,
)


def compile_expression(expression: Expression, *, quiet: bool = False) -> Node:
    """The closure that evaluates an expression."""
    match expression:
        case Literal(value=value):
            return lambda dollar, current, run: value
        case ArrayLiteral(items=items):
            return _array([compile_expression(item) for item in items])
        case ObjectLiteral(members=members):
            return _block(members)
        case Coalesce(operator=operator, operands=operands):
            nodes = [compile_expression(operand, quiet=True) for operand in operands[:-1]]
            return _coalesce(operator == "??", nodes, compile_expression(operands[-1], quiet=quiet))
        case Path():
            return _path(expression, quiet)
        case _:
            assert_never(expression)


def _array(nodes: list[Node]) -> Node:
    def array(dollar: Json, current: Json, run: Run) -> Json:
        values = [node(dollar, current, run) for node in nodes]
        return [None if value is MISSING else value for value in values]

    return array


def _coalesce(null_too: bool, nodes: list[Node], last: Node) -> Node:
    def coalesce(dollar: Json, current: Json, run: Run) -> Json:
        for node in nodes:
            value = node(dollar, current, run)
            if value is not MISSING and not (null_too and value is None):
                return value
        return last(dollar, current, run)

    return coalesce


def _block(members: tuple[Member, ...]) -> Node:
    """An object from its members; a lone anonymous member is the value itself."""
    match members:
        case (Spread(sole=True, value=value),):
            return compile_expression(value)
    if all(isinstance(member, Field) for member in members):
        return _fields([(field.name, compile_expression(field.value)) for field in members if isinstance(field, Field)])
    return _merged([(member, compile_expression(member.value)) for member in members])


def _fields(fields: list[tuple[str, Node]]) -> Node:
    def block(dollar: Json, current: Json, run: Run) -> Json:
        made = {}
        for name, node in fields:
            value = node(dollar, current, run)
            if value is not MISSING:
                made[name] = value
        return made

    return block


def _merged(members: list[tuple[Member, Node]]) -> Node:
    """An object with spreads: `...` of null makes the whole object null, any other absence adds nothing."""
    plan = [
        (member.name if isinstance(member, Field) else None, member, node, _site(member, "..."))
        for member, node in members
    ]

    def block(dollar: Json, current: Json, run: Run) -> Json:
        made: dict[str, Json] = {}
        for name, member, node, site in plan:
            value = node(dollar, current, run)
            if value is MISSING:
                continue
            if name is not None:
                made[name] = value
            elif isinstance(value, dict):
                made.update(value)
            elif value is None:
                if isinstance(member, Spread) and member.explicit:
                    return None
            else:
                site.complain(run, "SPREAD_NOT_OBJECT", f"expected an object to merge, found {type_name(value)}")
        return made

    return block


def _site(member: Member, path: str) -> Site:
    return Site(position=member.position, path=path)


def _path(path: Path, quiet: bool) -> Node:
    text = _head_text(path)
    walk = _walk(path.steps, text, quiet)
    match path.head:
        case Dollar():
            start = None if path.optional else _dollar_walk(walk, path.steps, quiet)
            head: Node = lambda dollar, current, run: dollar  # noqa: E731
        case Current():
            start = None
            head = lambda dollar, current, run: current  # noqa: E731
        case Variable(name=name):
            start = None
            head = _variable(name, Site(position=path.position, path=name), quiet or path.optional)
        case Wrapped(expression=expression):
            start = None
            head = compile_expression(expression, quiet=quiet)
        case _:
            assert_never(path.head)
    return start if start is not None else _from_head(head, walk, path.optional)


def _dollar_walk(walk: Walk | None, steps: tuple[Step, ...], quiet: bool) -> Node | None:
    """The common case, a path from `$`: its leading keys in one go while all is as expected, else step by step."""
    if walk is None:
        return None
    keys = tuple(step.name for step in takewhile(_is_plain_key, steps) if isinstance(step, KeyStep))
    if not keys:
        return lambda dollar, current, run: walk(dollar, dollar, run)
    then = _walk(steps[len(keys) :], ".".join(keys), quiet)

    def from_dollar(dollar: Json, current: Json, run: Run) -> Json:
        value = dollar
        for key in keys:
            if type(value) is not dict:
                return walk(dollar, dollar, run)
            value = value.get(key, MISSING)
        if value is MISSING:
            return walk(dollar, dollar, run)
        return value if then is None else then(value, dollar, run)

    return from_dollar


def _is_plain_key(step: Step) -> bool:
    return isinstance(step, KeyStep) and not step.optional


def _from_head(head: Node, walk: Walk | None, optional: bool) -> Node:
    if walk is None and not optional:
        return head

    def path(dollar: Json, current: Json, run: Run) -> Json:
        value = head(dollar, current, run)
        if value is MISSING or (optional and value is None):
            return MISSING
        return value if walk is None else walk(value, dollar, run)

    return path


def _variable(name: str, site: Site, quiet: bool) -> Node:
    def variable(dollar: Json, current: Json, run: Run) -> Json:
        if name in run.bound:
            return run.bound[name]
        value = run.variables.get(name, MISSING)
        if value is MISSING and not quiet:
            site.complain(run, "MISSING_VARIABLE", f"the variable `{name}` has no value here")
        return value

    return variable


def _walk(steps: tuple[Step, ...], text: str, quiet: bool) -> Walk | None:
    """The closure for all steps, or None when there are none."""
    texts = []
    for step in steps:
        text = _step_text(text, step)
        texts.append(text)
    walk: Walk | None = None
    for step, path in zip(reversed(steps), reversed(texts), strict=True):
        site = Site(position=step.position, path=path)
        match step:
            case KeyStep():
                walk = _key(step, site, quiet, walk)
            case MethodStep(name="as"):
                walk = _as(step, walk)
            case MethodStep():
                walk = _method(step, site, walk)
            case SelectStep(members=members):
                walk = _select(_block(members))
            case _:
                assert_never(step)
    return walk


def _key(step: KeyStep, site: Site, quiet: bool, then: Walk | None) -> Walk:
    name, optional = step.name, step.optional
    silent = quiet or optional

    def key(value: Json, dollar: Json, run: Run) -> Json:
        if isinstance(value, dict):
            found = value.get(name, MISSING)
            if found is MISSING:
                if not silent:
                    site.complain(run, "MISSING_KEY", f"the object has no key `{name}`")
                return MISSING
            if optional and found is None:
                return MISSING
            return found if then is None else then(found, dollar, run)
        if isinstance(value, list):
            found_all = [key(element, dollar, run) for element in value]
            return [None if found is MISSING else found for found in found_all]
        if value is None:
            if not silent:
                site.complain(run, "NULL_PARENT", f"null has no key `{name}`; write `?` behind what may be null")
        else:
            site.complain(run, "NOT_AN_OBJECT", f"expected an object with a key `{name}`, found {type_name(value)}")
        return MISSING

    return key


def _method(step: MethodStep, site: Site, then: Walk | None) -> Walk:
    arguments = tuple(compile_expression(argument) for argument in method_arguments(step))
    method, optional = METHODS[step.name].build(site, arguments), step.optional
    if then is None and not optional:
        return method

    def walk(value: Json, dollar: Json, run: Run) -> Json:
        result = method(value, dollar, run)
        if result is MISSING or (optional and result is None):
            return MISSING
        return result if then is None else then(result, dollar, run)

    return walk


def method_arguments(step: MethodStep) -> tuple[Expression, ...]:
    """The expressions that a method is built from: those of `->match` and `->matchIf` taken out of their pairs."""
    if step.name not in ("match", "matchIf"):
        return step.arguments
    return tuple(item for argument in step.arguments if isinstance(argument, ArrayLiteral) for item in argument.items)


def _as(step: MethodStep, then: Walk | None) -> Walk:
    """`->as($name)` or `->as($name, expression)`: the input goes on, and the rest of the path knows the name."""
    name = bound_name(step)
    bound = compile_expression(step.arguments[1]) if len(step.arguments) > 1 else None
    optional = step.optional

    def walk(value: Json, dollar: Json, run: Run) -> Json:
        if optional and value is None:
            return MISSING
        if then is None:
            return value
        named = value if bound is None else bound(dollar, value, run)
        return then(value, dollar, run.bind(name, named))

    return walk


def bound_name(step: MethodStep) -> str:
    """The variable that an `->as` step binds; empty when its first argument is not a bare variable."""
    match step.arguments:
        case (Path(head=Variable(name=name), steps=(), optional=False), *_):
            return name
        case _:
            return ""


def _select(block: Node) -> Walk:
    def select(value: Json, dollar: Json, run: Run) -> Json:
        if isinstance(value, list):
            selected = [select(element, dollar, run) for element in value]
            return [None if each is MISSING else each for each in selected]
        if value is None:
            return None
        return block(value, value, run)

    return select


def _head_text(path: Path) -> str:
    match path.head:
        case Dollar(implicit=implicit):
            return "" if implicit else "$"
        case Current():
            return "@"
        case Variable(name=name):
            return name
        case Wrapped():
            return "$(…)"
        case _:
            assert_never(path.head)


def _step_text(text: str, step: Step) -> str:
    match step:
        case KeyStep(name=name):
            return f"{text}.{name}" if text else name
        case MethodStep(name=name):
            return f"{text}->{name}"
        case SelectStep():
            return text
        case _:
            assert_never(step)
