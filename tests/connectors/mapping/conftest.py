"""Applying a mapping to JSON text, as the tests of this folder read best."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors.mapping import compile_selection, load_json, parse_selection

Applied = Callable[..., Any]


def _run(text: str, data: str, variables: Mapping[str, Any] | None, only: Any) -> tuple[Any, list[Any]]:
    known = frozenset(variables or {}) | {"$args", "$this", "$batch", "$config", "$context", "$status", "$request"}
    selection = parse_selection(text, variables=known | {"$response", "$env"})
    return compile_selection(selection, only)(load_json(data), variables or {})


@pytest.fixture
def apply() -> Applied:
    """`apply(mapping, json)` → the value; fails the test when the mapping complains about the data."""

    def applied(text: str, data: str = "{}", variables: Mapping[str, Any] | None = None, only: Any = None) -> Any:
        value, problems = _run(text, data, variables, only)
        assert problems == []
        return value

    return applied


@pytest.fixture
def attempt() -> Applied:
    """`attempt(mapping, json)` → the value and the codes of the problems."""

    def attempted(
        text: str, data: str = "{}", variables: Mapping[str, Any] | None = None, only: Any = None
    ) -> tuple[Any, list[str]]:
        value, problems = _run(text, data, variables, only)
        return value, [problem.code for problem in problems]

    return attempted
