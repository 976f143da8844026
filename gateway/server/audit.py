"""The public side of the access log: its newest checkpoint, the keys that sign it, and consistency proofs.

Nothing here tells what is in the log; anybody may keep a checkpoint and later check that history only grew.
"""

from __future__ import annotations

import base64
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from consent.audit.log import AuditLog
from consent.audit.note import KeyPeriod, LogSigner

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def audit_routes(log: AuditLog, signer: LogSigner) -> list[BaseRoute]:
    """Return the routes under `/audit`."""

    async def checkpoint(_: Request) -> Response:
        note = await run_in_threadpool(log.latest)
        if note is None:
            return _refused(404, "CHECKPOINT_MISSING", "No checkpoint has been signed yet; try again in a second.")
        return PlainTextResponse(note, headers=_HEADERS)

    async def verifier(_: Request) -> Response:
        key = await run_in_threadpool(signer.verifier)
        return PlainTextResponse(f"{key.text()}\n", headers=_HEADERS)

    async def verifiers(_: Request) -> Response:
        periods = await run_in_threadpool(signer.periods)
        return JSONResponse({"keys": [_written(each) for each in periods]}, headers=_HEADERS)

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
        Route("/audit/keys", verifiers, methods=["GET"]),
        Route("/audit/consistency", consistency, methods=["GET"]),
    ]


def _written(period: KeyPeriod) -> dict[str, Any]:
    times = {
        "published_at": period.published_at,
        "signs_from": period.signs_from,
        "signs_until": period.signs_until,
        "compromised_at": period.compromised_at,
    }
    return {
        "version": period.version,
        "key": period.key.text(),
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status, headers=_HEADERS)
