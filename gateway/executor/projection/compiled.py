"""Generates the projection of a plan as Python source: no field is interpreted on the hot path.

For every selection set there is one function `(object, state) → dict`. Selections that differ between concrete types
get one function per group of types and a table by `__typename`.
Generated code contains our own names and quoted (`repr`) strings of the plan, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.executor.projection.leaves import INT_LIMIT, Anomaly
from gateway.executor.projection.shape import INTROSPECTION, ShapedField, TypeShape, iterate_shapes
from gateway.planner.nodes import Condition

JsonObject = dict[str, Any]


class ProjectionState:
    """What a projection reads besides the tree: one per pass over it.

    `repeats` counts the objects that were met again at another place.
    """

    __slots__ = ("conditions", "introspection", "memos", "repeats", "seal")

    def __init__(
        self,
        conditions: Sequence[bool],
        memos: int,
        seal: Callable[[Any], Any],
        introspection: Mapping[str, Any],
    ) -> None:
        self.conditions = conditions
        self.memos: list[dict[int, Any]] = [{} for _ in range(memos)]
        self.repeats = 0
        self.seal = seal
        self.introspection = introspection


Project = Callable[[JsonObject, ProjectionState], JsonObject]


class CompiledProjection:
    """The generated root function, and the runtime conditions that it refers to by number.

    `multiplies` tells that shared objects may hold shared objects: then a small tree may be a huge answer.
    """

    __slots__ = ("_conditions", "_memos", "multiplies", "project", "source")

    def __init__(
        self,
        project: Project,
        conditions: Sequence[tuple[tuple[Condition, ...], ...]],
        memos: int,
        source: str,
        *,
        multiplies: bool,
    ) -> None:
        self.project = project
        self.multiplies = multiplies
        self.source = source
        self._conditions = tuple(conditions)
        self._memos = memos

    def state(
        self,
        variables: Mapping[str, Any],
        seal: Callable[[Any], Any],
        introspection: Mapping[str, Any],
    ) -> ProjectionState:
        """Return a fresh state for one pass."""
        holds = [is_met(each, variables) for each in self._conditions]
        return ProjectionState(holds, self._memos, seal, introspection)


def is_met(conditions: tuple[tuple[Condition, ...], ...], variables: Mapping[str, Any]) -> bool:
    """Evaluate a disjunction of conjunctions; an empty one holds."""
    return not conditions or any(
        all(bool(variables.get(each.variable)) != each.negated for each in conjunction) for conjunction in conditions
    )


def compile_projection(fields: Sequence[ShapedField]) -> CompiledProjection:
    """Generate the projector of a plan."""
    return _Generator(fields).generate()


def size_of(value: Any, sizes: dict[int, int]) -> int:
    """Return about how many bytes a value takes as JSON; what is shared is measured once and counted each time."""
    kind = type(value)
    if kind is not dict and kind is not list:
        return len(value) + 2 if kind is str else 4
    known = sizes.get(id(value))
    if known is not None:
        return known
    owner, size = id(value), 2 + len(value)
    if kind is dict:
        size += sum(map(len, value)) + 3 * len(value)
        value = value.values()
    for each in value:
        kind = type(each)
        if kind is str:
            size += len(each) + 2
        elif kind is dict or kind is list:
            size += size_of(each, sizes)
        else:
            size += 4
    sizes[owner] = size
    return size


def _nests_shared(fields: Sequence[ShapedField], inside: bool = False) -> bool:
    return any((inside and each.shared) or _nests_shared(each.fields, inside or each.shared) for each in fields)


class _Generator:
    def __init__(self, fields: Sequence[ShapedField]) -> None:
        self._fields = fields
        self._lines: list[str] = []
        self._names: dict[str, Any] = {"Anomaly": Anomaly}
        self._functions = 0
        self._conditions: dict[tuple[tuple[Condition, ...], ...], int] = {}
        self._memos = 0
        for each in iterate_shapes(fields):
            if each.conditions:
                self._conditions.setdefault(each.conditions, len(self._conditions))

    def generate(self) -> CompiledProjection:
        root = self._function(self._fields)
        source = "\n".join(self._lines)
        exec(compile(source, "<projection>", "exec"), self._names)  # noqa: S102 - our own source, names quoted
        return CompiledProjection(
            self._names[root], list(self._conditions), self._memos, source, multiplies=_nests_shared(self._fields)
        )

    def _selection(self, parent: ShapedField) -> str:
        """Return the name of the function that projects objects at `parent`."""
        function = self._objects(parent)
        return self._memoized(function) if parent.shared else function

    def _objects(self, parent: ShapedField) -> str:
        if all(each.types is None for each in parent.fields):
            name = self._function(parent.fields)
            return self._checked(name, parent) if parent.is_abstract else name
        by_type: dict[str, list[ShapedField]] = {typename: [] for typename in sorted(parent.possible)}
        for each in parent.fields:
            for typename in parent.possible if each.types is None else each.types & parent.possible:
                by_type[typename].append(each)
        groups: dict[tuple[int, ...], str] = {}
        table: dict[str, str] = {}
        for typename, chosen in by_type.items():
            group = tuple(each.number for each in chosen)
            if group not in groups:
                groups[group] = self._function(chosen)
            table[typename] = groups[group]
        number = self._next()
        entries = ", ".join(f"{typename!r}: {function}" for typename, function in table.items())
        self._lines += [
            f"t{number} = {{{entries}}}",
            f"def p{number}(o, s):",
            f"    try: p = t{number}[o['__typename']]",
            "    except (KeyError, TypeError): raise Anomaly from None",
            "    return p(o, s)",
        ]
        return f"p{number}"

    def _memoized(self, inner: str) -> str:
        """An object that stands at several places is projected once."""
        number, memo = self._next(), self._memos
        self._memos += 1
        self._lines += [
            f"def p{number}(o, s):",
            f"    m = s.memos[{memo}]",
            "    r = m.get(id(o))",
            f"    if r is None: r = m[id(o)] = {inner}(o, s)",
            "    else: s.repeats += 1",
            "    return r",
        ]
        return f"p{number}"

    def _checked(self, inner: str, parent: ShapedField) -> str:
        """An object of a type that clients do not know must not pass as its interface."""
        number = self._next()
        # An interface object carries the interface's own name until a fetch says what it is.
        self._names[f"k{number}"] = parent.possible | {None, parent.leaf}
        self._lines += [
            f"def p{number}(o, s):",
            f"    try: known = o.get('__typename') in k{number}",
            "    except (AttributeError, TypeError): raise Anomaly from None",
            "    if not known: raise Anomaly",
            f"    return {inner}(o, s)",
        ]
        return f"p{number}"

    def _function(self, fields: Sequence[ShapedField]) -> str:
        conditional = any(each.conditions for each in fields)
        body = self._read(fields)
        pairs: list[str] = []
        if conditional:
            body.append("    r = {}")
        for each in fields:
            indent = "    "
            if each.conditions:
                body.append(f"    if s.conditions[{self._conditions[each.conditions]}]:")
                indent = "        "
            value, lines = self._field(each)
            body += [indent + line for line in lines]
            if conditional:
                body.append(f"{indent}r[{each.response_key!r}] = {value}")
            else:
                pairs.append(f"{each.response_key!r}: {value}")
        body.append("    return r" if conditional else f"    return {{{', '.join(pairs)}}}")
        number = self._next()
        self._lines += [f"def p{number}(o, s):", *body]
        return f"p{number}"

    def _read(self, fields: Sequence[ShapedField]) -> list[str]:
        """Read all values. Subscripts are several times cheaper than `get`; a missing key is the exception."""
        read = [each for each in fields if each.constant is None and each.name not in INTROSPECTION]
        if not read:
            return ["    if type(o) is not dict: raise Anomaly"]
        return [
            "    try:",
            *(f"        v{each.number} = o[{each.data_key!r}]" for each in read),
            "    except KeyError:",
            "        g = o.get",
            *(f"        v{each.number} = g({each.data_key!r})" for each in read),
            "    except TypeError:",
            "        raise Anomaly from None",
        ]

    def _field(self, each: ShapedField) -> tuple[str, list[str]]:
        """Return the expression of a field's value, and the lines that check and convert it."""
        if each.constant is not None:
            return repr(each.constant), []
        if each.name in INTROSPECTION:
            return f"s.introspection[{each.response_key!r}]", []
        variable = f"v{each.number}"
        if each.coerce is not None and each.type.item is None:
            return variable, self._leaf(each, variable)
        return variable, self._nested(each, variable)

    def _leaf(self, each: ShapedField, variable: str) -> list[str]:
        lines = self._coerced(each, variable)
        if each.type.non_null:
            lines.append(f"if {variable} is None: raise Anomaly")
        if each.sealed:
            lines.append(f"{variable} = s.seal({variable})")
        return lines

    def _coerced(self, each: ShapedField, variable: str) -> list[str]:
        """Only values that are not plainly of the expected Python type cost a call."""
        if each.is_opaque:
            return []
        coerce = f"c{each.number}"
        self._names[coerce] = each.coerce
        call = f"{variable} = {coerce}({variable})"
        if each.leaf == "Int":
            bounds = f"{-INT_LIMIT} <= {variable} < {INT_LIMIT}"
            return [f"if type({variable}) is not int or not {bounds}: {call}"]
        if each.fast_type is not None:
            return [f"if type({variable}) is not {each.fast_type.__name__}: {call}"]
        return [call]

    def _nested(self, each: ShapedField, variable: str) -> list[str]:
        convert = self._convert(each, each.type)
        if each.type.non_null:
            return [f"if {variable} is None: raise Anomaly", f"{variable} = {convert}({variable}, s)"]
        return [f"if {variable} is not None: {variable} = {convert}({variable}, s)"]

    def _convert(self, each: ShapedField, kind: TypeShape) -> str:
        """Return the name of a function (value, state) for non-null values of a type."""
        if kind.item is None:
            return self._selection(each) if each.coerce is None else self._leaf_function(each, kind.non_null)
        item = self._convert(each, kind.item)
        number = self._next()
        if kind.item.non_null and each.coerce is None and kind.item.item is None:
            element = f"{item}(x, s)"
        elif kind.item.non_null:
            element = f"({item}(x, s) if x is not None else n{number}())"
            self._lines += [f"def n{number}(): raise Anomaly"]
        else:
            element = f"({item}(x, s) if x is not None else None)"
        self._lines += [
            f"def p{number}(v, s):",
            "    if type(v) is not list: raise Anomaly",
            f"    return [{element} for x in v]",
        ]
        return f"p{number}"

    def _leaf_function(self, each: ShapedField, non_null: bool) -> str:
        number = self._next()
        lines = self._coerced(each, "v")
        if non_null:
            lines.append("if v is None: raise Anomaly")
        if each.sealed:
            lines.append("v = s.seal(v)")
        self._lines += [f"def p{number}(v, s):", *(f"    {line}" for line in lines), "    return v"]
        return f"p{number}"

    def _next(self) -> int:
        self._functions += 1
        return self._functions
