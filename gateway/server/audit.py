"""The public side of the access log: its newest checkpoint, the key that signs it, and consistency proofs.

Nothing here tells what is in the log; anybody may keep a checkpoint and later check that history only grew.
"""

from __future__ import annotations

import base64

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from consent.audit.log import AuditLog
from consent.audit.note import VerifierKey

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def audit_routes(log: AuditLog, key: VerifierKey) -> list[BaseRoute]:
    """Return the routes under `/audit`."""

    async def checkpoint(_: Request) -> Response:
        note = await run_in_threadpool(log.latest)
        if note is None:
            return _refused(404, "CHECKPOINT_MISSING", "No checkpoint has been signed yet; try again in a second.")
        return PlainTextResponse(note, headers=_HEADERS)

    async def verifier(_: Request) -> Response:
        return PlainTextResponse(f"{key.text()}\n", headers=_HEADERS)

    async def consistency(request: Request) -> Response:
        try:
            first, second = (int(request.query_params[name]) for name in ("first", "second"))
            if not 0 <= first <= second:
                raise ValueError
            path = await run_in_threadpool(log.consistency, first, second)
        except (KeyError, ValueError):
            return _refused(400, "RANGE_INVALID", "`first` and `second` are sizes of the log, the smaller first.")
        return JSONResponse({"path": [base64.b64encode(each).decode() for each in path]}, headers=_HEADERS)

    return [
        Route("/audit/checkpoint", checkpoint, methods=["GET"]),
        Route("/audit/key", verifier, methods=["GET"]),
        Route("/audit/consistency", consistency, methods=["GET"]),
    ]


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status, headers=_HEADERS)
