"""Where data came from, and how much of what there is: `Provenance` and `Coverage` of the canonical model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.runtime.endpoint import Fetched
from connectors.schema.definition import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What was read: the time that it covers, whether that is all there is, how many records, and if not all, why."""

    complete: bool = True
    start: datetime | None = None
    end: datetime | None = None
    records: int | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a `Coverage`."""
        return {
            "from": instant(self.start),
            "to": instant(self.end),
            "complete": self.complete,
            "records": self.records,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all provenance of one connector has in common."""

    platform: Platform
    simulated: bool

    def of(self, fetched: Iterable[Fetched], extent: Extent, derivation: Sequence[str]) -> dict[str, Any]:
        """Return the `Provenance` of something made from these answers."""
        answers = list(fetched)
        return {
            "connector": self.platform.name,
            "connectorVersion": self.platform.version,
            "method": self.platform.method,
            "fidelity": self.platform.fidelity,
            "simulated": self.simulated,
            "fetchedAt": instant(max((each.at for each in answers), default=None)),
            "sourceUpdatedAt": None,
            "payloadSha256": combined_sha256([each.sha256 for each in answers]),
            "coverage": extent.to_json(),
            "derivation": list(derivation),
            "missing": [],
        }


def combined_sha256(digests: Sequence[str]) -> str | None:
    """Return the one digest, or the SHA-256 of several ones' hexadecimal texts, a line each, in order."""
    if len(digests) < 2:
        return digests[0] if digests else None
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def instant(moment: datetime | None) -> str | None:
    """Return a moment in RFC 3339, in UTC, to the second or finer where it is finer."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"
