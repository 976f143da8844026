"""What signing in needs to know about where it runs."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from consent.columns import utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSettings:
    """Configuration of sign-in. Cookies are named `__Host-gigway…` on https.

    On plain http, which only a loopback issuer may use, browsers refuse that prefix; there they are
    `gigway-session` and `gigway-form`, without `Secure`.
    """

    issuer: str
    clock: Callable[[], datetime] = utc_now
    idle_lifetime: timedelta = timedelta(minutes=15)
    absolute_lifetime: timedelta = timedelta(hours=8)
    touch_interval: timedelta = timedelta(minutes=1)
    """How much of the idle time passes before a request renews it."""

    @property
    def is_https(self) -> bool:
        """Whether the issuer is https."""
        return urlsplit(self.issuer).scheme == "https"

    @property
    def is_loopback(self) -> bool:
        """Whether the issuer is this machine."""
        host = urlsplit(self.issuer).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def origin(self) -> str:
        """The issuer's origin, as a browser sends it."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def session_cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-gigway" if self.is_https else "gigway-session"

    @property
    def form_cookie(self) -> str:
        """The name of the cookie that protects forms before anybody is signed in."""
        return "__Host-gigway-form" if self.is_https else "gigway-form"
