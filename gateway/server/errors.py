"""What the server answers when nothing else does: unknown paths, wrong methods, defects. Never a traceback."""

from __future__ import annotations

import logging
from html import escape
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

log = logging.getLogger("gigway.server")

_CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer an `HTTPException` in the form that the client reads."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return _answer(request, error.status_code, error.detail or HTTPStatus(error.status_code).phrase, headers)


async def on_database_failure(request: Request, error: Exception) -> Response:
    """Answer that the database is gone, full or locked. Only the kind of its error is kept: it may quote values."""
    log.error("server:database:fail", extra={"error": type(error).__name__, "path": _route(request)})
    message = "Gigway cannot reach its database at the moment. Try again; what had not been confirmed was not done."
    return _answer(request, 503, message, {"Retry-After": "5"})


async def on_defect(request: Request, error: Exception) -> Response:
    """Answer a defect of ours: the log has where it happened, the client only that it did."""
    log.error("request failed", exc_info=error, extra={"path": _route(request), "method": request.method})
    return _answer(request, 500, "Something went wrong here. It has been noted; try again later.", {})


def _route(request: Request) -> str:
    """Return a request's path with the names of what stands in it: some of that is secret, as a link's key is."""
    named = {str(value): f"{{{name}}}" for name, value in request.path_params.items()}
    path: str = request.scope["path"]
    return "/".join(named.get(part, part) for part in path.split("/"))


def _answer(request: Request, status: int, message: str, headers: dict[str, str]) -> Response:
    headers |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if "text/html" in request.headers.get("accept", ""):
        phrase = escape(HTTPStatus(status).phrase)
        html = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{phrase}</title>'
            f'<link rel="stylesheet" href="/assets/gigway.css"><main><h1>{phrase}</h1><p>{escape(message)}</p>'
            '<p><a href="/me">To your page</a></p></main></html>'
        )
        return HTMLResponse(html, status, headers=headers | {"Content-Security-Policy": _CSP})
    code = HTTPStatus(status).phrase.upper().replace(" ", "_").replace("-", "_")
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status, headers=headers)
