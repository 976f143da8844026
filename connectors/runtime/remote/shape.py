"""Values of a remote subgraph held against the schema: what does not fit is replaced by the error that its field has.

Where and how often that happens is drift, told by field names and JSON types only.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
)

from connectors.mapping import Problem
from connectors.runtime.field_tree import Tree
from connectors.runtime.remote.document import asked_fields
from connectors.transport import UpstreamMalformedError

Json = Any

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "Boolean": (bool,),
    "Int": (int,),
    "Float": (int, Decimal),
    "String": (str,),
    "ID": (str, int),
    "Decimal": (str, int, Decimal),
    "DateTime": (str,),
    "Date": (str,),
}
_WORDS: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


class Examination:
    """Holds the values of one answer against the schema."""

    def __init__(self, omits: frozenset[str]) -> None:
        self._omits = omits
        self._found: Counter[tuple[str, str, str]] = Counter()

    def problems(self) -> list[Problem]:
        """Return what did not fit."""
        return [
            Problem(code=code, message=message, line=0, column=0, path=path, count=count)
            for (code, path, message), count in self._found.items()
        ]

    def examine(self, kind: GraphQLOutputType, value: Json, tree: Tree | None, path: str) -> Json:
        """Return `value` with `UpstreamMalformedError` in the place of what is not of `kind`."""
        if isinstance(value, Exception):
            return value
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                return self._unfit(path, "MISSING_KEY", "null where a value is promised")
            return self.examine(kind.of_type, value, tree, path)
        if value is None:
            return None
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                return self._unfit(path, "TYPE_MISMATCH", f"{_word(value)} where a list is promised")
            return [self.examine(kind.of_type, each, tree, path) for each in value]
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, value, tree, path)
        return self._leaf(kind, value, path)

    def _object(self, kind: GraphQLObjectType, value: Json, tree: Tree | None, path: str) -> Json:
        if not isinstance(value, dict):
            return self._unfit(path, "TYPE_MISMATCH", f"{_word(value)} where an object is promised")
        seen: dict[str, Json] = {}
        for name in asked_fields(kind, tree, self._omits):
            inner = f"{path}.{name}"
            if name not in value:
                if tree is not None:
                    self._found["MISSING_KEY", inner, "left out of the answer"] += 1
                continue
            below = tree.get(name) if tree is not None else None
            seen[name] = self.examine(kind.fields[name].type, value[name], below, inner)
        return seen

    def _leaf(self, kind: GraphQLOutputType, value: Json, path: str) -> Json:
        name = getattr(kind, "name", "")
        if isinstance(kind, GraphQLEnumType):
            if not isinstance(value, str) or value not in kind.values:
                return self._unfit(path, "NO_MATCH", f"{_word(value)} that {name} does not have")
            return value
        types = _TYPES.get(name)
        is_fit = types is None or (isinstance(value, types) and (bool in types or not isinstance(value, bool)))
        return value if is_fit else self._unfit(path, "TYPE_MISMATCH", f"{_word(value)} where {name} is promised")

    def _unfit(self, path: str, code: str, message: str) -> UpstreamMalformedError:
        self._found[code, path, message] += 1
        return UpstreamMalformedError("The platform's answer is not what its schema promises here.")


def _word(value: Json) -> str:
    return _WORDS.get(type(value), "a number")
