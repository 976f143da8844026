"""URLs from templates and values: structure is fixed when the template is parsed, values only fill it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, unquote

from connectors.mapping.errors import MappingError
from connectors.mapping.json_values import Json, type_name
from connectors.mapping.lexer import Position, Source
from connectors.mapping.template_parts import Hole, Part, encode, text_of

Renderer: TypeAlias = Callable[[Mapping[str, Json]], str]

_LINE_BREAK = re.compile(r"\s*\n\s*")
_ORIGIN = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\#]")
_PATH_SAFE = "!$&'()*+,;=:@%"
_QUERY_SAFE = "!$'()*+,;=:@%/?[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    """One `name=value`; `value` is None where there is no `=`."""

    name: tuple[Part, ...]
    value: tuple[Part, ...] | None

    def render(self, variables: Mapping[str, Json]) -> str | None:
        name = _query_text(self.name, variables)
        if name is None or self.value is None:
            return name
        value = _query_text(self.value, variables)
        return None if value is None else f"{name}={value}"


def url_renderer(parts: list[Part], source: Source) -> Renderer:
    """Compile a URL template: absolute (`https://host/…`) or rooted (`/…`, `?…`).

    Raises `MappingError` `EXPRESSION_IN_HOST` or `INVALID_URL`.
    """
    cleaned = _cleaned(parts)
    origin, rest = _split_origin(cleaned, source)
    path, query = _split_at(rest, "?")
    segments = [] if not path else _split_all(path, "/")[1:]
    for segment in segments:
        if not _holes(segment) and unquote("".join(map(str, segment))) in (".", ".."):
            raise source.error("INVALID_URL", "a path must not go up or stay: `.` and `..` are refused", 0)
    written = [_constants(segment, _PATH_SAFE) for segment in segments]
    parameters = _parameters(query)

    def render(variables: Mapping[str, Json]) -> str:
        rendered = "".join("/" + _segment(segment, variables) for segment in written)
        pairs = _pairs(parameters, variables)
        return origin + rendered + ("?" + pairs if pairs else "")

    return render


def form_renderer(parts: list[Part], source: Source) -> Renderer:
    """Compile the template of an `application/x-www-form-urlencoded` body."""
    cleaned = _cleaned(parts)
    _refuse_forbidden(cleaned, source)
    parameters = _parameters(cleaned)
    return lambda variables: _pairs(parameters, variables)


def render_path(value: Json) -> str:
    """The path of a list of scalars, as `http.path` makes it: `["a", "b c"]` → `/a/b%20c`; null → nothing.

    Raises `MappingError` `NULL_VALUE`, `NOT_A_SCALAR`, `UNSAFE_SEGMENT`.
    """
    if value is None:
        return ""
    path = ""
    for item in value if isinstance(value, list) else [value]:
        text = text_of(item)
        if text is None:
            raise MappingError("NULL_VALUE", "a path segment is null")
        path += "/" + _safe_segment(encode(text), None)
    return path


def render_query(value: Json) -> str:
    """The query of an object, as `http.queryParams` makes it: nulls dropped, arrays repeated, without the `?`.

    Raises `MappingError` `NOT_A_SCALAR`.
    """
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise MappingError("NOT_A_SCALAR", f"expected an object of parameters, found {type_name(value)}")
    pairs = []
    for name, given in value.items():
        for item in given if isinstance(given, list) else [given]:
            text = text_of(item)
            if text is not None:
                pairs.append(f"{encode(name)}={encode(text)}")
    return "&".join(pairs)


def _cleaned(parts: list[Part]) -> list[Part]:
    """The parts without line breaks and what surrounds them, so that long templates may be broken."""
    texts = [_LINE_BREAK.sub("", part) if isinstance(part, str) else part for part in parts]
    if texts and isinstance(texts[0], str):
        texts[0] = texts[0].lstrip()
    if texts and isinstance(texts[-1], str):
        texts[-1] = texts[-1].rstrip()
    return [part for part in texts if part != ""]


def _split_origin(parts: list[Part], source: Source) -> tuple[str, list[Part]]:
    _refuse_forbidden(parts, source)
    first = parts[0] if parts else ""
    match = _ORIGIN.match(first) if isinstance(first, str) else None
    if match is not None and isinstance(first, str):
        rest = first[match.end() :]
        if not rest and len(parts) > 1:
            raise source.error("EXPRESSION_IN_HOST", "an expression cannot be part of the scheme or host", 0)
        if not _AUTHORITY.fullmatch(match[1]):
            raise source.error("INVALID_URL", "this is not a host (user names are refused)", 0)
        return match[0], [part for part in (rest, *parts[1:]) if part != ""]
    if isinstance(first, str) and first[:1] in ("/", "?") and first[:2] != "//":
        return "", parts
    raise source.error("INVALID_URL", "a URL starts with `/`, `?`, `http://` or `https://`", 0)


def _refuse_forbidden(parts: list[Part], source: Source) -> None:
    for part in parts:
        found = _FORBIDDEN.search(part) if isinstance(part, str) else None
        if found is not None:
            message = f"{found.group()!r} cannot stand here"
            raise source.error("INVALID_URL", message, source.text.index(found.group()))


def _split_at(parts: list[Part], mark: str) -> tuple[list[Part], list[Part]]:
    """The parts before and behind the first `mark` in constant text."""
    for index, part in enumerate(parts):
        if isinstance(part, str) and mark in part:
            before, _, behind = part.partition(mark)
            kept = [*parts[:index], before] if before else parts[:index]
            return kept, [behind, *parts[index + 1 :]] if behind else parts[index + 1 :]
    return parts, []


def _split_all(parts: list[Part], mark: str) -> list[list[Part]]:
    groups: list[list[Part]] = [[]]
    for part in parts:
        if not isinstance(part, str):
            groups[-1].append(part)
            continue
        first, *others = part.split(mark)
        if first:
            groups[-1].append(first)
        groups.extend([other] if other else [] for other in others)
    return groups


def _parameters(query: list[Part]) -> list[_Parameter]:
    parameters = []
    for group in _split_all(query, "&"):
        if not group:
            continue
        name, value = _split_at(group, "=")
        has_value = any(isinstance(part, str) and "=" in part for part in group)
        parameters.append(
            _Parameter(name=_constants(name, _QUERY_SAFE), value=_constants(value, _QUERY_SAFE) if has_value else None)
        )
    return parameters


def _constants(parts: list[Part], safe: str) -> tuple[Part, ...]:
    return tuple(quote(part, safe=safe) if isinstance(part, str) else part for part in parts)


def _holes(parts: list[Part]) -> bool:
    return any(isinstance(part, Hole) for part in parts)


def _segment(parts: tuple[Part, ...], variables: Mapping[str, Json]) -> str:
    text, last = "", None
    for part in parts:
        if isinstance(part, str):
            text += part
        else:
            last = part.position
            text += encode(part.required(variables), part.position)
    return text if last is None else _safe_segment(text, last)


def _safe_segment(text: str, position: Position | None) -> str:
    """Refuse what a client or server would read as structure: nothing, `.` and `..`."""
    if text == "" or unquote(text) in (".", ".."):
        where = position or Position(line=1, column=1)
        message = "this value would make an empty or relative path segment"
        raise MappingError("UNSAFE_SEGMENT", message, where.line, where.column)
    return text


def _query_text(parts: tuple[Part, ...], variables: Mapping[str, Json]) -> str | None:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        value = part.text(variables)
        if value is None:
            return None
        text += encode(value, part.position)
    return text


def _pairs(parameters: list[_Parameter], variables: Mapping[str, Json]) -> str:
    rendered = (parameter.render(variables) for parameter in parameters)
    return "&".join(pair for pair in rendered if pair is not None)
