"""A parsed mapping, and the two things to do with it: look at it, and compile it.

`parse_selection` → `Selection` → `compile_selection` → `Mapper`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from connectors.mapping.check import APOLLO_VARIABLES, REQUEST_VARIABLES, Scope, check
from connectors.mapping.compiler import compile_expression
from connectors.mapping.errors import MappingError, Problem
from connectors.mapping.infer import infer
from connectors.mapping.json_values import MISSING, Json
from connectors.mapping.lexer import Position, Source, tokenize
from connectors.mapping.parser import Parser
from connectors.mapping.prune import FieldTree, prune
from connectors.mapping.run import Run, Site
from connectors.mapping.shape import AnyShape, InputPath, Shape, View, field_tree, without_passing
from connectors.mapping.syntax import Expression

Mapper: TypeAlias = Callable[[Json, Mapping[str, Json]], tuple[Json, list[Problem]]]
"""`mapper(data, variables)` → the value made, and what was amiss with the data."""

_WHOLE = Site(position=Position(line=1, column=1), path="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A mapping that parsed and passed the static checks."""

    text: str
    body: Expression = field(repr=False)
    has_body: bool = True

    def shape(self) -> Shape:
        """The shape of what the mapping makes."""
        return infer(self.body, _view())

    def output_fields(self) -> FieldTree:
        """The output fields as a tree; empty when the mapping makes a bare value. Arms of a `->match` are united."""
        return field_tree(self.shape()) or {}

    def input_paths(self) -> frozenset[InputPath]:
        """The input paths whose values are used, `$` being the response and `$args` and the like the variables."""
        view = _view()
        infer(self.body, view)
        return without_passing(view.reads)

    def pruned(self, only: FieldTree | None) -> "Selection":
        """The same mapping making the wanted output fields only."""
        return replace(self, body=prune(self.body, only))


def _view() -> View:
    root = AnyShape(path=("$",))
    return View(dollar=root, current=root)


def parse_selection(text: str, *, variables: frozenset[str] | None = None, has_body: bool = True) -> Selection:
    """Parse a mapping.

    `variables` are the names (with `$`) that it may use, by default Apollo's. `has_body` is false where there is
    no response yet (request bodies, `queryParams`, `path`), so that `$`, `@` and bare keys mean nothing at its top.
    Raises `MappingError`, located.
    """
    source = Source(text)
    body = Parser(source, tokenize(source)).document()
    for error in check(body, _scope(variables, has_body)):
        raise error
    return Selection(text=text, body=body, has_body=has_body)


def find_errors(text: str, *, variables: frozenset[str] | None = None, has_body: bool = True) -> Iterator[MappingError]:
    """All errors of a mapping: the first syntax error, or everything that the static checks find."""
    try:
        source = Source(text)
        body = Parser(source, tokenize(source)).document()
    except MappingError as error:
        yield error
        return
    yield from check(body, _scope(variables, has_body))


def _scope(variables: frozenset[str] | None, has_body: bool) -> Scope:
    known = APOLLO_VARIABLES if has_body else REQUEST_VARIABLES
    return Scope(variables=known if variables is None else variables, dollar=has_body, current=has_body)


def compile_selection(selection: Selection, only: FieldTree | None = None) -> Mapper:
    """Compile a mapping, pruned to the output fields wanted (None: all).

    The mapper never raises on data: what does not fit is left out and told as a `Problem`.
    A bare value that is missing is None. Where there is no response (`has_body=False`) the data is ignored.
    """
    has_body = selection.has_body
    node = compile_expression(prune(selection.body, only))

    def mapper(data: Json, variables: Mapping[str, Json]) -> tuple[Json, list[Problem]]:
        run = Run(variables)
        try:
            root = data if has_body else {}
            value = node(root, root, run)
        except RecursionError:
            value = _WHOLE.complain(run, "TOO_DEEP", "the data is nested too deeply")
        return (None if value is MISSING else value), run.problems()

    return mapper
