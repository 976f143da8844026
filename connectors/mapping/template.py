"""Templates: text with `{expression}` holes, for URLs, header values and form bodies.

A value can never become structure. Where a hole stands decides how its value is escaped:

=========================  ==========================================================================
in a path segment          percent-encoded but for unreserved characters; null, an empty segment and
                           the segments `.` and `..` are refused
in a query name or value   percent-encoded likewise; a parameter with a null in it is dropped (ours: Apollo
                           leaves `name=` behind)
in the host or the scheme  not possible (`EXPRESSION_IN_HOST`)
in a header value          visible ASCII, space and tab only; line breaks and null are refused
in a form body             as in a query
=========================  ==========================================================================

JSON bodies are not templates but mappings (`parse_selection(…, has_body=False)`, written with `dump_json`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from connectors.mapping.check import REQUEST_VARIABLES, Scope, check
from connectors.mapping.errors import MappingError
from connectors.mapping.json_values import Json
from connectors.mapping.lexer import Source, tokenize
from connectors.mapping.parser import Parser
from connectors.mapping.selection import Selection, compile_selection
from connectors.mapping.shape import InputPath
from connectors.mapping.template_parts import Hole, Part
from connectors.mapping.url import form_renderer, url_renderer


class TemplateKind(Enum):
    """What a template makes."""

    URL = "url"
    HEADER = "header"
    FORM = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A parsed template."""

    text: str
    kind: TemplateKind
    _selections: tuple[Selection, ...] = field(repr=False)
    _render: Callable[[Mapping[str, Json]], str] = field(repr=False)

    def render(self, variables: Mapping[str, Json]) -> str:
        """The text with its holes filled.

        Raises `MappingError`: `NULL_VALUE`, `NOT_A_SCALAR`, `UNSAFE_SEGMENT`, `INVALID_HEADER`, `UNENCODABLE`,
        or the code of what went wrong inside an expression. Messages hold no values.
        """
        return self._render(variables)

    def expressions(self) -> tuple[Selection, ...]:
        """The expressions in the holes, in the order of the text."""
        return self._selections

    def input_paths(self) -> frozenset[InputPath]:
        """The variables, with the paths below them, that the template uses."""
        return frozenset(path for selection in self._selections for path in selection.input_paths())


def parse_template(
    text: str, kind: TemplateKind = TemplateKind.URL, *, variables: frozenset[str] = REQUEST_VARIABLES
) -> Template:
    """Parse a template. Raises `MappingError`, located in the template's text."""
    source = Source(text)
    parts = _split(source, variables)
    match kind:
        case TemplateKind.URL:
            render = url_renderer(parts, source)
        case TemplateKind.FORM:
            render = form_renderer(parts, source)
        case TemplateKind.HEADER:
            render = _header_renderer(parts, source)
    selections = tuple(part.selection for part in parts if isinstance(part, Hole))
    return Template(text=text, kind=kind, _selections=selections, _render=render)


def _split(source: Source, variables: frozenset[str]) -> list[Part]:
    text, parts, offset = source.text, list[Part](), 0
    while offset < len(text):
        brace = text.find("{", offset)
        constant = text[offset : brace if brace >= 0 else len(text)]
        if "}" in constant:
            raise source.error("SYNTAX", "`}` closes nothing here", offset + constant.index("}"))
        if constant:
            parts.append(constant)
        if brace < 0:
            break
        tokens = tokenize(source, brace + 1, until_brace=True)
        body = Parser(source, tokens).sole_expression()
        for error in check(body, Scope(variables=variables, dollar=False, current=False)):
            raise error
        end = tokens[-1].start
        selection = Selection(text=text[brace + 1 : end], body=body, has_body=False)
        where = source.position(brace)
        parts.append(Hole(selection=selection, mapper=compile_selection(selection), position=where))
        offset = end + 1
    return parts


_HEADER_TEXT = re.compile(r"[\x20-\x7e\t]*")


def _header_renderer(parts: list[Part], source: Source) -> Callable[[Mapping[str, Json]], str]:
    for part in parts:
        if isinstance(part, str) and not _HEADER_TEXT.fullmatch(part):
            message = "a header value holds visible ASCII characters and spaces only"
            raise source.error("INVALID_HEADER", message, source.text.index(part))

    def render(variables: Mapping[str, Json]) -> str:
        texts = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value = part.required(variables)
            if not _HEADER_TEXT.fullmatch(value):
                message = "this value has characters that a header cannot hold"
                raise MappingError("INVALID_HEADER", message, part.position.line, part.position.column)
            texts.append(value)
        return "".join(texts).strip(" \t")

    return render
