"""What a conformance run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "FAILED", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: its name, how it went, and what was seen."""

    check: str
    outcome: Outcome
    seen: str

    def __str__(self) -> str:
        return f"{self.outcome:<8}{self.check:<27} {self.seen}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings of one connector, in order."""

    connector: str
    version: str
    findings: Sequence[Finding]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return all(finding.outcome != "FAILED" for finding in self.findings)

    def lines(self) -> list[str]:
        """Return the report as text, one line per finding and one for the whole."""
        passed = sum(finding.outcome == "ok" for finding in self.findings)
        failed = sum(finding.outcome == "FAILED" for finding in self.findings)
        verdict = f"{passed} ok, {failed} failed, {len(self.findings) - passed - failed} skipped"
        return [f"{self.connector} {self.version}", *(f"  {finding}" for finding in self.findings), f"  {verdict}"]
