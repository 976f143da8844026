"""Attacks 68 and 70, the race in short: clean with leases, and failing with the gate that everyone writes first."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.race.harness import Plan, run


def plan(tmp_path: Path, gate: str, *, revocations: int, unrest: bool) -> Plan:
    return Plan(
        gate=gate,
        database_url=os.environ.get("GIGWAY_DATABASE_URL") or f"sqlite:///{tmp_path / 'race.db'}",
        revocations=revocations,
        processes=3,
        workers=6,
        seed=7,
        unrest=unrest,
    )


def test_nothing_happens_after_confirmed(tmp_path: Path) -> None:
    outcome = asyncio.run(run(plan(tmp_path, "leases", revocations=24, unrest=False)))
    assert outcome.is_clean, outcome.line()
    assert outcome.seen["delivered"] > 0
    assert outcome.undisturbed_confirmed >= 0.95 * outcome.undisturbed > 0


@pytest.mark.parametrize("gate", ["check-then-fetch"])
def test_harness_catches_a_gate_that_only_checks(tmp_path: Path, gate: str) -> None:
    outcome = asyncio.run(run(plan(tmp_path, gate, revocations=12, unrest=False)))
    assert min(outcome.late["finished"], outcome.late["delivered"]) > 0
