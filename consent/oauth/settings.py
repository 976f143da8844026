"""What the authorization server needs to know about where it runs, and how long its secrets live."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from consent.columns import utc_now


class SealForActor(Protocol):
    """Turns a worker's internal id into the one under which an actor knows them."""

    def __call__(self, worker_id: str, actor_id: str, /) -> str:
        """Return the pairwise id."""
        ...


class UnsealForActor(Protocol):
    """The way back."""

    def __call__(self, pairwise_id: str, actor_id: str, /) -> str:
        """Return the internal id, or something that is no id."""
        ...


def _unseal_nothing(pairwise_id: str, actor_id: str, /) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthSettings:
    """Configuration of one authorization server.

    `platforms` returns the platforms that exist now, id to display name. Lifetimes never outlast the grant.
    """

    issuer: str
    seal: SealForActor
    platforms: Callable[[], Mapping[str, str]]
    unseal: UnsealForActor = _unseal_nothing
    clock: Callable[[], datetime] = utc_now
    nonce_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Authenticates DPoP nonces: give every process the same."""
    pushed_lifetime: timedelta = timedelta(seconds=300)
    request_lifetime: timedelta = timedelta(minutes=30)
    code_lifetime: timedelta = timedelta(seconds=60)
    access_lifetime: timedelta = timedelta(hours=1)
    refresh_lifetime: timedelta = timedelta(days=365)

    @property
    def resource(self) -> str:
        """The address of the GraphQL endpoint: the one resource that tokens are for (RFC 8707)."""
        return self.url("/graphql")

    @property
    def origin(self) -> str:
        """The issuer's origin, as a browser writes it."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def url(self, path: str) -> str:
        """Return the absolute URL of `path`, from the configured issuer and never from a Host header."""
        return self.issuer.rstrip("/") + path
