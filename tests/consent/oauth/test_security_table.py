"""`docs/security.md` names tests that exist, and every attack of the list."""

from __future__ import annotations

import re
from pathlib import Path

from tests.consent.oauth.test_dpop_cases import CASES

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ATTACKS, MODULES = 72, 59


def test_every_named_test_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)(?:\[[\w-]+\])?`", PAGE)
    assert len(named) > ATTACKS
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"def {name}\b", (ROOT / "tests" / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_attack_has_its_line() -> None:
    numbers: set[int] = set()
    for cell in re.findall(r"^\| ([\d–, ]+) \|", PAGE, re.MULTILINE):
        for part in cell.split(","):
            first, _, last = part.strip().partition("–")
            numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == set(range(1, ATTACKS + 1))


def test_every_invariant_has_its_line() -> None:
    assert [int(number) for number in re.findall(r"^\| I(\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 15))


def test_every_module_is_covered_or_not_applicable() -> None:
    lines = PAGE.partition("| Module |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(lines) == MODULES
    by_case = "| DpopNegativeTests | case by case, in the next table |"
    assert all("not applicable: " in line or ".py::test_" in line or line == by_case for line in lines)


def test_every_dpop_case_has_its_line() -> None:
    lines = PAGE.partition("| Case |")[2].splitlines()[2:]
    assert [re.findall(r"\[([\w-]+)\]` \|$", line) for line in lines] == [[case] for case in CASES]
