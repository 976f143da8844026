"""The request log: every call that reached a simulated platform, without its credentials.

A call is entered when it arrives, with the next sequence number, and completed when it has been answered: a call
still in progress is visible, with `status` null.
The log is bounded; numbers and counters go on.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from connectors.sandbox.world import Clock

__all__ = ["CallKind", "CallNotes", "Journal", "LoggedCall", "without_credentials"]

CallKind = Literal["api", "oauth"]

_CREDENTIALS = frozenset(
    {
        "access_token", "assertion", "client_assertion", "client_secret", "code", "code_challenge",
        "code_verifier", "id_token", "password", "platform_token", "refresh_token", "signature", "state",
        "token", "x-amz-credential", "x-amz-security-token", "x-amz-signature",
    }
)  # fmt: skip


def without_credentials(query: str) -> str:
    """Return a query string with the values of credentials replaced."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, "REDACTED" if name.lower() in _CREDENTIALS else value) for name, value in pairs], safe="[]:,"
    )


@dataclass(slots=True, kw_only=True)
class CallNotes:
    """What a platform's handler and its gate tell each other about the call in progress."""

    persona: str | None = None
    operation: str | None = None
    fault: str | None = None
    drift: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """One entry of the log."""

    seq: int
    time: datetime
    platform: str
    kind: CallKind
    method: str
    path: str
    persona: str | None = None
    operation: str | None = None
    fault: str | None = None
    status: int | None = None
    duration_ms: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        return {
            "seq": self.seq,
            "time": self.time.isoformat(timespec="milliseconds"),
            "platform": self.platform,
            "kind": self.kind,
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "persona": self.persona,
            "fault": self.fault,
            "status": self.status,
            "duration_ms": self.duration_ms,
        }


class Journal:
    """The log of all platforms of one sandbox."""

    def __init__(self, clock: Clock, size: int) -> None:
        self._clock = clock
        self._size = size
        self._calls: OrderedDict[int, LoggedCall] = OrderedDict()
        self._counters: dict[str, Counter[str]] = {}
        self.last_seq = 0

    def begin(self, platform: str, kind: CallKind, method: str, path: str) -> int:
        """Enter a call that has just arrived; return its sequence number."""
        self.last_seq += 1
        self._calls[self.last_seq] = LoggedCall(
            seq=self.last_seq, time=self._clock(), platform=platform, kind=kind, method=method, path=path
        )
        self._counters.setdefault(platform, Counter())[kind] += 1
        while len(self._calls) > self._size:
            self._calls.popitem(last=False)
        return self.last_seq

    def finish(self, seq: int, notes: CallNotes, status: int) -> None:
        """Complete a call; 499 stands for a caller who left before the answer."""
        call = self._calls.get(seq)
        if call is None:
            return
        elapsed = (self._clock() - call.time).total_seconds() * 1000
        self._calls[seq] = replace(
            call,
            persona=notes.persona,
            operation=notes.operation,
            fault=notes.fault,
            status=status,
            duration_ms=round(elapsed, 2),
        )
        self._counters[call.platform][f"{status // 100}xx"] += 1

    def since(self, seq: int = 0, platform: str | None = None) -> list[LoggedCall]:
        """Return the calls after a sequence number, oldest first, of all platforms or of one."""
        return [
            call for call in self._calls.values() if call.seq > seq and (platform is None or call.platform == platform)
        ]

    def counters(self, platform: str) -> dict[str, int]:
        """Return how often a platform was called, by kind of call and class of status."""
        return dict(sorted(self._counters.get(platform, Counter()).items()))
