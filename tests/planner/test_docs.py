"""What `docs/planner.md` shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.planner import errors

DOCS = Path(__file__).parents[2] / "docs" / "planner.md"

SUPERGRAPH = """
schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "") }
type Query @join__type(graph: A) { one: Int }
"""


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    given: dict[str, Any] = {
        "supergraph_sdl": SUPERGRAPH,
        "query": "{ one }",
        "operation_name": None,
        "scopes": frozenset[str](),
    }
    exec(compile(example, str(DOCS), "exec"), given)
    assert 'Fetch(service: "a")' in capsys.readouterr().out


def test_every_error_code_is_documented() -> None:
    codes = re.findall(r"^\s+([A-Z]+_[A-Z_]+)\s", errors.__doc__ or "", re.MULTILINE)
    assert len(codes) == 5
    text = DOCS.read_text()
    assert [code for code in codes if f"`{code}`" not in text] == []
