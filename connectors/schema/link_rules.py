"""The rules of `@link`: the specifications that a connector is written against are ones that this Gigway runs.

A file that is written against a newer version may mean something else by the same words, so it is not composed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Final

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    TypeDefinitionNode,
    ValueNode,
)

from connectors.schema.problem import SdlProblem, problem_at
from connectors.schema.vocabulary import CANONICAL_URL, CONNECT_URL, CONNECTOR_URL, FEDERATION_URL, GIGWAY_URL, spec

Version = tuple[int, int]

_SPECS: Final[Mapping[str, tuple[Version, Version, str]]] = {
    FEDERATION_URL: ((2, 0), (2, 15), "federation"),
    CONNECT_URL: ((0, 1), (0, 3), "connect"),
    CONNECTOR_URL: ((1, 0), (1, 0), "gigway"),
    CANONICAL_URL: ((1, 0), (1, 0), "canonical"),
    GIGWAY_URL: ((1, 0), (1, 0), "federation"),
}
"""What connectors are composed with, the oldest and the newest version in which what a connector may use of it says the
same, and the spec file with the names.
"""

_VERSIONED: Final = re.compile(r"(.+)/v(\d+)\.(\d+)/?")


def link_problems(directives: Iterable[DirectiveNode]) -> Iterator[SdlProblem]:
    """Yield what is wrong with the `@link`s among the directives of a schema."""
    for node in directives:
        if node.name.value != "link":
            continue
        values = {argument.name.value: argument.value for argument in node.arguments or ()}
        url = values.get("url")
        if isinstance(url, StringValueNode):
            yield from _link(node, url, values)


def _link(node: DirectiveNode, url: StringValueNode, values: Mapping[str, ValueNode]) -> Iterator[SdlProblem]:
    name, version = _split(url.value)
    found = next((each for each in _SPECS if _split(each)[0] == name), None)
    if found is None:
        known = ", ".join(_SPECS)
        yield problem_at(url, "LINK_UNKNOWN", f"A connector is written against {known}; {url.value!r} is none of them.")
        return
    oldest, newest, file = _SPECS[found]
    if version is None or not oldest <= version <= newest:
        runs = f"{_split(found)[0]}/{_shown(newest)}" + (f", and from {_shown(oldest)} on" if oldest != newest else "")
        message = f"{url.value!r} is no version that this Gigway runs; it runs {runs}."
        yield problem_at(url, "LINK_VERSION_UNKNOWN", message)
        return
    if "as" in values:
        yield problem_at(node, "LINK_RENAMED", "In a connector all names stand as they are: leave out `as`.")
    imports = values.get("import")
    for item in imports.values if isinstance(imports, ListValueNode) else ():
        yield from _imported(item, file)


def _imported(item: ValueNode, file: str) -> Iterator[SdlProblem]:
    if isinstance(item, ObjectValueNode):
        yield problem_at(item, "LINK_RENAMED", "In a connector all names stand as they are: import the name alone.")
    elif isinstance(item, StringValueNode) and item.value not in (known := _names(file)):
        close = get_close_matches(item.value, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        yield problem_at(
            item, "LINK_IMPORT_UNKNOWN", f"{item.value} is nothing that a connector can import here.{hint}"
        )


@cache
def _names(file: str) -> frozenset[str]:
    """Return what can be imported, directives with `@`."""
    found = set()
    for node in spec(file).definitions:
        if isinstance(node, DirectiveDefinitionNode):
            found.add(f"@{node.name.value}")
        elif isinstance(node, TypeDefinitionNode):
            found.add(node.name.value.removeprefix("federation__"))
    return frozenset(found)


def _shown(version: Version) -> str:
    return f"v{version[0]}.{version[1]}"


def _split(url: str) -> tuple[str, Version | None]:
    """Return a specification's name, and the version at its end if it has one."""
    match = _VERSIONED.fullmatch(url)
    return (url.rstrip("/"), None) if match is None else (match[1], (int(match[2]), int(match[3])))
