"""*My skills and paths*: what the worker's gigs show they can do, what is near, and the way to a goal they choose."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from consent.pages.preview import ReadOwn
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.pages.skills import goal_of, read_skills, skills_query
from consent.signin.sessions import SignedIn


class SkillsPage:
    """`/me/skills`. It reads the linked platforms, as the worker, each time it is opened; nothing of it is kept."""

    def __init__(self, services: PagesServices, renderer: Renderer, read_own: ReadOwn) -> None:
        self._services = services
        self._renderer = renderer
        self._read_own = read_own

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show skills and openings, and with `?goal=` the way there."""
        chosen = request.query_params.get("goal", "")
        goal = goal_of(chosen)
        query, variables = skills_query(goal, self._renderer.locale_of(request, worker))
        answer = await self._read_own(worker.worker_id, query, variables)
        try:
            accounts = await self._services.linked_accounts.of_worker(worker.worker_id)
            response = self._renderer.page(
                request,
                "skills.html",
                signed_in=worker,
                own=read_skills(answer),
                chosen=chosen if goal is not None else "",
                has_accounts=any(account.health != "not_linked" for account in accounts),
                names=self._services.oauth.platforms(),
                has_wishes=self._services.wishes is not None,
            )
        except BaseException:
            await answer.acknowledge()
            raise
        response.background = BackgroundTask(answer.acknowledge)
        return response
