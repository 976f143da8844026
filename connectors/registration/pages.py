"""Registration as pages of the console: check, submit, test, approve, roll back, suspend; health and drift.

    /console/<organization>/connectors                        a platform's own; an operator's: what waits, and all
    /console/<organization>/connectors/check                  a text checked or submitted
    /console/<organization>/connectors/versions/<id>          one version; …/test, approve, reject, rollback
    /console/<organization>/connectors/platforms/<platform>   one platform; …/suspend, resume

Who somebody is, and what they may do, comes from outside, as the guard of forms does; nothing changes on GET.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.conformance import SandboxAccount
from connectors.conformance.samples import Sample
from connectors.pages import FormGuard, Pages, PickLanguage, mark
from connectors.registration.desk import OwnSandbox, Party, RegistrationDesk
from connectors.registration.people import NamesOf, tell
from connectors.registration.values import Refusal, Submission
from connectors.schema import Connector
from connectors.schema.sites import hosts_of

_MOST_FORM_BYTES = 600_000
_STATUS = {"VERSION_UNKNOWN": 404, "NOT_YOURS": 403}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Somebody in an organization, whose `name` is empty where they do not belong to it.

    `is_fresh` tells that they have proved lately who they are.
    """

    party: Party
    organization: str
    name: str
    is_fresh: bool


FindStanding = Callable[[Request, str], Awaitable["Standing | None"]]
"""Tells who a browser is in an organization: without any permission where they do not belong, None for a stranger."""

Handler = Callable[[Request, Standing], Awaitable[Response]]
FormHandler = Callable[[Request, Standing, Mapping[str, str]], Awaitable[Response]]


class RegistrationPages:
    """Builds the routes; `sign_in` and `assets` are paths of the other pages."""

    def __init__(
        self,
        desk: RegistrationDesk,
        *,
        standing: FindStanding,
        names_of: NamesOf,
        forms: FormGuard,
        language_of: PickLanguage,
        sign_in: str = "/sign-in",
        assets: str = "/assets",
    ) -> None:
        self._desk = desk
        self._standing = standing
        self._names_of = names_of
        self._forms = forms
        self._sign_in = sign_in
        self._pages = Pages("connectors.registration", forms, language_of, assets=assets)

    def routes(self) -> list[BaseRoute]:
        """Return the routes; mount them at the root."""
        base = "/console/{organization}/connectors"
        version, platform = f"{base}/versions/{{id:int}}", f"{base}/platforms/{{platform}}"
        posts: list[tuple[str, FormHandler, bool]] = [
            (f"{base}/check", self._check, False),
            (f"{version}/test", self._test, False),
            (f"{version}/approve", self._approve, True),
            (f"{version}/reject", self._reject, True),
            (f"{version}/rollback", self._roll_back, True),
            (f"{platform}/suspend", self._suspend, True),
            (f"{platform}/resume", self._resume, True),
        ]
        return [
            Route(base, self._page(self._overview), methods=["GET"]),
            Route(version, self._page(self._version), methods=["GET"]),
            Route(platform, self._page(self._platform), methods=["GET"]),
            *(Route(path, self._form(handler, fresh=fresh), methods=["POST"]) for path, handler, fresh in posts),
        ]

    async def _overview(self, request: Request, standing: Standing) -> Response:
        return await self._show_overview(request, standing)

    async def _show_overview(
        self, request: Request, standing: Standing, *, status: int = 200, **values: Any
    ) -> Response:
        party, registration = standing.party, self._desk.registration
        names = await asyncio.to_thread(registration.platforms) if party.platform is None else [party.platform]
        return await self._render(
            request,
            standing,
            "overview.html",
            status=status,
            versions=[each.version for each in await self._desk.versions(party, None)],
            health=[await asyncio.to_thread(self._desk.observer.health, name) for name in names],
            suspended=await asyncio.to_thread(registration.suspended),
            **{"checked": None, "refusal": None, "mapped": (), "form": {}, **values},
        )

    async def _check(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        sdl = form.get("sdl", "").replace("\r\n", "\n")
        if form.get("do") == "submit":
            outcome = await self._desk.submit(standing.party, sdl)
            if isinstance(outcome, Submission):
                return self._go(standing, f"/versions/{outcome.version_id}")
            return await self._show_overview(request, standing, status=422, form=form, refusal=outcome)
        answer = form.get("answer", "").strip()
        samples = [Sample(connect=form.get("connect", "").strip(), body=answer.encode())] if answer else []
        checked, mapped = await self._desk.check(sdl, samples)
        status = 200 if checked.refusal is None else 422
        return await self._show_overview(
            request, standing, status=status, form=form, checked=checked, refusal=checked.refusal, mapped=mapped
        )

    async def _version(self, request: Request, standing: Standing) -> Response:
        return await self._show_version(request, standing, request.path_params["id"])

    async def _show_version(
        self, request: Request, standing: Standing, version_id: int, refusal: Refusal | None = None
    ) -> Response:
        registration = self._desk.registration
        placed = await self._desk.version(standing.party, version_id)
        if placed is None:
            return await self._missing(request, standing)
        version = placed.version
        sdl = await asyncio.to_thread(registration.sdl, version_id) or ""
        history = await asyncio.to_thread(registration.history, version.platform)
        checked = None
        if version.status in ("SUBMITTED", "TESTED", "FAILED"):
            checked = await asyncio.to_thread(registration.compare, sdl)
        connector = checked.connector if checked is not None else None
        own = [each for each in history if each.version_id == version_id]
        run = await asyncio.to_thread(self._desk.run_state, version_id)
        return await self._render(
            request,
            standing,
            "version.html",
            status=200 if refusal is None else _STATUS.get(refusal.code, 422),
            version=version,
            sdl=sdl,
            hosts=hosts_of(connector.definition) if isinstance(connector, Connector) else [],
            history=own,
            checked=checked,
            loading=placed.loading,
            is_testing=run == "RUNNING",
            is_lost=run == "LOST",
            is_simulated=self._desk.is_simulated(version.platform),
            refusal=refusal,
        )

    async def _test(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        sandbox = None
        if form.get("url", "").strip():
            account = SandboxAccount(
                access_token=form.get("access_token", "").strip(),
                refresh_token=form.get("refresh_token", "").strip() or None,
            )
            sandbox = OwnSandbox(url=form["url"].strip(), account=account)
        version_id = request.path_params["id"]
        return await self._decided(request, standing, await self._desk.test(standing.party, version_id, sandbox))

    async def _approve(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        outcome = await self._desk.approve(standing.party, request.path_params["id"])
        return await self._decided(request, standing, outcome)

    async def _reject(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        reason = form.get("reason", "").strip()[:500] or "no reason given"
        outcome = await self._desk.reject(standing.party, request.path_params["id"], reason)
        return await self._decided(request, standing, outcome)

    async def _roll_back(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        outcome = await self._desk.roll_back(standing.party, request.path_params["id"])
        return await self._decided(request, standing, outcome)

    async def _decided(self, request: Request, standing: Standing, refusal: Refusal | None) -> Response:
        version_id = request.path_params["id"]
        if refusal is not None:
            return await self._show_version(request, standing, version_id, refusal)
        return self._go(standing, f"/versions/{version_id}")

    async def _platform(self, request: Request, standing: Standing) -> Response:
        return await self._show_platform(request, standing)

    async def _show_platform(
        self, request: Request, standing: Standing, refusal: Refusal | None = None, told: str | None = None
    ) -> Response:
        name, registration, observer = request.path_params["platform"], self._desk.registration, self._desk.observer
        placed = await self._desk.versions(standing.party, name)
        if not placed:
            return await self._missing(request, standing)
        return await self._render(
            request,
            standing,
            "platform.html",
            status=200 if refusal is None else _STATUS.get(refusal.code, 422),
            platform=name,
            versions=[each.version for each in placed],
            health=await asyncio.to_thread(observer.health, name),
            drift=await asyncio.to_thread(observer.drift, name),
            processes=await asyncio.to_thread(observer.processes),
            history=await asyncio.to_thread(registration.history, name),
            is_suspended=name in await asyncio.to_thread(registration.suspended),
            refusal=refusal,
            told=told,
        )

    async def _suspend(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        reason = form.get("reason", "").strip()[:500] or "no reason given"
        outcome = await self._desk.suspend(standing.party, request.path_params["platform"], reason)
        if isinstance(outcome, Refusal):
            return await self._show_platform(request, standing, outcome)
        told = {
            "confirmed": mark("Suspended: nothing reads this platform any more."),
            "stopping": mark("Suspended: nothing new is read; a process has not yet said that it is done."),
        }
        return await self._show_platform(request, standing, told=told[outcome.status])

    async def _resume(self, request: Request, standing: Standing, form: Mapping[str, str]) -> Response:
        refusal = await self._desk.resume(standing.party, request.path_params["platform"])
        return await self._show_platform(
            request, standing, refusal, None if refusal else mark("Read again, as granted.")
        )

    def _page(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            standing = await self._standing(request, request.path_params["organization"])
            if standing is None:
                return self._to_sign_in(request)
            if "read" not in standing.party.permissions:
                return await self._missing(request, standing)
            return await handler(request, standing)

        return handle

    def _form(self, handler: FormHandler, *, fresh: bool) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            standing = await self._standing(request, request.path_params["organization"])
            if standing is None:
                return self._to_sign_in(request)
            if "read" not in standing.party.permissions:
                return await self._missing(request, standing)
            length = request.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > _MOST_FORM_BYTES:
                return await self._message(request, standing, mark("The form is too long."), 413)
            async with request.form(max_files=0, max_fields=20, max_part_size=_MOST_FORM_BYTES) as form:
                filled = {name: value for name, value in form.items() if isinstance(value, str)}
            problem = self._forms.problem(request, filled.get("csrf"))
            if problem is not None:
                return await self._message(request, standing, problem, 403)
            if fresh and not standing.is_fresh:
                return self._to_sign_in(request, again=True)
            return await handler(request, standing, filled)

        return handle

    async def _render(
        self, request: Request, standing: Standing, template: str, *, status: int = 200, **values: Any
    ) -> Response:
        base = f"/console/{quote(standing.organization, safe='')}"
        steps = {each.submitted_by for each in (*values.get("versions", ()), *filter(None, [values.get("version")]))}
        steps |= {each.by for each in values.get("history", ())}
        is_operator = standing.party.is_operator
        who = await asyncio.to_thread(tell, steps, self._names_of, is_operator=is_operator)
        return await self._pages.page(
            request,
            template,
            status=status,
            standing=standing,
            party=standing.party,
            console=base,
            base=f"{base}/connectors",
            who=who,
            **values,
        )

    async def _message(self, request: Request, standing: Standing, message: str, status: int) -> Response:
        return await self._render(request, standing, "message.html", status=status, message=message)

    async def _missing(self, request: Request, standing: Standing) -> Response:
        return await self._message(request, standing, mark("There is no such thing here, or it is not yours."), 404)

    def _go(self, standing: Standing, path: str) -> Response:
        base = f"/console/{quote(standing.organization, safe='')}/connectors"
        return RedirectResponse(base + path, 303, headers={"Cache-Control": "no-store"})

    def _to_sign_in(self, request: Request, *, again: bool = False) -> Response:
        path = request.url.path if request.method == "GET" else request.url.path.rpartition("/")[0]
        location = f"{self._sign_in}?next={quote(path, safe='/')}{'&again=1' if again else ''}"
        return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
