"""Methods on objects: `->entries`, `->keys`, `->values`, `->has`, `->get` and the renaming of keys."""

import re
from collections.abc import Callable

from connectors.mapping.json_values import Json
from connectors.mapping.methods.method import Answer, mismatch, of_arguments, of_value
from connectors.mapping.run import Run, Site


def _of_object(function: Callable[[dict[str, Json]], Json]) -> Callable[[Json, Site, Run], Json]:
    def method(value: Json, site: Site, run: Run) -> Json:
        if isinstance(value, dict):
            return function(value)
        return mismatch(site, run, "an object", value)

    return method


def _entries(value: dict[str, Json]) -> Json:
    return [{"key": key, "value": item} for key, item in value.items()]


def _has(value: Json, site: Site, run: Run, wanted: Json) -> Json:
    if isinstance(value, dict) and isinstance(wanted, str):
        return wanted in value
    if isinstance(value, list | str) and type(wanted) is int:
        return -len(value) <= wanted < len(value)
    return mismatch(site, run, "an object and a key, or an array and an index", value)


def _get(value: Json, site: Site, run: Run, wanted: Json) -> Json:
    if isinstance(value, dict) and isinstance(wanted, str):
        if wanted in value:
            return value[wanted]
        return site.complain(run, "MISSING_KEY", "the object does not have the key asked for")
    if isinstance(value, list | str) and type(wanted) is int:
        if -len(value) <= wanted < len(value):
            return value[wanted]
        return site.complain(run, "OUT_OF_RANGE", "the index is beyond the end")
    return mismatch(site, run, "an object and a key, or an array or string and an index", value)


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9_\-\s]+")


def _camel(key: str) -> str:
    words = _WORD.findall(key)
    return "".join(word.lower() if index == 0 else word.capitalize() for index, word in enumerate(words)) or key


def _keys_to_camel_case(value: dict[str, Json]) -> Json:
    return {_camel(key): item for key, item in value.items()}


def _keys_to_camel_case_deep(value: Json) -> Json:
    if isinstance(value, dict):
        return {_camel(key): _keys_to_camel_case_deep(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_keys_to_camel_case_deep(item) for item in value]
    return value


METHODS = (
    of_value("entries", Answer.ENTRIES, _of_object(_entries)),
    of_value("keys", Answer.STRINGS, _of_object(list)),
    of_value("values", Answer.ANYTHING, _of_object(lambda value: list(value.values()))),
    of_arguments("has", 1, 1, Answer.BOOLEAN, _has),
    of_arguments("get", 1, 1, Answer.ANYTHING, _get),
    of_value("keysToCamelCase", Answer.ANYTHING, _of_object(_keys_to_camel_case)),
    of_value("keysToCamelCaseDeep", Answer.ANYTHING, _of_object(_keys_to_camel_case_deep)),
)
