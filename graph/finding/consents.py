"""What finding workers asks of consent and of the storage, met structurally."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection


class FindableGrant(Protocol):
    """A grant in force with `matching`, or with `statistics` (`counts_pay`: in words that speak of earnings).

    `renews`: its worker had granted its actor something for its purpose before.
    """

    @property
    def grant_id(self) -> str: ...  # noqa: D102
    @property
    def worker_id(self) -> str: ...  # noqa: D102
    @property
    def actor_id(self) -> str: ...  # noqa: D102
    @property
    def client_id(self) -> str: ...  # noqa: D102
    @property
    def purpose(self) -> str: ...  # noqa: D102
    @property
    def expires_at(self) -> datetime: ...  # noqa: D102
    @property
    def counts_pay(self) -> bool: ...  # noqa: D102
    @property
    def renews(self) -> bool: ...  # noqa: D102


class Consents(Protocol):
    """What is granted, as the database has it now."""

    def standing(self, grant_id: str) -> FindableGrant | None:
        """Return a grant in force under which somebody can be found; None when it is none any more."""
        ...

    def open_accounts(self, worker_id: str) -> frozenset[str]:
        """Return the worker's accounts that may be read."""
        ...

    def holds(self, connection: Connection, grant: FindableGrant, accounts: Collection[str]) -> bool:
        """Whether the grant is in force and exactly these accounts are open, and stays so until the transaction ends.

        Call it in the transaction that stores what was derived: an end that comes later finds the row there.
        """
        ...


class Admission(Protocol):
    """Takes the leases of those who are shown."""

    async def admit(self, permit: object, asked: Sequence[tuple[str, str]]) -> Sequence[bool]:
        """Lease each (grant id, worker id) for as long as the answer under `permit` lives; tell who was let in."""
        ...


class Asker(Protocol):
    """What a search reads of a request's session."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def actor_id(self) -> str | None: ...  # noqa: D102
    @property
    def worker_id(self) -> str | None: ...  # noqa: D102
    @property
    def purpose(self) -> str | None: ...  # noqa: D102
    @property
    def grant_id(self) -> str | None: ...  # noqa: D102
    @property
    def request_id(self) -> str: ...  # noqa: D102
    @property
    def counting(self) -> bool: ...  # noqa: D102


class Vault(Protocol):
    """Secrets at rest."""

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt for a context."""
        ...

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what was sealed for the context. Raises for any other."""
        ...


class Reads(Protocol):
    """Reads a worker's derived profile through the engine, as the actor of a grant would."""

    async def __call__(self, grant: FindableGrant) -> Reading:
        """Return what came, with its leases still open."""
        ...


class Reading(Protocol):
    """The answer of the engine."""

    @property
    def data(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def errors(self) -> Sequence[Mapping[str, Any]]: ...  # noqa: D102

    def acknowledge(self) -> Awaitable[None]:
        """Close the leases."""
        ...
