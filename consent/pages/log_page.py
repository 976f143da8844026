"""The access log: who read, or was denied, what, why and when (GDPR Art. 15; CJEU C-154/21, C-579/21)."""

from __future__ import annotations

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.pages.log_export import as_csv, as_json, whole_log
from consent.pages.log_query import LogQuery, read_query
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn
from consent.vocabulary import CATEGORIES

_PAGE_SIZE: Final = 30
_MAX_DIGITS: Final = 18


class LogPage:
    """`/me/log`, and what it shows as a file: `/me/log.csv`, `/me/log.json`."""

    def __init__(self, services: PagesServices, renderer: Renderer) -> None:
        self._services = services
        self._renderer = renderer

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show a page of the log, filtered as the query says."""
        log, query = self._services.access_log, self._query(request, worker)
        before, after = (_position(request.query_params.get(name, "")) for name in ("before", "after"))
        page = await run_in_threadpool(
            log.page, worker.worker_id, matching=query.matching, before=before, after=after, size=_PAGE_SIZE
        )
        words = self._renderer.wording(self._renderer.locale_of(request, worker))
        names = self._services.oauth.platforms()
        platforms = await run_in_threadpool(log.platforms, worker.worker_id)
        values: dict[str, Any] = {
            "page": page,
            "chosen": query.chosen,
            "problem": query.problem,
            "is_filtered": bool(query.suffix),
            "suffix": query.suffix,
            "actors": await run_in_threadpool(log.actors, worker.worker_id),
            "platforms": sorted((names.get(name, name), name) for name in platforms if name in names),
            "categories": [
                (term.id, words.category_title(term.id)) for term in CATEGORIES.values() if not term.forbidden
            ],
            "names": names,
            "witnesses": [
                each for each in await run_in_threadpool(self._services.cosignatures.standing) if each.at is not None
            ],
            "older": None if page.next_before is None else query.page(before=page.next_before),
            "newer": None if page.next_after is None else query.page(after=page.next_after),
        }
        return self._renderer.page(request, "log.html", signed_in=worker, **values)

    async def csv(self, request: Request, worker: SignedIn) -> Response:
        """Return all that the query matches as CSV."""
        query = self._query(request, worker)
        return await run_in_threadpool(
            lambda: as_csv(whole_log(self._services.access_log, worker.worker_id, query.matching))
        )

    async def json(self, request: Request, worker: SignedIn) -> Response:
        """Return the same as JSON."""
        query = self._query(request, worker)
        return await run_in_threadpool(
            lambda: as_json(whole_log(self._services.access_log, worker.worker_id, query.matching))
        )

    def _query(self, request: Request, worker: SignedIn) -> LogQuery:
        words = self._renderer.wording(self._renderer.locale_of(request, worker))
        return read_query(request.query_params, words, self._services.oauth.platforms())


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
