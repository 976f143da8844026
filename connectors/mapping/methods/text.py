"""Strings and conversions: `->toString`, `->parseInt`, JSON text, `->split`, `->trim`, `->typeof`."""

import re

from connectors.mapping.errors import MappingError
from connectors.mapping.exact import NumberRangeError, exact
from connectors.mapping.json_values import Json, dump_json, is_number, load_json, type_name
from connectors.mapping.methods.lists import scalar_text
from connectors.mapping.methods.method import Answer, Method, mismatch, of_arguments, of_value
from connectors.mapping.run import Run, Site

_INTEGER = re.compile(r"[+-]?[0-9A-Za-z]{1,300}")


def _to_string(value: Json, site: Site, run: Run) -> Json:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return mismatch(site, run, "a scalar", value)
    try:
        return scalar_text(value)
    except NumberRangeError:
        return site.complain(run, "OUT_OF_RANGE", "this number is too large to be written")


def _parse_int(value: Json, site: Site, run: Run, base: Json = 10) -> Json:
    """Strings are read in the base; numbers lose their fraction."""
    if type(base) is not int or not 2 <= base <= 36:
        return mismatch(site, run, "a base from 2 to 36", base)
    try:
        if is_number(value):
            return int(exact(value))
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            return int(value, base)
    except (ValueError, NumberRangeError):
        return site.complain(run, "NOT_CONVERTIBLE", "this is not a whole number")
    if isinstance(value, str):
        return site.complain(run, "NOT_CONVERTIBLE", "this string is not a whole number")
    return mismatch(site, run, "a string or a number", value)


def _json_stringify(value: Json, site: Site, run: Run) -> Json:
    try:
        return dump_json(value)
    except NumberRangeError:
        return site.complain(run, "OUT_OF_RANGE", "a number is too large to be written")


def _json_parse(value: Json, site: Site, run: Run) -> Json:
    if not isinstance(value, str):
        return mismatch(site, run, "a string", value)
    try:
        return load_json(value)
    except MappingError:
        return site.complain(run, "NOT_CONVERTIBLE", "this string is not JSON")


def _split(value: Json, site: Site, run: Run, separator: Json, limit: Json = None) -> Json:
    if not isinstance(value, str) or not isinstance(separator, str):
        return mismatch(site, run, "a string and a string to split at", value)
    if limit is not None and (type(limit) is not int or limit < 0):
        return mismatch(site, run, "a whole number as limit", limit)
    return (value.split(separator) if separator else list(value))[:limit]


def _trimming(name: str, strip: str) -> Method:
    def function(value: Json, site: Site, run: Run) -> Json:
        return getattr(value, strip)() if isinstance(value, str) else mismatch(site, run, "a string", value)

    return of_value(name, Answer.STRING, function)


def _typeof(value: Json, _site: Site, _run: Run) -> Json:
    return type_name(value)


METHODS = (
    of_value("toString", Answer.STRING, _to_string),
    of_arguments("parseInt", 0, 1, Answer.NUMBER, _parse_int),
    of_value("jsonStringify", Answer.STRING, _json_stringify),
    of_value("jsonParse", Answer.ANYTHING, _json_parse),
    of_arguments("split", 1, 2, Answer.STRINGS, _split),
    _trimming("trim", "strip"),
    _trimming("trimStart", "lstrip"),
    _trimming("trimEnd", "rstrip"),
    of_value("typeof", Answer.STRING, _typeof),
)
