"""Protection of forms: a POST counts only when it comes from a page that this browser got from us.

Every form carries a token derived from the browser's cookie: the session's, or before signing in a random one, which
also stops a stranger from signing a victim in under the stranger's account. Another site can make the browser send
the cookie but cannot read it, so it cannot know the token. It changes with every sign-in.
Besides, a browser that says where a request comes from (`Sec-Fetch-Site`, `Origin`) must say: from here.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from consent.oauth.machine_secrets import fingerprint
from consent.oauth.parameters import MAX_BYTES, ParameterRefusal
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings

TOKEN_FIELD: Final = "csrf"
_KEY_LENGTH: Final = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSeal:
    """The token to put into a page's forms, and the cookie that must go with it when there is none yet."""

    token: str = field(repr=False)
    new_key: str | None = field(default=None, repr=False)


class Forms:
    """Seals forms and checks what comes back."""

    def __init__(self, settings: SignInSettings, sessions: Sessions) -> None:
        self._settings = settings
        self._sessions = sessions

    def seal(self, request: Request) -> FormSeal:
        """Return what a page for this browser needs."""
        key = self._key(request)
        if key is not None:
            return FormSeal(token=_token(key))
        fresh = secrets.token_urlsafe(32)
        return FormSeal(token=_token(fresh), new_key=fresh)

    def set_cookie(self, response: Response, seal: FormSeal) -> None:
        """Give the browser the key of `seal` if it has none."""
        if seal.new_key is not None:
            response.set_cookie(
                self._settings.form_cookie,
                seal.new_key,
                path="/",
                secure=self._settings.is_https,
                httponly=True,
                samesite="lax",
            )

    def browser(self, request: Request) -> str | None:
        """Return what tells this browser from others between two requests: a fingerprint of its cookie."""
        key = self._key(request)
        return None if key is None else fingerprint(key)

    def problem(self, request: Request, token: str | None) -> str | None:
        """Return why a POST with `token` is not accepted, or None."""
        site = request.headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            return "The form was sent from another site."
        origin = request.headers.get("origin")
        # A browser that withholds its origin sends "null"; that is fine only where it vouched for the site above.
        if origin is not None and origin != self._settings.origin and not (origin == "null" and site is not None):
            return "The form was sent from another site."
        key = self._key(request)
        if key is None or not hmac.compare_digest(_token(key).encode(), (token or "").encode()):
            return "The page was too old, or you have signed in or out meanwhile. Please try again."
        return None

    def _key(self, request: Request) -> str | None:
        if session := self._sessions.cookie(request):
            return session
        key = request.cookies.get(self._settings.form_cookie, "")
        return key if len(key) == _KEY_LENGTH and key.isascii() else None


async def read_browser_form(request: Request) -> dict[str, list[str]] | ParameterRefusal:
    """Read a browser's form: names may repeat (checkboxes), everything else is as strict as for clients."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return ParameterRefusal(description="The form is too long.")
    return parse_browser_form(body)


def parse_browser_form(body: bytes) -> dict[str, list[str]] | ParameterRefusal:
    """Read `application/x-www-form-urlencoded` bytes with repeated names."""

    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=1_000, errors="strict")
    except (ValueError, UnicodeDecodeError):
        return ParameterRefusal(description="The form cannot be read.")
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            return ParameterRefusal(description="The form contains a NUL character.")
        found.setdefault(name, []).append(value)
    return found


def _token(key: str) -> str:
    return hmac.new(key.encode(), b"gigway:form", hashlib.sha256).hexdigest()
