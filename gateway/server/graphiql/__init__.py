"""GraphiQL at `/graphiql`, from local files only.

The scripts and the stylesheet come from an installed package (React and GraphiQL 2, nothing is loaded from elsewhere);
`page.html` and `start.js` are ours. An access token may stand in the URL's fragment (`#token=…`), which browsers do
not send; the page moves it into the header editor and removes it from the address.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_PACKAGE = "graphene_django_graphiql_static"
_HERE = Path(__file__).parent

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""GraphiQL's editor writes style elements; hence `unsafe-inline` for styles, on this page alone."""


def graphiql_routes() -> list[BaseRoute]:
    """Return the routes of the page and its assets."""
    return [
        Route("/graphiql", _page, methods=["GET"]),
        Route("/graphiql/start.js", _start, methods=["GET"]),
        Mount("/graphiql/assets", StaticFiles(directory=_assets())),
    ]


def _assets() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed; install Gigway again from its lock file.")
    return Path(spec.submodule_search_locations[0]) / "static" / _PACKAGE


async def _page(_: Request) -> Response:
    return FileResponse(
        _HERE / "page.html",
        headers={
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        },
    )


async def _start(_: Request) -> Response:
    return FileResponse(_HERE / "start.js", headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"})
