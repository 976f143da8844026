"""What the documentation says about settings and commands is true."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from gateway.cli import build_parser
from gateway.config import Settings

ROOT = Path(__file__).parent.parent


def shown(default):
    match default:
        case "":
            return "empty"
        case bool():
            return f"`{str(default).lower()}`"
        case _:
            return f"`{default}`"


def test_every_setting_is_documented_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", (ROOT / "docs/operator.md").read_text(), re.MULTILINE)
    assert rows == [(entry.name, shown(entry.default), entry.metadata["help"]) for entry in fields(Settings)]


def test_the_readme_query_is_valid_and_its_answer_has_its_shape():
    text = (ROOT / "README.md").read_text()
    body = json.loads(re.search(r"-d '(\{.*?\})'\n```", text, re.DOTALL).group(1).replace("'\"$WORKER\"'", "w"))
    document = parse(body["query"])
    assert validate(build_schema((ROOT / "schema.graphql").read_text()), document) == []
    answer = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    asked = set(re.findall(r"[a-z]\w+", body["query"])) - {"query", "id", "first", "platforms", "uber", "upwork"}
    assert asked == set(keys(answer["data"]))


def keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def pages():
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_documented_command_exists(page):
    parser = build_parser()
    groups = parser._subparsers._group_actions[0].choices
    for command in re.findall(r"(?:^|[`/ ])gigway ([a-z]+)", page.read_text()):
        assert command in groups, f"{page.name} names gigway {command}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
