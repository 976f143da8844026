"""Where actors find the keys that verify notices."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from consent.notices.token import NoticeSigner

KEYS_PATH = "/.well-known/gigway-notice-keys.json"


def notice_routes(signer: NoticeSigner) -> list[BaseRoute]:
    """Return the route of the JWK set."""

    async def keys(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(signer.jwks), headers={"Cache-Control": "public, max-age=3600"})

    return [Route(KEYS_PATH, keys, methods=["GET"])]
