"""What the authorization server needs to know about where it runs, and how long its secrets live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from consent.columns import utc_now


class SealForActor(Protocol):
    """Turns a worker's internal id into the one under which an actor knows them."""

    def __call__(self, worker_id: str, actor_id: str, /) -> str:
        """Return the pairwise id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthSettings:
    """Configuration of one authorization server.

    `platforms` returns the platforms that exist now, id to display name. Lifetimes never outlast the grant.
    """

    issuer: str
    seal: SealForActor
    platforms: Callable[[], Mapping[str, str]]
    clock: Callable[[], datetime] = utc_now
    request_lifetime: timedelta = timedelta(minutes=30)
    code_lifetime: timedelta = timedelta(seconds=60)
    access_lifetime: timedelta = timedelta(hours=1)
    refresh_lifetime: timedelta = timedelta(days=365)

    @property
    def origin(self) -> str:
        """The issuer's origin, as a browser writes it."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def url(self, path: str) -> str:
        """Return the absolute URL of `path`, from the configured issuer and never from a Host header."""
        return self.issuer.rstrip("/") + path
