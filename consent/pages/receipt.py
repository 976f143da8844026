"""A grant's receipt, to download: a signed file that is worth something without us (`consent.receipts`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from consent.columns import utc_now
from consent.grants.records import GrantReader
from consent.oauth.settings import SealForActor
from consent.receipts import Party, receipt_of
from consent.signin.sessions import Sessions
from consent.signing import JwsSigner

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptServices:
    """What receipts need. `checkpoint` returns the audit log's newest signed note, `cosigned` a witness's newest."""

    sessions: Sessions
    grants: GrantReader
    signer: JwsSigner
    seal: SealForActor
    intermediary: Party
    checkpoint: Callable[[], str | None]
    cosigned: Callable[[], str | None]
    clock: Callable[[], datetime] = utc_now


def receipt_routes(services: ReceiptServices) -> list[BaseRoute]:
    """Return the download of a worker's own receipts, and the keys that verify them."""

    async def download(request: Request) -> Response:
        worker_id = await services.sessions.current_worker(request)
        grant = None
        if worker_id is not None:
            grant = await run_in_threadpool(services.grants.find, request.path_params["grant_id"])
        if grant is None or grant.worker_id != worker_id:
            return PlainTextResponse("There is no such receipt for you.\n", 404, headers=_HEADERS)
        receipt = receipt_of(
            grant,
            subject=services.seal(grant.worker_id, grant.actor_id),
            intermediary=services.intermediary,
            at=services.clock(),
            checkpoint=await run_in_threadpool(services.checkpoint),
            cosigned_checkpoint=await run_in_threadpool(services.cosigned),
        )
        name = f'attachment; filename="gigway-receipt-{grant.id[:8]}.jws"'
        return Response(
            await run_in_threadpool(services.signer.sign, receipt) + "\n",
            media_type="application/jose",
            headers=_HEADERS | {"Content-Disposition": name},
        )

    async def keys(_: Request) -> Response:
        return JSONResponse(
            await run_in_threadpool(services.signer.jwks), headers={"Cache-Control": "public, max-age=3600"}
        )

    return [
        Route("/me/grants/{grant_id}/receipt", download, methods=["GET"]),
        Route("/.well-known/gigway-receipt-keys.json", keys, methods=["GET"]),
    ]
