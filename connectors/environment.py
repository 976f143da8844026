"""Where connectors run: at the real platforms, or against the sandbox; and as whom Gigway is registered there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.transport.address import Reach

SANDBOX_CLIENT_ID = "gigway-sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistration:
    """Gigway's own registration at one platform: a client, an access key, or (as the secret) a platform token.

    `agreed_by` and `agreed_on` say who let Gigway have it, where that is not the platform: `@linking(holder:)`.
    """

    client_id: str = ""
    client_secret: str | None = field(default=None, repr=False)
    agreed_by: str | None = None
    agreed_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Settings of all connectors.

    `sandbox_url` (`http://127.0.0.1:8701`): when set, every platform is read there, under `/<platform>`, and nowhere
    else; what comes back is marked as simulated. `sandboxes` are platforms' own sandboxes, which are read instead
    (`http://127.0.0.1:9000`). `registrations` and `config` are per platform; `config` is what `$config` stands for.
    `timeout` is the seconds that one request may take, whatever a connector's own limit is.
    """

    sandbox_url: str | None = None
    timeout: float | None = None
    sandboxes: Mapping[str, str] = field(default_factory=dict)
    registrations: Mapping[str, ClientRegistration] = field(default_factory=dict)
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def reach(self) -> Reach:
        """What upstream connections may go to."""
        return Reach.PUBLIC if self.sandbox_url is None else Reach.LOOPBACK

    def origin(self, platform: str) -> str | None:
        """Return where the sandbox serves a platform, or None outside the sandbox."""
        own = self.sandboxes.get(platform)
        if own is not None:
            return own.rstrip("/")
        return None if self.sandbox_url is None else f"{self.sandbox_url.rstrip('/')}/{platform}"

    def is_simulated(self, platform: str) -> bool:
        """Whether Gigway's own sandbox, with its switches, is where a platform is read."""
        return self.sandbox_url is not None and platform not in self.sandboxes

    def url(self, platform: str, url: str) -> str:
        """Return where `url` of a platform is in this environment."""
        origin = self.origin(platform)
        if origin is None:
            return url
        parts = urlsplit(url)
        return origin + parts.path + (f"?{parts.query}" if parts.query else "")

    def registration(self, platform: str) -> ClientRegistration | None:
        """Return as whom Gigway is registered at a platform; the sandbox knows one client everywhere."""
        found = self.registrations.get(platform)
        if found is None and self.sandbox_url is not None:
            return ClientRegistration(
                client_id=SANDBOX_CLIENT_ID,
                client_secret=f"sandbox-secret-{platform}",
                agreed_by="the sandbox",
                agreed_on="2026-01-01",
            )
        return found
