"""What goes into registration and comes out: versions, submissions, refusals, and the two seams to its surroundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Connection

from connectors.observation import Use
from connectors.registration.models import Action, VersionStatus
from connectors.schema import AnyConnector, Connector, SdlProblem

ShownStatus = VersionStatus | Literal["APPROVED"]
"""A version that is to be live is APPROVED until every process has loaded it (`loading`)."""

RefusalCode = Literal[
    "NOT_YOURS",
    "SANDBOX_NEEDED",
    "NOT_WAITING",
    "CONNECTOR_INVALID",
    "VERSION_NOT_NEWER",
    "COMPOSITION_FAILED",
    "VERSION_UNKNOWN",
    "NOT_TESTED",
    "NOT_LIVE",
    "KIND_CHANGED",
    "CHECKS_BUSY",
]


class PlatformGate(Protocol):
    """The consent side's fact *may this platform be read at all*, written in the transaction that decides it."""

    def open(self, session: Connection, *, platform: str) -> None:
        """Let the platform be read, as far as grants allow."""
        ...

    def close(self, session: Connection, *, platform: str, reason: str) -> None:
        """Let nobody read the platform from the commit on."""
        ...


Composes = Callable[[AnyConnector, Sequence[Connector]], Sequence[str]]
"""Says why a connector does not compose with the others that are live; empty when it does."""


class Uses(Protocol):
    """Tells how often operations asked for something of a connector."""

    def use_of(self, platform: str, coordinates: Sequence[str]) -> Use:
        """Return the uses of `Type.field`s, or of all fields of a `Type`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChange:
    """A change that can break operations, and how many of the last 30 days' it would have."""

    description: str
    use: Use

    def __str__(self) -> str:
        if not self.use.uses:
            return f"{self.description} Not used in the last 30 days."
        return f"{self.description} Used {self.use.uses} times in the last 30 days, last on {self.use.last}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a step was not taken; `problems` are located where they lie in the SDL."""

    code: RefusalCode
    message: str
    problems: Sequence[SdlProblem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A version that was taken in; `breaking` and `dangerous` compare its subgraph with the live version's."""

    version_id: int
    platform: str
    version: str
    breaking: Sequence[SchemaChange]
    dangerous: Sequence[SchemaChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What checking a text brought; `connector` is None where it has problems."""

    connector: AnyConnector | None
    refusal: Refusal | None
    breaking: Sequence[SchemaChange] = ()
    dangerous: Sequence[SchemaChange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version as operators and platforms see it."""

    id: int
    platform: str
    version: str
    status: ShownStatus
    digest: str
    submitted_by: str
    submitted_at: datetime
    report: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the history; `id` is the generation that it made."""

    id: int
    platform: str
    version_id: int | None
    action: Action
    by: str
    note: str | None
    at: datetime
