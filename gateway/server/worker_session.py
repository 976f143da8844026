"""`/me/graphql`: workers ask for their own data with the session of their browser.

`/graphql` knows no cookies; here there is nothing but the cookie, so that a page elsewhere must not be able to send
it: browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`), and what comes from elsewhere is refused.
A request that says neither is from no browser, or an old one; it must be a POST of JSON, which no form can send.
"""

from __future__ import annotations

from consent.oauth.machine_secrets import TOKEN_REF_LENGTH
from consent.signin.sessions import Sessions
from consent.vocabulary import SELF_PURPOSE
from gateway.server.http_request import Credentials, Refused
from gateway.server.session import RequestSession

_ELSEWHERE = Refused(
    status=403, code="CROSS_ORIGIN", message="Ask from Gigway's own pages, or with a POST of application/json."
)
_SIGNED_OUT = Refused(status=401, code="UNAUTHENTICATED", message="Sign in first.")


class WorkerAuthenticator:
    """Makes a session under the purpose `self` for each request from a signed-in browser."""

    def __init__(self, sessions: Sessions, origin: str) -> None:
        self._sessions = sessions
        self._origin = origin

    async def __call__(self, credentials: Credentials, request_id: str) -> RequestSession | Refused:
        """Return the session for a request's cookie, or the refusal to answer with."""
        if not self._is_from_here(credentials):
            return _ELSEWHERE
        found = await self._sessions.of_cookies(credentials.cookies)
        if found is None:
            return _SIGNED_OUT
        signed_in, reference = found
        return RequestSession(
            request_id=request_id,
            kind="worker",
            worker_id=signed_in.worker_id,
            purpose=SELF_PURPOSE,
            token_ref=reference[:TOKEN_REF_LENGTH],
        )

    def _is_from_here(self, credentials: Credentials) -> bool:
        site, origin = credentials.fetch_site, credentials.origin
        if site is None and origin is None:
            return credentials.method == "POST"
        return site in (None, "same-origin") and origin in (None, self._origin)


class SessionLiveness:
    """How long a browser's session is still good for. Asking does not renew it: a stream is no sign of life."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def __call__(self, credentials: Credentials) -> float:
        """Return the seconds that are left."""
        return await self._sessions.seconds_left(credentials.cookies)
