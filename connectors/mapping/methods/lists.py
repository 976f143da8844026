"""Methods on lists (and, where the specification says so, strings): `->first` to `->joinNotNull`."""

from collections.abc import Iterator

from connectors.mapping.exact import NumberRangeError, plain_text
from connectors.mapping.json_values import MISSING, Json, is_number, json_equal, type_name
from connectors.mapping.methods.method import Answer, Method, mismatch, of_arguments, of_value
from connectors.mapping.run import Node, Run, Site, Walk


def _first(value: Json, _site: Site, _run: Run) -> Json:
    if isinstance(value, list | str):
        return value[0] if value else MISSING
    return value


def _last(value: Json, _site: Site, _run: Run) -> Json:
    if isinstance(value, list | str):
        return value[-1] if value else MISSING
    return value


def _slice(value: Json, site: Site, run: Run, start: Json = 0, end: Json = None) -> Json:
    if not isinstance(value, list | str):
        return mismatch(site, run, "an array or a string", value)
    for bound in (start, end):
        if bound is not None and type(bound) is not int:
            return mismatch(site, run, "whole numbers as bounds", bound)
    return value[start:end]


def _size(value: Json, site: Site, run: Run) -> Json:
    if isinstance(value, list | str | dict):
        return len(value)
    return mismatch(site, run, "an array, a string or an object", value)


def _build_map(_site: Site, arguments: tuple[Node, ...]) -> Walk:
    (mapped,) = arguments

    def walk(value: Json, dollar: Json, run: Run) -> Json:
        elements = value if isinstance(value, list) else [value]
        results = [mapped(dollar, element, run) for element in elements]
        return [None if result is MISSING else result for result in results]

    return walk


def _build_filter(site: Site, arguments: tuple[Node, ...]) -> Walk:
    def walk(value: Json, dollar: Json, run: Run) -> Json:
        return list(_chosen(value, dollar, run, site, arguments[0]))

    return walk


def _build_find(site: Site, arguments: tuple[Node, ...]) -> Walk:
    def walk(value: Json, dollar: Json, run: Run) -> Json:
        return next(_chosen(value, dollar, run, site, arguments[0]), MISSING)

    return walk


def _chosen(value: Json, dollar: Json, run: Run, site: Site, condition: Node) -> Iterator[Json]:
    for element in value if isinstance(value, list) else [value]:
        chosen = condition(dollar, element, run)
        if chosen is True:
            yield element
        elif chosen is not False and chosen is not MISSING:
            mismatch(site, run, "a condition that is true or false", chosen)


def _contains(value: Json, site: Site, run: Run, wanted: Json) -> Json:
    if not isinstance(value, list):
        return mismatch(site, run, "an array", value)
    return any(json_equal(element, wanted) for element in value)


def _in(value: Json, _site: Site, _run: Run, *candidates: Json) -> Json:
    if len(candidates) == 1 and isinstance(candidates[0], list):
        candidates = tuple(candidates[0])
    return any(json_equal(value, candidate) for candidate in candidates)


def _join_not_null(value: Json, site: Site, run: Run, separator: Json) -> Json:
    if not isinstance(separator, str):
        return mismatch(site, run, "a string as separator", separator)
    if value is None:
        return None
    parts = []
    for element in value if isinstance(value, list) else [value]:
        if element is None:
            continue
        if isinstance(element, dict | list):
            return mismatch(site, run, "an array of scalars", element)
        try:
            parts.append(scalar_text(element))
        except NumberRangeError:
            return site.complain(run, "OUT_OF_RANGE", "this number is too large to be written")
    return separator.join(parts)


def scalar_text(value: Json) -> str:
    """A scalar as text: strings as they are, numbers in full, `true`, `false`. Raises `NumberRangeError`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return plain_text(value)
    raise TypeError(type_name(value))


METHODS = (
    of_value("first", Answer.ELEMENT, _first),
    of_value("last", Answer.ELEMENT, _last),
    of_arguments("slice", 0, 2, Answer.SAME, _slice),
    of_value("size", Answer.NUMBER, _size),
    Method(name="map", least=1, most=1, answer=Answer.LIST_OF_ARGUMENT, build=_build_map),
    Method(name="filter", least=1, most=1, answer=Answer.SAME, build=_build_filter),
    Method(name="find", least=1, most=1, answer=Answer.ELEMENT, build=_build_find),
    of_arguments("contains", 1, 1, Answer.BOOLEAN, _contains),
    of_arguments("in", 1, None, Answer.BOOLEAN, _in),
    of_arguments("joinNotNull", 1, 1, Answer.STRING, _join_not_null),
)
