"""The JSON that a signed-in worker's browser gets from the worker site, and that a worker may save and hand over."""

import secrets
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.pages import render
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platforms.mturk import site_documents
from connectors.sandbox.platforms.mturk.workers import ACCOUNTS, WORKERS, Tasks, Worker

__all__ = ["WorkerSite"]

Json = dict[str, Any]

_COOKIE = "mturk_worker_session"


class WorkerSite:
    """Serves signed-in workers; a request without a session is redirected to the sign-in page."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._sessions: dict[str, str] = {}

    async def sign_in(self, request: Request) -> Response:
        """Show the personas, or sign one of them in."""
        if request.method == "GET":
            return render(
                "sign_in.html",
                platform="mturk",
                title="Amazon Mechanical Turk Worker",
                accounts=ACCOUNTS,
                scopes=[],
                client_id="Your own browser",
            )
        form = await request.form()
        login = form.get("persona")
        if not isinstance(login, str) or login not in WORKERS:
            return RedirectResponse("/mturk/signin", status_code=302)
        session = secrets.token_urlsafe(24)
        self._sessions[session] = login
        response = RedirectResponse("/mturk/dashboard?format=json", status_code=302)
        response.set_cookie(_COOKIE, session, httponly=True, samesite="strict", path="/mturk")
        return response

    async def dashboard(self, request: Request) -> Response:
        """Earnings, approval counters and the last days' statistics."""
        worker = self._worker(request)
        if isinstance(worker, Response):
            return worker
        return _observed(site_documents.dashboard(self._tasks, worker.persona.login))

    async def status_details(self, request: Request) -> Response:
        """One day's assignments, twenty a page; an empty page ends them."""
        worker = self._worker(request)
        if isinstance(worker, Response):
            return worker
        page = whole_number(request.query_params.get("page_number", "1"))
        try:
            day = date.fromisoformat(request.path_params["day"])
        except ValueError:
            return _observed({"message": "The page you requested does not exist."}, status=404)
        if page is None or page < 1:
            return _observed({"message": "The page you requested does not exist."}, status=404)
        return _observed(site_documents.status_details(self._tasks, worker.persona.login, day, page))

    async def tasks(self, request: Request) -> Response:
        """The queue of accepted tasks; the personas' queues are empty."""
        worker = self._worker(request)
        if isinstance(worker, Response):
            return worker
        return _observed({"tasks": []})

    def _worker(self, request: Request) -> Worker | Response:
        login = self._sessions.get(request.cookies.get(_COOKIE, ""))
        if login is None:
            return RedirectResponse("/mturk/signin", status_code=302)
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.persona = login
        return WORKERS[login]


def _observed(body: Json, *, status: int = 200) -> Response:
    return JSONAnswer(body, status_code=status, headers={"X-Sandbox-Fidelity": "OBSERVED"})
