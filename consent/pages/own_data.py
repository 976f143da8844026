"""A worker's own data: take it away as a file (GDPR Art. 15, 20), or have it erased (Art. 17)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.access_log import MAX_PAGE_SIZE, AccessRecord
from consent.grant_records import GrantRecord
from consent.pages.guard import FormFields, Guard, first
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn

_LOG_FIELDS: Final = (
    *("at", "actor_name", "actor_id", "purpose", "platform", "category", "decision", "reason"),
    *("records", "repeats", "grant_id", "request_id"),
)
_CONFIRMATION: Final = "erase"


class OwnDataPages:
    """`/me/data`, its downloads, and erasure."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Offer the downloads, and erasure where it is wired."""
        return self._page(request, worker)

    async def log_csv(self, request: Request, worker: SignedIn) -> Response:
        """Return the whole access log as CSV."""
        rows = await run_in_threadpool(lambda: list(self._log(worker.worker_id)))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_LOG_FIELDS)
        writer.writerows([_cell(getattr(record, name)) for name in _LOG_FIELDS] for record in rows)
        return _file(text.getvalue(), "text/csv; charset=utf-8", "gigway-access-log.csv")

    async def everything(self, request: Request, worker: SignedIn) -> Response:
        """Return all that Gigway itself keeps about the worker, as JSON. Gig data is fetched and never kept."""
        content = await run_in_threadpool(self._collect, worker)
        accounts = await self._services.linked_accounts.of_worker(worker.worker_id)
        content["linked_accounts"] = [
            {"platform": account.platform, "health": account.health, "linked_at": _instant(account.linked_at)}
            for account in accounts
            if account.health != "not_linked"
        ]
        return _file(json.dumps(content, indent=2, ensure_ascii=False), "application/json", "gigway-my-data.json")

    async def erase(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Erase the worker: every grant ends, every account is closed, nobody can sign in any more."""
        erase = self._services.erase
        if erase is None:
            return self._guard.refuse(request, worker, "Erasure is not offered here.", 404)
        if first(fields, "confirm") != _CONFIRMATION:
            return self._page(request, worker, status=422, problem=True)
        for account in await self._services.linked_accounts.of_worker(worker.worker_id):
            if account.health != "not_linked":
                await self._services.linked_accounts.unlink(worker.worker_id, account.platform)
        outcome = await erase(worker.worker_id)
        await self._services.sessions.forget(worker.worker_id)
        response = self._renderer.page(request, "erased.html", signed_in=None, status_of=outcome.status)
        await self._services.sessions.end(request, response)
        return response

    def _collect(self, worker: SignedIn) -> dict[str, Any]:
        services, worker_id = self._services, worker.worker_id
        passkeys = services.passkeys.of_worker(worker_id) if services.passkeys is not None else []
        return {
            "worker": {"id": worker_id, "display_name": worker.display_name, "locale": worker.locale},
            "grants": [_grant(grant) for grant in services.grants.of_worker(worker_id)],
            "access_log": [
                {name: _cell(getattr(record, name)) for name in _LOG_FIELDS} for record in self._log(worker_id)
            ],
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

    def _log(self, worker_id: str) -> Iterator[AccessRecord]:
        before: int | None = None
        while True:
            page = self._services.access_log.page(worker_id, before=before, size=MAX_PAGE_SIZE)
            yield from page.records
            if page.next_before is None:
                return
            before = page.next_before

    def _page(self, request: Request, worker: SignedIn, *, status: int = 200, problem: bool = False) -> Response:
        return self._renderer.page(
            request,
            "data.html",
            signed_in=worker,
            status=status,
            problem=problem,
            can_erase=self._services.erase is not None,
            confirmation=_CONFIRMATION,
        )


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


def _cell(value: object) -> object:
    """Return a value for a cell; text that a spreadsheet would run as a formula is quoted."""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _file(content: str, media_type: str, name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
