"""A worker's own data: take it away as a file (GDPR Art. 15, 20), or have it erased (Art. 17)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.grants.records import GrantRecord
from consent.inbox.records import RequestRecord
from consent.pages.guard import FormFields, Guard, first
from consent.pages.log_export import csv_text, download, line_of, whole_log
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.pages.wording import ERASE
from consent.signin.sessions import SignedIn

_PAGE: Final = 200


class OwnDataPages:
    """`/me/data`, its downloads, and erasure."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Offer the downloads, and erasure where it is wired."""
        return self._page(request, worker)

    async def everything(self, request: Request, worker: SignedIn) -> Response:
        """Return all that Gigway itself keeps about the worker, as JSON. Gig data is fetched and never kept."""
        content = await self._everything(worker)
        return download(json.dumps(content, indent=2, ensure_ascii=False), "application/json", "gigway-my-data.json")

    async def tables(self, request: Request, worker: SignedIn) -> Response:
        """Return the same as CSV, one table a file."""
        content = await self._everything(worker)
        return download(await run_in_threadpool(_as_tables, content), "application/zip", "gigway-my-data.zip")

    async def erase(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Erase the worker: every grant ends, every account is closed, nobody can sign in any more."""
        erase = self._services.erase
        if erase is None:
            return self._guard.refuse(request, worker, "Erasure is not offered here.", 404)
        typed = first(fields, "confirm").strip().casefold()
        if typed not in {ERASE, self._renderer.wording(self._renderer.locale_of(request, worker)).erase_word()}:
            return self._page(request, worker, status=422, problem=True)
        for account in await self._services.linked_accounts.of_worker(worker.worker_id):
            if account.health != "not_linked":
                await self._services.linked_accounts.unlink(worker.worker_id, account.platform)
        outcome = await erase(worker.worker_id)
        await self._services.sessions.forget(worker.worker_id)
        response = self._renderer.page(request, "erased.html", signed_in=None, status_of=outcome.status)
        await self._services.sessions.end(request, response)
        return response

    async def _everything(self, worker: SignedIn) -> dict[str, Any]:
        content = await run_in_threadpool(self._collect, worker)
        accounts = await self._services.linked_accounts.of_worker(worker.worker_id)
        content["linked_accounts"] = [
            {"platform": account.platform, "health": account.health, "linked_at": _instant(account.linked_at)}
            for account in accounts
            if account.health != "not_linked"
        ]
        return content

    def _collect(self, worker: SignedIn) -> dict[str, Any]:
        services, worker_id = self._services, worker.worker_id
        wishes = services.wishes
        passkeys = services.passkeys.of_worker(worker_id) if services.passkeys is not None else []
        found = (
            {} if wishes is None else {"wishes": dict(wishes.of(worker_id)), "findable": list(wishes.kept(worker_id))}
        )
        return found | {
            "worker": {"id": worker_id, "display_name": worker.display_name, "locale": worker.locale},
            "grants": [_grant(grant) for grant in services.grants.of_worker(worker_id)],
            "requests": [_request(each) for each in self._requests(worker_id)],
            "blocked_actors": [each.actor_trading_name for each in services.inbox.blocked(worker_id)],
            "access_log": [line_of(record) for record in whole_log(services.access_log, worker_id)],
            "contact_codes": [
                {
                    "created_at": _instant(code.created_at),
                    "expires_at": _instant(code.expires_at),
                    "revoked_at": _instant(code.revoked_at),
                }
                for code in services.contact_codes.of_worker(worker_id)
            ],
            "passkeys": [
                {"created_at": _instant(passkey.created_at), "last_used_at": _instant(passkey.last_used_at)}
                for passkey in passkeys
            ],
        }

    def _requests(self, worker_id: str) -> Iterator[RequestRecord]:
        after: tuple[datetime, str] | None = None
        while True:
            found, more, _ = self._services.inbox.page(first=_PAGE, after=after, worker_id=worker_id)
            yield from found
            if not more:
                return
            after = (found[-1].created_at, found[-1].id)

    def _page(self, request: Request, worker: SignedIn, *, status: int = 200, problem: bool = False) -> Response:
        return self._renderer.page(
            request,
            "data.html",
            signed_in=worker,
            status=status,
            problem=problem,
            can_erase=self._services.erase is not None,
            confirmation=self._renderer.wording(self._renderer.locale_of(request, worker)).erase_word(),
        )


def _as_tables(content: dict[str, Any]) -> bytes:
    """Return a ZIP archive with a CSV file for each part of `content`; lists within a row are joined by spaces."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for name, part in content.items():
            rows = [_flat(each) for each in (part if isinstance(part, list) else [part])]
            header = list(dict.fromkeys(column for row in rows for column in row))
            text = csv_text(header, [[row.get(column) for column in header] for row in rows])
            files.writestr(zipfile.ZipInfo(f"{name}.csv"), text)
    return archive.getvalue()


def _flat(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {"name": value}
    flat: dict[str, Any] = {}
    for name, each in value.items():
        if isinstance(each, dict):
            flat |= {f"{name}.{inner}": part for inner, part in each.items()}
        elif isinstance(each, list):
            flat[name] = " ".join(
                ":".join(map(str, item.values())) if isinstance(item, dict) else str(item) for item in each
            )
        else:
            flat[name] = each
    return flat


def _grant(grant: GrantRecord) -> dict[str, Any]:
    return {
        "id": grant.id,
        "recipient": {"trading_name": grant.actor_trading_name, "legal_name": grant.actor_legal_name},
        "purpose": grant.purpose,
        "purpose_text": grant.purpose_text,
        "status": grant.status,
        "granted_at": _instant(grant.granted_at),
        "expires_at": _instant(grant.expires_at),
        "ended_at": _instant(grant.ended_at),
        "granted": [{"platform": platform, "category": category} for platform, category in sorted(grant.granted)],
        "refused": [{"platform": platform, "category": category} for platform, category in sorted(grant.refused)],
        "notice_sha256": grant.notice_sha256,
        "screen_sha256": grant.screen_sha256,
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _request(each: RequestRecord) -> dict[str, Any]:
    return {
        "id": each.id,
        "from": {"trading_name": each.actor_trading_name, "legal_name": each.actor_legal_name},
        "purpose": each.request.purpose,
        "asked_for": [
            {"platform": platform, "category": category} for platform, category in sorted(each.request.items)
        ],
        "asked_until": _instant(each.request.expires_at),
        "status": each.status,
        "created_at": _instant(each.created_at),
        "answered_at": _instant(each.answered_at),
        "grant_id": each.grant_id,
    }
