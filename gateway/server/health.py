"""`/healthz` and `/readyz`: is the process alive, can it serve."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.storage.database import explain
from gateway.storage.migrate import is_current

_HEADERS = {"Cache-Control": "no-store"}


def health_routes(
    engine: Engine,
    *,
    has_supergraph: Callable[[], bool],
    is_draining: Callable[[], bool],
    trouble: Callable[[], str | None],
) -> list[BaseRoute]:
    """Return the two routes.

    `has_supergraph` tells whether queries can be answered, `is_draining` whether the process is about to stop, and
    `trouble` why nothing can be allowed although the database answers.
    """

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def ready(_: Request) -> Response:
        reason = "DRAINING" if is_draining() else await run_in_threadpool(_why_not, engine)
        if reason is None and not has_supergraph():
            reason = "SUPERGRAPH_MISSING"
        reason = reason or trouble()
        if reason is not None:
            return JSONResponse({"status": "unavailable", "reason": reason}, 503, headers=_HEADERS)
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    return [Route("/healthz", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]


def _why_not(engine: Engine) -> str | None:
    """Ask for little: this is asked every few seconds. Whether an SQLite file is whole is looked at when one starts."""
    try:
        return None if is_current(engine) else "DATABASE_NOT_MIGRATED"
    except SQLAlchemyError as error:
        return explain(error, engine.url).code
