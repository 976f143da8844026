"""The consent page: an actor's request, answered item by item.

Every platform × category is a checkbox of its own, and none is ticked when the page opens: consent is a clear
affirmative act (GDPR Art. 4(11), recital 32), and a box that somebody else ticked is none (CJEU C-673/17, Planet49).
Nothing is bundled (Art. 7(4), recital 43): each item can be allowed without the others. "Tick everything" is a button
that the worker presses, after which single items can still be unticked; "Allow" and "Do not allow" look alike.
The grant keeps fingerprints of the notice and of the whole statement that was shown (Art. 7(1)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.grants.lifecycle import GrantError
from consent.inbox.answers import block_actor
from consent.oauth.authorization import Answered, CannotReturn, NotPending, Pending, SendBack
from consent.oauth.details import Item
from consent.pages.guard import FormFields, Guard, first, to_sign_in
from consent.pages.preview import PreviewPart, preview_query, read_preview
from consent.pages.rendering import Renderer
from consent.pages.requests_page import after
from consent.pages.services import PagesServices
from consent.pages.wording import read_items
from consent.signin.sessions import SignedIn
from consent.vocabulary import CATEGORIES

STEP_UP_AGE: Final = timedelta(minutes=5)
"""How long ago a worker may have proved who they are when the page opens; older: they are asked again."""

DECISION_AGE: Final = timedelta(minutes=30)
"""The same when they answer: reading takes its time."""


class ConsentPages:
    """`/consent/<handle>`: show a request, take its answer. Requests from the inbox have their id for a handle."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show the request, nothing ticked."""
        pending = await self._load(request, worker)
        if isinstance(pending, NotPending):
            return self._gone(request, worker, pending)
        if self._services.oauth.clock() - worker.auth_time > STEP_UP_AGE:
            return to_sign_in(request, again=True)
        return await self._page(request, worker, pending, frozenset())

    async def answer(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Tick or untick everything, refuse, or allow what is ticked."""
        pending = await self._load(request, worker)
        if isinstance(pending, NotPending):
            return self._gone(request, worker, pending)
        ticked = read_items(fields.get("item", []), pending.request.items)
        if ticked is None:
            return self._guard.refuse(request, worker, "The form names something that was not asked for.", 400)
        match first(fields, "answer"):
            case "all":
                return await self._page(request, worker, pending, pending.request.items)
            case "none":
                return await self._page(request, worker, pending, frozenset())
            case "preview":
                return await self._preview(request, worker, pending, ticked)
            case "deny":
                outcome = await run_in_threadpool(self._services.authorizations.deny, pending.handle, worker.worker_id)
            case "block" if pending.asked is not None:
                return await self._block(request, worker, pending)
            case "allow" if _is_barred(worker, pending):
                problem = "This is a test application: only test workers can allow it anything."
                return self._guard.refuse(request, worker, problem, 403)
            case "allow" if not ticked:
                return await self._page(request, worker, pending, ticked, problem="nothing_ticked", status=422)
            case "allow" if (first(fields, "worded") or _worded(pending, known=False)) != _worded(pending):
                return await self._page(request, worker, pending, frozenset(), problem="reworded", status=409)
            case "allow" if self._services.oauth.clock() - worker.auth_time > DECISION_AGE:
                return await self._page(request, worker, pending, ticked, problem="too_old", status=403)
            case "allow":
                try:
                    outcome = await run_in_threadpool(self._approve, request, worker, pending, ticked)
                except GrantError as error:
                    return self._guard.refuse(request, worker, str(error), 409)
            case _:
                return self._guard.refuse(request, worker, "The form has no answer.", 400)
        match outcome:
            case SendBack(location=location):
                if pending.replaces is not None:
                    await self._services.grants.settle(pending.replaces)
                return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
            case Answered(grant_id=None):
                return after("refused")
            case Answered(grant_id=grant_id):
                if pending.replaces is not None:
                    await self._services.grants.settle(pending.replaces)
                location = f"/me/grants/{grant_id}?given=1"
                return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
            case NotPending():
                return self._gone(request, worker, outcome)
            case CannotReturn(description=description):
                return self._guard.refuse(request, worker, description, 409)

    async def _load(self, request: Request, worker: SignedIn) -> Pending | NotPending:
        name = request.path_params["handle"]
        return await run_in_threadpool(self._services.authorizations.load, name, worker.worker_id)

    async def _block(self, request: Request, worker: SignedIn, pending: Pending) -> Response:
        """Refuse, and hear no more of the actor, which learns of the refusal only: the browser stays here."""

        def block() -> NotPending | None:
            outcome = self._services.authorizations.deny(pending.handle, worker.worker_id)
            if isinstance(outcome, NotPending):
                return outcome
            with self._services.engine.begin() as connection:
                block_actor(connection, worker.worker_id, pending.actor.id, now=self._services.oauth.clock())
            return None

        gone = await run_in_threadpool(block)
        return after("blocked") if gone is None else self._gone(request, worker, gone)

    def _approve(
        self, request: Request, worker: SignedIn, pending: Pending, ticked: frozenset[Item]
    ) -> SendBack | Answered | NotPending | CannotReturn:
        locale = self._renderer.locale_of(request, worker)
        notice = self._renderer.text("notice.html", locale, actor=pending.actor.name)
        statement = self._statement(pending, locale)
        return self._services.authorizations.approve(
            pending.handle,
            worker_id=worker.worker_id,
            granted=ticked,
            locale=locale,
            notice_sha256=hashlib.sha256(notice.encode()).hexdigest(),
            screen_sha256=hashlib.sha256((statement + notice).encode()).hexdigest(),
            amr=worker.amr,
        )

    def _statement(self, pending: Pending, locale: str) -> str:
        words = self._renderer.wording(locale)
        return self._renderer.text(
            "statement.html",
            locale,
            pending=pending,
            asked=words.platforms(pending.request.items, self._services.oauth.platforms()),
        )

    async def _page(
        self,
        request: Request,
        worker: SignedIn,
        pending: Pending,
        ticked: Collection[Item],
        *,
        problem: str | None = None,
        status: int = 200,
        preview: Sequence[PreviewPart] | None = None,
    ) -> Response:
        locale = self._renderer.locale_of(request, worker)
        words = self._renderer.wording(locale)
        linked = await self._services.linked_accounts.of_worker(worker.worker_id)
        return self._renderer.page(
            request,
            "consent.html",
            signed_in=worker,
            status=status,
            form_target=pending.redirect_uri,
            pending=pending,
            is_barred=_is_barred(worker, pending),
            asked=words.platforms(pending.request.items, self._services.oauth.platforms()),
            worded=_worded(pending),
            ticked={f"{item.platform}:{item.category}" for item in ticked},
            health={account.platform: account.health for account in linked},
            problem=problem,
            can_preview=self._services.read_own is not None,
            preview=preview,
        )

    async def _preview(self, request: Request, worker: SignedIn, pending: Pending, ticked: frozenset[Item]) -> Response:
        """Show examples of what is ticked (of everything, when nothing is), read as the worker."""
        items = ticked or pending.request.items
        asked = preview_query(items)
        if self._services.read_own is None or asked is None:
            return await self._page(request, worker, pending, ticked, preview=())
        answer = await self._services.read_own(worker.worker_id, *asked)
        try:
            words = self._renderer.wording(self._renderer.locale_of(request, worker))
            parts = read_preview(items, answer, words, self._services.oauth.platforms())
            response = await self._page(request, worker, pending, ticked, preview=parts)
        except BaseException:
            await answer.acknowledge()
            raise
        response.background = BackgroundTask(answer.acknowledge)
        return response

    def _gone(self, request: Request, worker: SignedIn, gone: NotPending) -> Response:
        return self._renderer.page(
            request,
            "request_gone.html",
            signed_in=worker,
            status=409 if gone.reason == "answered" else 404,
            reason=gone.reason,
        )


def _worded(pending: Pending, *, known: bool = True) -> str:
    """Return the versions of the words that a page shows; a page that does not say shows the first of each.

    What is allowed is allowed in the words that were read: a page from before an upgrade agrees to nothing newer.
    """
    categories = sorted({item.category for item in pending.request.items})
    return " ".join(f"{name}:{CATEGORIES[name].version if known else 1}" for name in categories)


def _is_barred(worker: SignedIn, pending: Pending) -> bool:
    """Whether the actor is a test one and the worker is not: then there is nothing to allow."""
    return pending.actor.is_test and not worker.is_test
