"""What the console's pages need; `create_app` passes it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from consent.audit.cosignatures import Cosignatures
from consent.console.actions import ActionHistory
from consent.console.approvals import Approvals
from consent.console.clients import ConsoleClients
from consent.console.invitations import Invitations
from consent.console.members import Members
from consent.console.organizations import Organizations
from consent.console.oversight import Oversight, PlatformVersion
from consent.console.usage import Usage
from consent.signin.forms import Forms
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings


class RegistrationTokens(Protocol):
    """Makes initial access tokens for dynamic client registration (`consent.oauth.registration`)."""

    def create(self, actor_id: str, organization_id: str, person_id: str, /) -> str:
        """Return a new token, which is shown once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """Everything behind the console."""

    engine: Engine
    issuer: str
    clock: Callable[[], datetime]
    sign_in: SignInSettings
    sessions: Sessions
    forms: Forms
    members: Members
    invitations: Invitations
    organizations: Organizations
    approvals: Approvals
    clients: ConsoleClients
    oversight: Oversight
    cosignatures: Cosignatures
    usage: Usage
    history: ActionHistory
    registration_tokens: RegistrationTokens
    platforms: Callable[[], Sequence[PlatformVersion]]
