"""What the worker's pages need; `create_app` passes it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Engine

from consent.access_log import AccessLog
from consent.audit.cosignatures import Cosignatures
from consent.contact import ContactCodes
from consent.grants.lifecycle import GrantService
from consent.grants.reviews import Reviews
from consent.inbox.records import InboxReader
from consent.oauth.authorization import Authorizations
from consent.oauth.settings import OAuthSettings
from consent.pages.preview import ReadOwn
from consent.pages.wishes_page import WishBook
from consent.signin.demo import DemoLogin
from consent.signin.forms import Forms
from consent.signin.oidc import OidcSignIn
from consent.signin.passkeys import Passkeys
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.totp import Totp

Health = Literal["not_linked", "ok", "relink_needed", "unavailable"]


class LinkedPlatform(Protocol):
    """One platform as a worker sees it: linked or not, and how the link is."""

    @property
    def platform(self) -> str:
        """The platform's name in addresses and grants."""
        ...

    @property
    def display_name(self) -> str:
        """The platform's name for people."""
        ...

    @property
    def health(self) -> Health:
        """`relink_needed`: the platform refused our credential; `unavailable`: the operator suspended the platform."""
        ...

    @property
    def linked_at(self) -> datetime | None:
        """Since when it is linked."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether the sandbox answers in its place."""
        ...


class Stopped(Protocol):
    """How an unlinking or an erasure went: as a revocation goes."""

    @property
    def status(self) -> Literal["confirmed", "stopping"]:
        """`stopping`: a process that still reads is neither done nor proven dead."""
        ...


class LinkedAccountsView(Protocol):
    """A worker's accounts at platforms, as account linking knows them."""

    async def of_worker(self, worker_id: str) -> Sequence[LinkedPlatform]:
        """Return every platform that can be linked, linked or not, in the order to show them."""
        ...

    async def unlink(self, worker_id: str, platform: str) -> Stopped | None:
        """Unlink the worker's account at `platform`; None when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesServices:
    """Everything behind the pages. What is None is not offered.

    `demo_login` is there only where the operator turned it on, for a loopback issuer.
    """

    engine: Engine
    oauth: OAuthSettings
    sessions: Sessions
    forms: Forms
    passwords: Passwords
    demo_login: DemoLogin | None
    authorizations: Authorizations
    grants: GrantService
    access_log: AccessLog
    contact_codes: ContactCodes
    inbox: InboxReader
    reviews: Reviews
    linked_accounts: LinkedAccountsView
    cosignatures: Cosignatures
    """What witnesses have signed of the access log."""
    passkeys: Passkeys | None = None
    totp: Totp | None = None
    oidc: OidcSignIn | None = None
    read_own: ReadOwn | None = None
    """Asks the gateway as the worker, under purpose `self`: for the preview on the consent page, and their skills."""
    wishes: WishBook | None = None
    """What workers want of work, and what is kept so that they can be found."""
    sign_up: bool = False
    """Whether anybody may make an account with a login and a password."""
    erase: Callable[[str], Awaitable[Stopped]] | None = None
    """Erases a worker and waits (`consent.stops.stopping.Stops.erase_worker`)."""
