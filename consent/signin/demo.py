"""The demo login: pick a demo worker and be signed in, without any proof.

It exists on a loopback issuer only: `DemoLogin` cannot be made for another, and every page that offers it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consent.signin.settings import SignInSettings

AMR = ("gigway:demo",)
"""How a session says that nobody proved anything."""


class DemoLoginError(ValueError):
    """The demo login was asked for where it must not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A fictional worker to sign in as. `key` names it in forms."""

    key: str
    worker_id: str
    display_name: str
    description: str


class DemoLogin:
    """The demo workers of a loopback issuer."""

    def __init__(self, settings: SignInSettings, personas: Sequence[Persona]) -> None:
        """Raise `DemoLoginError` unless the issuer is this machine."""
        if not settings.is_loopback:
            raise DemoLoginError("The demo login is for a loopback issuer only.")
        self.personas = tuple(personas)

    def worker_of(self, key: str) -> str | None:
        """Return the worker behind a persona's key."""
        return next((persona.worker_id for persona in self.personas if persona.key == key), None)
