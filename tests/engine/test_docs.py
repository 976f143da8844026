"""The example in docs/engine.md runs and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

from gateway.planner import show_plan

PAGE = (Path(__file__).parents[2] / "docs" / "engine.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^( *)```{language}\n(.*?)^\1```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return dedent(found[2])


def run_example() -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(block("python"), "docs/engine.md", "exec", dont_inherit=True), names)
    return names


def test_example_prints_what_the_page_says(capsys):
    run_example()
    assert capsys.readouterr().out == block("json")


def test_example_is_as_short_as_promised():
    code = [line for line in block("python").splitlines() if line and not line.startswith(("import", "from"))]
    assert len(code) <= 20


def test_plan_and_document_are_those_on_the_page():
    names = run_example()
    prepared = names["engine"].version.prepare("{ books { title stars } }", None)
    plan = prepared.plan(None).plan
    assert show_plan(plan.plan).strip() in dedent("\n".join(line[3:] for line in PAGE.splitlines()))
    assert plan.fetches[1].document((0,))[0] == block("graphql").strip()
