"""How workers sign in, and how a page knows that they have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from starlette.requests import Request

from consent.pages.rendering import preferred_language
from consent.signin.demo import DemoLogin
from consent.signin.forms import Forms
from consent.signin.oidc import OidcSignIn
from consent.signin.passkeys import Passkeys
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings
from consent.signin.totp import Totp
from gateway.config import Settings
from gateway.server.demo_workers import ensure_demo_workers
from gateway.server.wiring.storage import StorageParts


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInParts:
    """The ways in, those that are off being None, and the sessions behind them."""

    settings: SignInSettings
    sessions: Sessions
    forms: Forms
    passwords: Passwords
    passkeys: Passkeys
    totp: Totp
    oidc: OidcSignIn | None
    demo_login: DemoLogin | None

    async def language_of(self, request: Request, languages: Collection[str]) -> str:
        """Return which of `languages` a browser's pages come in, for other packages' pages."""
        return preferred_language(request, await self.sessions.current(request), languages)


def build_sign_in(settings: Settings, storage: StorageParts) -> SignInParts:
    """Return the ways to sign in that the operator wants."""
    database = storage.database
    sign_in = SignInSettings(issuer=settings.issuer)
    sessions = Sessions(database, sign_in)
    return SignInParts(
        settings=sign_in,
        sessions=sessions,
        forms=Forms(sign_in, sessions),
        passwords=Passwords(database, sign_in),
        passkeys=Passkeys(database, sign_in),
        totp=Totp(database, sign_in, storage.vault),
        oidc=OidcSignIn(database, sign_in, settings.oidc) if settings.oidc else None,
        demo_login=DemoLogin(sign_in, ensure_demo_workers(database)) if settings.demo_login else None,
    )
