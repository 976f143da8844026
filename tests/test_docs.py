"""What the documentation says about settings and commands is true."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

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
