"""The worker's record as a file that is written while it is read: each page leaves before the next one is asked for.

A platform that asks for patience gets it, for a while. What is missing in the end is said in the file.

What was read is acknowledged when its bytes have been handed over, page by page, so that no lease stays open longer
than its page. If the worker unlinks a platform meanwhile, its part ends there, and the file says so.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from consent.pages.log_export import csv_text
from consent.pages.preview import ReadOwn
from consent.pages.record import GIG_COLUMNS, MAX_PAGES, RecordPage, gig_rows, note_row, read_record, record_query
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn

PATIENCE: Final = 180.0
"""For how many seconds in all a file waits for one platform that asks for it."""

Pause = Callable[[float], Awaitable[None]]

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class RecordFiles:
    """`/me/record.json` and `/me/record.csv`."""

    def __init__(self, services: PagesServices, read_own: ReadOwn, *, pause: Pause = asyncio.sleep) -> None:
        self._services = services
        self._read_own = read_own
        self._pause = pause

    async def json(self, request: Request, worker: SignedIn) -> Response:
        """Return all that the linked platforms say, as JSON."""
        return _stream(self._as_json(worker.worker_id), "application/json", "gigway-my-record.json")

    async def csv(self, request: Request, worker: SignedIn) -> Response:
        """Return the gigs as one table."""
        return _stream(self._as_csv(worker.worker_id), "text/csv; charset=utf-8", "gigway-my-gigs.csv")

    async def _as_json(self, worker_id: str) -> AsyncGenerator[str, None]:
        yield '{"platforms": ['
        for place, (platform, name) in enumerate(await self._linked(worker_id)):
            separator, is_whole = "", True
            problems: list[str] = []
            yield ",\n" if place else "\n"
            async with aclosing(self._pages(worker_id, platform)) as pages:
                async for page in pages:
                    if not separator:
                        yield _text({"platform": platform, "name": name, **page.parts})[:-1] + ', "gigs": ['
                        separator = "\n"
                    for gig in page.gigs:
                        yield separator + _text(gig)
                        separator = ",\n"
                    problems += [each for each in page.problems if each not in problems]
                    is_whole = page.after is None
            yield f'\n], "is_whole": {_text(is_whole and not problems)}, "problems": {_text(problems)}}}'
        yield "\n]}\n"

    async def _as_csv(self, worker_id: str) -> AsyncGenerator[str, None]:
        yield csv_text(GIG_COLUMNS, [])
        for platform, name in await self._linked(worker_id):
            missing: list[str] = []
            is_cut = False
            async with aclosing(self._pages(worker_id, platform)) as pages:
                async for page in pages:
                    yield csv_text((), gig_rows(name, page.gigs))
                    missing = [*missing, *(each for each in page.problems if each not in missing)]
                    is_cut = page.after is not None
            if is_cut:
                missing.append("TOO_MANY")
            if missing:
                yield csv_text((), [note_row(name, f"Not whole: {', '.join(missing)}")])

    async def _pages(self, worker_id: str, platform: str) -> AsyncGenerator[RecordPage, None]:
        after, patience = None, PATIENCE
        for _ in range(MAX_PAGES):
            while True:
                answer = await self._read_own(worker_id, *record_query(platform, after))
                try:
                    page = read_record(answer)
                    if page.wait is None or page.wait > patience:
                        yield page
                        break
                finally:
                    await answer.acknowledge()
                patience -= page.wait
                await self._pause(page.wait)
            after = page.after
            if after is None:
                return

    async def _linked(self, worker_id: str) -> list[tuple[str, str]]:
        accounts = await self._services.linked_accounts.of_worker(worker_id)
        return [(each.platform, each.display_name) for each in accounts if each.health != "not_linked"]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class _ClosingResponse(StreamingResponse):
    """A streamed answer whose source is closed with it, also when the browser goes away in the middle."""

    def __init__(self, content: AsyncGenerator[str, None], media_type: str, headers: dict[str, str]) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._content.aclose()


def _stream(content: AsyncGenerator[str, None], media_type: str, name: str) -> Response:
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return _ClosingResponse(content, media_type, headers)
