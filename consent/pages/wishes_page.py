"""*What I want of work*: where, how much, for what pay, which kinds not. Who may find the worker ranks by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.pages.guard import FormFields, Guard, first
from consent.pages.rendering import Renderer
from consent.signin.sessions import SignedIn

FIELDS: Final = ("place", "farthest_km", "remote", "hours_per_week", "least_pay", "currency", "unwanted")
_LONGEST: Final = 4_000


class WishBook(Protocol):
    """Where workers' wishes are kept: the skill graph's part, met structurally. Fields are text, as people write it."""

    def of(self, worker_id: str) -> Mapping[str, str]:
        """Return a worker's wishes by field; `looking` is `yes` or nothing."""
        ...

    def save(self, worker_id: str, fields: Mapping[str, str]) -> str | None:
        """Replace them; when something is wrong nothing is changed, and the field that is wrong is returned."""
        ...

    def kept(self, worker_id: str) -> Sequence[Mapping[str, Any]]:
        """Return all that is kept so that others can find the worker, by grant."""
        ...

    def cities(self) -> Sequence[str]:
        """Return the cities that distances are known between."""
        ...


class WishesPage:
    """`/me/wishes`."""

    def __init__(self, wishes: WishBook, renderer: Renderer, guard: Guard) -> None:
        self._wishes = wishes
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show the form as it stands."""
        fields = await run_in_threadpool(self._wishes.of, worker.worker_id)
        return self._page(request, worker, fields, is_saved=request.query_params.get("done") == "saved")

    async def save(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Save the form, or show it again with what is wrong."""
        given = {name: first(fields, name)[:_LONGEST].strip() for name in (*FIELDS, "looking")}
        problem = await run_in_threadpool(self._wishes.save, worker.worker_id, given)
        if problem is not None:
            return self._page(request, worker, given, problem=problem, status=422)
        return RedirectResponse("/me/wishes?done=saved", 303)

    def _page(
        self,
        request: Request,
        worker: SignedIn,
        fields: Mapping[str, str],
        *,
        is_saved: bool = False,
        problem: str | None = None,
        status: int = 200,
    ) -> Response:
        return self._renderer.page(
            request,
            "wishes.html",
            signed_in=worker,
            status=status,
            wishes=fields,
            cities=self._wishes.cities(),
            is_saved=is_saved,
            problem=problem,
        )
