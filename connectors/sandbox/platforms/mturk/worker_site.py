"""The JSON that a signed-in worker's browser gets from the worker site, and that a worker may save and hand over."""

import secrets
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from connectors.sandbox.journal import CallNotes
from connectors.sandbox.pages import render
from connectors.sandbox.platforms.mturk.workers import ACCOUNTS, SITE_DAYS, WORKERS, Assignment, Tasks, Worker
from connectors.sandbox.world import World

__all__ = ["WorkerSite"]

Json = dict[str, Any]

_COOKIE = "mturk_worker_session"
_PAGE = 20


class WorkerSite:
    """Serves signed-in workers; a request without a session is redirected to the sign-in page."""

    def __init__(self, world: World, tasks: Tasks) -> None:
        self._world = world
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
        recent = self._tasks.on_site(worker.persona.login)
        shown = {item.id for item in recent}
        older = [item for item in self._tasks.for_own_requester(worker.persona.login) if item.id not in shown]
        every = older + recent
        approved = [item for item in every if item.state == "Approved"]
        rejected = sum(item.state == "Rejected" for item in every)
        decided = len(approved) + rejected
        earned = _earned(every)
        bonuses = round(sum(item.bonus for item in approved), 2)
        return _observed(
            {
                "available_earnings": _dollars(
                    round(sum(item.reward for item in recent if item.state == "Approved"), 2)
                ),
                "hits_overview": {
                    "approved": len(approved),
                    "approval_rate": round(100 * len(approved) / decided, 1) if decided else 0,
                    "pending": len(every) - decided,
                    "rejected": rejected,
                    "rejection_rate": round(100 * rejected / decided, 1) if decided else 0,
                },
                "earnings_to_date": {
                    "approved": earned,
                    "bonuses": bonuses,
                    "total_earnings": round(earned + bonuses, 2),
                },
                "earnings_by_period": {},
                "current_balance": 0,
                "balance_by_end_of_last_year": 0,
                "balance_by_end_of_year_before_last": 0,
                "reward_payment_balances": {"current_reward_payment_balance": _dollars(0)},
                "daily_hit_statistics_overview": [
                    _daily(day, items) for day, items in sorted(_by_day(recent).items(), reverse=True)
                ],
            }
        )

    async def status_details(self, request: Request) -> Response:
        """One day's assignments, twenty a page; an empty page ends them."""
        worker = self._worker(request)
        if isinstance(worker, Response):
            return worker
        page = request.query_params.get("page_number", "1")
        try:
            day = date.fromisoformat(request.path_params["day"])
        except ValueError:
            return _observed({"message": "The page you requested does not exist."}, status=404)
        if not page.isdecimal() or int(page) < 1:
            return _observed({"message": "The page you requested does not exist."}, status=404)
        if not 0 <= (self._world.started.date() - day) / timedelta(days=1) <= SITE_DAYS:
            return _observed({"num_results": 0, "total_num_results": 0, "results": []})
        items = [item for item in self._tasks.on_site(worker.persona.login) if item.day == day]
        shown = items[(int(page) - 1) * _PAGE : int(page) * _PAGE]
        return _observed(
            {
                "num_results": len(shown),
                "total_num_results": len(items),
                "results": [_detail(item) for item in shown],
            }
        )

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
    return JSONResponse(body, status_code=status, headers={"X-Sandbox-Fidelity": "OBSERVED"})


def _dollars(amount: float) -> Json:
    return {"amount_in_dollars": amount, "currency_code": "USD"}


def _earned(items: list[Assignment]) -> float:
    return round(sum(item.reward for item in items if item.state == "Approved"), 2)


def _by_day(items: list[Assignment]) -> dict[date, list[Assignment]]:
    days: dict[date, list[Assignment]] = {}
    for item in items:
        days.setdefault(item.day, []).append(item)
    return days


def _daily(day: date, items: list[Assignment]) -> Json:
    approved = [item for item in items if item.state == "Approved"]
    rewards = _earned(items)
    bonuses = round(sum(item.bonus for item in approved), 2)
    return {
        "date": f"{day}T00:00:00.000Z",
        "submitted": len(items),
        "approved": len(approved),
        "rejected": sum(item.state == "Rejected" for item in items),
        "pending": sum(item.state == "Submitted" for item in items),
        "hits_rewards": rewards,
        "bonus_rewards": bonuses,
        "earnings": round(rewards + bonuses, 2),
    }


def _detail(item: Assignment) -> Json:
    return {
        "hit_id": item.hit_id,
        "assignment_id": item.id,
        "title": item.title,
        "requester_id": f"A{item.requester}SANDBOXREQUESTER",
        "requester_name": item.requester_name,
        "reward": _dollars(item.reward),
        "state": "Pending" if item.state == "Submitted" else item.state,
        "requester_feedback": item.feedback,
    }
