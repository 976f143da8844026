"""The access log: who read, or was denied, what, why and when (GDPR Art. 15; CJEU C-154/21, C-579/21)."""

from __future__ import annotations

from typing import Any, Final, cast
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.access_log import AccessFilter, Choice
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn
from consent.vocabulary import CATEGORIES

_PAGE_SIZE: Final = 30


class LogPage:
    """`/me/log`."""

    def __init__(self, services: PagesServices, renderer: Renderer) -> None:
        self._services = services
        self._renderer = renderer

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show a page of the log, filtered as the query says."""
        query = request.query_params
        decision = query.get("decision", "")
        chosen = {
            "actor": query.get("actor", "").replace("\0", "")[:64],
            "category": query.get("category", "") if query.get("category", "") in CATEGORIES else "",
            "decision": decision if decision in {"allow", "deny"} else "",
            "text": query.get("text", "").replace("\0", "")[:100],
        }
        matching = AccessFilter(
            actor_id=chosen["actor"] or None,
            category=chosen["category"] or None,
            decision=cast(Choice, chosen["decision"]) if chosen["decision"] else None,
            text=chosen["text"] or None,
        )
        before = query.get("before", "")
        position = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        page = await run_in_threadpool(
            self._services.access_log.page, worker.worker_id, matching=matching, before=position, size=_PAGE_SIZE
        )
        grants = await run_in_threadpool(self._services.grants.of_worker, worker.worker_id)
        words = self._renderer.wording(self._renderer.locale_of(request, worker))
        values: dict[str, Any] = {
            "page": page,
            "chosen": chosen,
            "actors": sorted(
                {(grant.actor_id, grant.actor_trading_name) for grant in grants}, key=lambda pair: pair[1]
            ),
            "categories": [
                (term.id, words.category_title(term.id)) for term in CATEGORIES.values() if not term.forbidden
            ],
            "names": self._services.oauth.platforms(),
            "older": None
            if page.next_before is None
            else "?"
            + urlencode({name: value for name, value in chosen.items() if value} | {"before": page.next_before}),
            "is_first": position is None,
        }
        return self._renderer.page(request, "log.html", signed_in=worker, **values)
