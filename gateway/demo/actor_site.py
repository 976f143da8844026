"""The demo actor's own web site: a page with one button that asks a worker, and the page they come back to.

It shows the actor's side of the code flow: state and PKCE verifier kept on the server, the code redeemed
there, the answer queried with the grant's token.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from html import escape
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.demo.actor import ActorClient, ActorError
from gateway.server.loopback import loopback_socket, serve_on

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem;color:#1b2422}"
    "button{font:inherit;padding:.6rem 1rem;border:0;border-radius:.5rem;background:#27408b;color:#fff}"
    "pre{background:#f3f4f8;padding:1rem;overflow:auto;font-size:13px}"
)


class ActorSite:
    """The site: asks with `details`, and answers with `query` about the worker who comes back."""

    def __init__(self, name: str, client: ActorClient, details: dict[str, Any], query: str) -> None:
        self._name = name
        self._client = client
        self._details = details
        self._query = query
        self._asked: dict[str, str] = {}
        self._headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
            f"form-action 'self' {client.issuer}; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._home, methods=["GET"]),
                Route("/ask", self._ask, methods=["POST"]),
                Route("/callback", self._callback, methods=["GET"]),
            ]
        )

    async def _home(self, _: Request) -> Response:
        return self._page(
            f"<p>{escape(self._name)} is a fictional staffing firm. It would like to see what you did elsewhere.</p>"
            '<form method="post" action="/ask"><button>Show my gig work with Gigway</button></form>'
        )

    async def _ask(self, _: Request) -> Response:
        url, state, verifier = self._client.ask(self._details)
        self._asked[state] = verifier
        return RedirectResponse(url, 303, headers=self._headers)

    async def _callback(self, request: Request) -> Response:
        state = request.query_params.get("state", "")
        verifier = self._asked.pop(state, None)
        if verifier is None:
            return self._page("<p>Nothing was asked from here, or it was answered already.</p>", 400)
        try:
            token = await self._client.redeem(str(request.url), state, verifier)
        except ActorError as error:
            return self._page(f"<p>No access was given: {escape(str(error))}.</p>")
        _, answer, _ = await self._client.query(token["access_token"], self._query, {"worker": token["worker"]})
        shown = orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode()
        granted = orjson.dumps(token["authorization_details"], option=orjson.OPT_INDENT_2).decode()
        return self._page(f"<h2>Granted</h2><pre>{escape(granted)}</pre><h2>Read live</h2><pre>{escape(shown)}</pre>")

    def _page(self, body: str, status: int = 200) -> Response:
        title = escape(self._name)
        return HTMLResponse(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>{_STYLE}</style><main><h1>{title}</h1>{body}</main></html>",
            status,
            headers=self._headers,
        )


@contextlib.asynccontextmanager
async def serve_site(site: ActorSite, port: int) -> AsyncIterator[None]:
    """Serve `site` on loopback, in this process."""
    with loopback_socket(port) as listener:
        async with serve_on(listener, site.app()):
            yield
