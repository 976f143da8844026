"""The public side of the access log: checkpoints, the keys that sign them, consistency proofs; and where witnesses
leave what they have signed.

Nothing here tells what is in the log; anybody may keep a checkpoint and later check that history only grew.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from consent.audit.cosignatures import Cosignatures, RefusalCode
from consent.audit.log import AuditLog
from consent.audit.log_signer import KeyPeriod, LogSigner
from gateway.server.http_request import GONE, Refused, read_body

MAX_LINES_BYTES: Final = 8_192
"""The longest body with signature lines: sixteen, with room for names."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_DIGITS = 18
"""A number of more digits could overflow the database's."""

_STATUS: Mapping[RefusalCode, int] = {
    "COSIGNATURE_MALFORMED": 400,
    "WITNESS_UNKNOWN": 403,
    "CHECKPOINT_UNKNOWN": 404,
    "COSIGNATURE_WRONG": 403,
}


def audit_routes(log: AuditLog, cosignatures: Cosignatures, signer: LogSigner) -> list[BaseRoute]:
    """Return the routes under `/audit`."""

    async def note(read: Callable[[], str | None], missing: str) -> Response:
        found = await run_in_threadpool(read)
        if found is None:
            return _refused(404, "CHECKPOINT_MISSING", missing)
        return PlainTextResponse(found, headers=_HEADERS)

    async def checkpoint(_: Request) -> Response:
        return await note(cosignatures.newest, "No checkpoint has been signed yet; try again in a second.")

    async def cosigned(request: Request) -> Response:
        witness = request.query_params.get("witness")
        return await note(lambda: cosignatures.cosigned(witness), "No such witness has cosigned a checkpoint yet.")

    async def verifier(_: Request) -> Response:
        key = await run_in_threadpool(signer.verifier)
        return PlainTextResponse(f"{key.text()}\n", headers=_HEADERS)

    async def verifiers(_: Request) -> Response:
        periods = await run_in_threadpool(signer.periods)
        return JSONResponse({"keys": [_written(each) for each in periods]}, headers=_HEADERS)

    async def witnesses(_: Request) -> Response:
        return PlainTextResponse("".join(f"{each.text()}\n" for each in cosignatures.witnesses), headers=_HEADERS)

    async def consistency(request: Request) -> Response:
        first, second = (_number(request.query_params.get(name, "")) for name in ("first", "second"))
        try:
            if first is None or second is None or first > second:
                raise ValueError
            path = await run_in_threadpool(log.consistency, first, second)
        except ValueError:
            return _refused(400, "RANGE_INVALID", "`first` and `second` are sizes of the log, the smaller first.")
        return JSONResponse({"path": [base64.b64encode(each).decode() for each in path]}, headers=_HEADERS)

    async def cosign(request: Request) -> Response:
        size = _number(request.query_params.get("size", ""))
        if size is None:
            return _refused(400, "SIZE_INVALID", "`size` is the size of the checkpoint that the lines sign.")
        body = await read_body(request.receive, dict(request.scope["headers"]), limit=MAX_LINES_BYTES)
        if isinstance(body, Refused):
            return Response(status_code=GONE.status) if body is GONE else _refused(body.status, body.code, body.message)
        try:
            lines = body.decode()
        except UnicodeDecodeError:
            return _refused(400, "COSIGNATURE_MALFORMED", "Signature lines are UTF-8.")
        refused = await run_in_threadpool(cosignatures.take, size, lines)
        if refused is not None:
            return _refused(_STATUS[refused.code], refused.code, refused.message)
        return Response(status_code=204, headers=_HEADERS)

    return [
        Route("/audit/checkpoint", checkpoint, methods=["GET"]),
        Route("/audit/checkpoint/cosigned", cosigned, methods=["GET"]),
        Route("/audit/key", verifier, methods=["GET"]),
        Route("/audit/keys", verifiers, methods=["GET"]),
        Route("/audit/witnesses", witnesses, methods=["GET"]),
        Route("/audit/consistency", consistency, methods=["GET"]),
        Route("/audit/cosignature", cosign, methods=["POST"]),
    ]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


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
