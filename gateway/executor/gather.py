"""Finds the entities of a fetch in the merged tree and builds their representations: compiled to Python.

For every `EntitySelection` one function is generated. It descends the targets' paths, builds a representation for
each object that it meets, and deduplicates. An object whose key is null or incomplete has no representation.

Objects at one place that send the same and are equal in everything are the same entity as far as the plan can tell.
They are replaced by one object, so that whatever follows (merging, the next fetches, the projection) handles it once.

Where many fetches become ready together for one place, it is walked once for all of them (`survey`), and each takes the
objects of its own types from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import lru_cache
from types import CodeType
from typing import Any

import orjson

from gateway.executor.merge import typename_of
from gateway.planner.nodes import LIST, EntitySelection, InputField, PathStep, Target, TypeStep

JsonObject = dict[str, Any]
Gathered = tuple[list[JsonObject], list[list[JsonObject]]]
"""Representations and, in parallel, for each the objects that its answer is merged into."""
Gather = Callable[[JsonObject], Gathered]
"""tree → what was found in it."""
Occupants = Mapping[str | None, Sequence[tuple[JsonObject, Any, Any]]]
"""The objects at one place by `__typename`, each with the container that it stands in and its key or index there.

The container is None where nothing can be put in the object's stead."""
Survey = Callable[[JsonObject], Occupants]
"""tree → who stands at a place."""
GatherFrom = Callable[[Occupants], Gathered]
"""As `Gather`, from a place that has been walked."""
Build = Callable[[JsonObject], "tuple[Any, JsonObject] | None"]
"""object → (deduplication key, representation), or None when there is nothing to send."""


def dump_key(value: Any) -> bytes:
    """Return a deduplication key for a representation whose values cannot be hashed."""
    return orjson.dumps(value, default=str)


def flatten(values: list[Any]) -> list[Any]:
    """Return the elements of a list with lists inside, at any depth."""
    flat: list[Any] = []
    for value in values:
        if type(value) is list:
            flat.extend(flatten(value))
        else:
            flat.append(value)
    return flat


def compile_gather(
    selection: EntitySelection, places: Set[tuple[str, ...]] = frozenset(), *, sharing: bool = True
) -> Gather:
    """Return the gather function of one `_entities` field.

    `places` are the paths, in data keys, at which entities stand anywhere in the plan: objects there may be shared.
    Without `sharing` equal objects stay apart.
    """
    writer = _Writer(places)
    writer.begin_gather("tree")
    for number, target in enumerate(_outermost_first(selection.targets)):
        writer.add_builds(number, target)
        depth, variable = writer.descend(target.path)
        writer.add_object(depth, number, variable, sharing=sharing)
    writer.line(1, "return representations, sinks")
    gather: Gather = writer.compile("gather")
    return gather


def compile_survey(path: Sequence[PathStep], places: Set[tuple[str, ...]]) -> Survey:
    """Return the function that walks to `path` once and groups what stands there by its type."""
    writer = _Writer(places)
    writer.line(0, "def survey(tree):")
    writer.line(1, "found = {}")
    depth, variable = writer.descend(path)
    container, key = writer.slot or (None, None)
    if writer.flattened is not None:
        container = f"None if {writer.flattened} else {container}"
    writer.line(depth, f"found.setdefault(typename_of({variable}), []).append(({variable}, {container}, {key}))")
    writer.line(1, "return found")
    survey: Survey = writer.compile("survey")
    return survey


def compile_gather_from(selection: EntitySelection, *, sharing: bool = True) -> GatherFrom:
    """Return the function that gathers from the occupants of a place; all targets of the selection stand there."""
    writer = _Writer()
    writer.begin_gather("occupants")
    writer.slot, writer.flattened = ("container", "slot"), "container is None"
    for number, target in enumerate(selection.targets):
        writer.add_builds(number, target)
        writer.lines_at(
            1,
            f"for group in (*sorted(builds_{number}.keys() & occupants.keys()), None):",
            "    for value, container, slot in occupants.get(group, ()):",
        )
        writer.add_object(3, number, "value", sharing=sharing)
    writer.line(1, "return representations, sinks")
    gather: GatherFrom = writer.compile("gather")
    return gather


def _outermost_first(targets: Sequence[Target]) -> list[Target]:
    """What is found equal further out need not be visited again further in."""
    return sorted(targets, key=lambda target: len(target.path))


def compile_collect(path: Sequence[PathStep]) -> Callable[[JsonObject], list[JsonObject]]:
    """Return a function that collects the objects at `path`."""
    writer = _Writer()
    writer.line(0, "def collect(tree):")
    writer.line(1, "found = []")
    depth, variable = writer.descend(path)
    writer.line(depth, f"found.append({variable})")
    writer.line(1, "return found")
    collect: Callable[[JsonObject], list[JsonObject]] = writer.compile("collect")
    return collect


def compile_representation(typename: str, fields: Sequence[InputField]) -> Build:
    """Return the function that builds one representation."""
    if any(each.selections or each.types is not None for each in fields):
        return _nested_representation(typename, fields)
    writer = _Writer()
    writer.line(0, "def build(value):")
    writer.line(1, "get = value.get")
    names: list[str] = []
    pairs: list[str] = [f"'__typename': {typename!r}"]
    for number, each in enumerate(fields):
        if each.name == "__typename":
            continue
        variable = f"v{number}"
        writer.line(1, f"{variable} = get({each.key!r})")
        if each.identifying or not each.nullable:
            writer.line(1, f"if {variable} is None: return None")
        names.append(variable)
        pairs.append(f"{each.name!r}: {variable}")
    writer.line(1, f"return ({typename!r}, {''.join(name + ', ' for name in names)}), {{{', '.join(pairs)}}}")
    build: Build = writer.compile("build")
    return build


def _nested_representation(typename: str, fields: Sequence[InputField]) -> Build:
    def build(value: JsonObject) -> tuple[Any, JsonObject] | None:
        representation = {"__typename": typename}
        if not read_inputs(value, fields, representation):
            return None
        return dump_key(representation), representation

    return build


def read_inputs(value: JsonObject, fields: Iterable[InputField], into: JsonObject) -> bool:
    """Read `fields` of `value` into a representation; False when one that must not be null is."""
    name = typename_of(value)
    for each in fields:
        if each.name == "__typename" and into.get("__typename") is not None:
            continue
        if each.types is not None and name not in each.types:
            continue
        found = _read(value.get(each.key), each)
        if found is None and (each.identifying or not each.nullable):
            return False
        into[each.name] = found
    return True


def _read(value: Any, field: InputField) -> Any:
    if value is None or not field.selections:
        return value
    if type(value) is list:
        return [_read(each, field) for each in value]
    if type(value) is not dict:
        return None
    inner: JsonObject = {}
    return inner if read_inputs(value, field.selections, inner) else None


class _Writer:
    """Collects generated source, and the names that it refers to.

    After `descend`, `slot` are the expressions of the container and the key where the object's replacement would be put
    (None: nowhere), unless the expression `flattened` holds: a list of lists is read from a flat copy.
    """

    def __init__(self, places: Set[tuple[str, ...]] = frozenset()) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"flatten": flatten, "dump_key": dump_key, "typename_of": typename_of}
        self.slot: tuple[str, str] | None = None
        self.flattened: str | None = None
        self._places = places
        self._variables = 0

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def lines_at(self, depth: int, *texts: str) -> None:
        for text in texts:
            self.line(depth, text)

    def begin_gather(self, argument: str) -> None:
        """Write the head of a gather function."""
        self.line(0, f"def gather({argument}):")
        self.line(1, "representations, sinks, index = [], [], {}")

    def add_builds(self, number: int, target: Target) -> None:
        """Name what the objects of a target are built with, and begin to note who came first."""
        by_type: dict[str, Build] = {}
        for shape in target.representations:
            build = compile_representation(shape.typename, shape.fields)
            for name in shape.types:
                by_type[name] = build
        # Where only one type can stand, plans do not ask for `__typename`.
        self.names[f"builds_{number}"] = by_type
        self.names[f"fallback_{number}"] = build if len(target.representations) == 1 else None
        self.line(1, f"first_{number} = {{}}")

    def add_object(self, depth: int, number: int, variable: str, *, sharing: bool) -> None:
        """Write what is done with one object of a target."""
        self.lines_at(
            depth,
            f"name = typename_of({variable})",
            f"build = builds_{number}.get(name) if name is not None else fallback_{number}",
            f"built = build({variable}) if build is not None else None",
            "if built is not None:",
            "    key, representation = built",
            "    try:",
            "        at = index.get(key)",
            "    except TypeError:",
            "        key = dump_key(representation)",
            "        at = index.get(key)",
            "    if at is None:",
            "        index[key] = len(sinks)",
            "        representations.append(representation)",
            f"        sinks.append([{variable}])",
            f"        first_{number}[key] = {variable}",
            "    else:",
            f"        first = first_{number}.setdefault(key, {variable})",
            f"        if first is {variable}:",
            f"            sinks[at].append({variable})",
        )
        if self.slot is not None and sharing:
            container, key = self.slot
            replaceable = f"not ({self.flattened}) and " if self.flattened is not None else ""
            self.lines_at(depth + 2, f"elif {replaceable}first == {variable}:", f"    {container}[{key}] = first")
        self.lines_at(depth + 2, "else:", f"    sinks[at].append({variable})")

    def descend(self, path: Sequence[PathStep]) -> tuple[int, str]:
        """Write the loops that lead to `path`; return the depth inside them and the object's variable.

        Every object is visited once, however many places share it.
        """
        depth, variable = 1, "tree"
        self.slot = None
        plain: tuple[str, ...] = ()
        for position, step in enumerate(path):
            number = self._variables
            self._variables += 1
            if isinstance(step, TypeStep):
                self.names[f"types_{number}"] = step.types
                self.line(depth, f"if type({variable}) is dict and typename_of({variable}) in types_{number}:")
                depth += 1
                continue
            following = f"o{number}"
            if step == LIST:
                self.line(depth, f"if type({variable}) is list:")
                self.line(depth + 1, f"nested_{number} = list in map(type, {variable})")
                self.line(depth + 1, f"if nested_{number}: {variable} = flatten({variable})")
                self.line(depth + 1, f"for i{number}, {following} in enumerate({variable}):")
                self.slot = variable, f"i{number}"
                self.flattened = f"nested_{number}"
                depth += 2
            else:
                self.line(depth, f"if type({variable}) is dict:")
                self.line(depth + 1, f"{following} = {variable}.get({step!r})")
                self.slot = variable, repr(step)
                self.flattened = None
                depth += 1
                plain = (*plain, step)
            variable = following
            ends = position + 1 == len(path) or path[position + 1] != LIST
            if ends and plain in self._places:
                # The loops end before `seen` could be reused for another object: the tree keeps them all alive.
                self.lines.insert(1, f"    seen_{number} = set()")
                self.line(depth, f"if id({variable}) not in seen_{number}:")
                self.line(depth + 1, f"seen_{number}.add(id({variable}))")
                depth += 1
        self.line(depth, f"if type({variable}) is dict:")
        return depth + 1, variable

    def compile(self, name: str) -> Any:
        exec(_code("\n".join(self.lines), name), self.names)  # noqa: S102 - our own source, names quoted
        return self.names[name]


@lru_cache(maxsize=1024)
def _code(source: str, name: str) -> CodeType:
    """Compile generated source; what is generated for types that are alike is often the same."""
    return compile(source, f"<{name}>", "exec")
