"""The HTTP side of linking: pages that need no JavaScript, forms protected by the signed-in session's own guard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.environment import Environment
from connectors.linking.service import CodeSent, Linked, LinkingService, LinkProblem, Redirect, unknown_platform
from connectors.pages import FormGuard, Pages, PickLanguage, mark
from connectors.schema import Connector
from connectors.schema.definition import (
    EmailProof,
    Linking,
    MessageProof,
    OAuth2Linking,
    TakeoutLinking,
    TokenLinking,
)
from connectors.takeout.unpack import MOST_UPLOAD_BYTES

_MOST_FORM_BYTES = 65_536
_STATUS = {
    "PLATFORM_UNKNOWN": 404,
    "LINKED_TO_ANOTHER_WORKER": 409,
    "TOO_MANY_CODES": 429,
    "PLATFORM_FAILED": 502,
}


class _Form(dict[str, str]):
    """The text fields of a form, and its file if there is one."""

    upload: bytes = b""
    file_name: str = ""


CurrentWorker = Callable[[Request], Awaitable[str | None]]
"""Tells the worker who is signed in, by id, or None."""


class LinkingRoutes:
    """Builds the routes under `/link`.

    `public_url` is where browsers reach Gigway. `sign_in` and `home` are paths of the worker's pages: where to sign in
    first, and where to go afterwards. `assets` is where their `gigway.css` and `gigway.svg` are.
    """

    def __init__(
        self,
        service: LinkingService,
        environment: Environment,
        *,
        current_worker: CurrentWorker,
        forms: FormGuard,
        language_of: PickLanguage,
        public_url: str,
        sign_in: str = "/sign-in",
        home: str = "/me",
        assets: str = "/assets",
    ) -> None:
        self._service = service
        self._environment = environment
        self._current_worker = current_worker
        self._forms = forms
        self._public_url = public_url.rstrip("/")
        self._sign_in = sign_in
        self._home = home
        self._pages = Pages("connectors.linking", forms, language_of, assets=assets)

    def routes(self) -> list[BaseRoute]:
        """Return the routes; mount them at the root."""
        return [
            Route("/link/unlink", self._unlink, methods=["POST"]),
            Route("/link/{platform}", self._explain, methods=["GET"]),
            Route("/link/{platform}", self._start, methods=["POST"]),
            Route("/link/{platform}/prove", self._prove, methods=["POST"]),
            Route("/link/{platform}/callback", self._callback, methods=["GET"]),
        ]

    async def _explain(self, request: Request) -> Response:
        worker_id = await self._current_worker(request)
        if worker_id is None:
            return self._to_sign_in(request)
        connector = self._service.connector(request.path_params["platform"])
        if connector is None:
            return await self._problem(request, unknown_platform())
        return await self._page(request, connector)

    async def _start(self, request: Request) -> Response:
        worker_id = await self._current_worker(request)
        if worker_id is None:
            return self._to_sign_in(request)
        platform = request.path_params["platform"]
        form = await self._form(request)
        if isinstance(form, Response):
            return form
        return_to = local_path(form.get("return_to"))
        connector = self._service.connector(platform)
        method = connector.definition.linking.method if connector is not None else None
        outcome: Redirect | Linked | CodeSent | LinkProblem
        if isinstance(method, TakeoutLinking):
            outcome = await self._service.finish_with_upload(
                platform, form.upload, form.file_name, worker_id=worker_id, return_to=return_to
            )
        elif isinstance(method, TokenLinking):
            outcome = await self._service.finish_with_token(
                platform, form.get("value", "").strip(), worker_id=worker_id, return_to=return_to
            )
        elif connector is not None and connector.definition.linking.reads_as_gigway:
            outcome = await self._service.begin_with_claim(
                platform,
                form.get("value", ""),
                worker_id=worker_id,
                return_to=return_to,
                translate=await self._pages.translate_for(request),
            )
        else:
            outcome = await self._service.begin(
                platform, worker_id=worker_id, redirect_uri=self._callback_url(platform), return_to=return_to
            )
        match outcome:
            case Redirect(url=url):
                return RedirectResponse(url, status_code=303, headers={"Referrer-Policy": "no-referrer"})
            case Linked(return_to=back):
                return RedirectResponse(back or self._home, status_code=303)
            case CodeSent(claim_id=claim_id) if connector is not None:
                return await self._code_page(request, connector, claim_id)
            case LinkProblem():
                return await self._problem(request, outcome)
            case _:
                return await self._problem(request, unknown_platform())

    async def _prove(self, request: Request) -> Response:
        worker_id = await self._current_worker(request)
        if worker_id is None:
            return self._to_sign_in(request)
        form = await self._form(request)
        if isinstance(form, Response):
            return form
        platform, claim_id = request.path_params["platform"], form.get("claim_id", "")
        outcome = await self._service.finish_with_code(platform, claim_id, form.get("code", ""), worker_id=worker_id)
        connector = self._service.connector(platform)
        if isinstance(outcome, Linked):
            return RedirectResponse(outcome.return_to or self._home, status_code=303)
        if outcome.code == "WRONG_CODE" and connector is not None:
            return await self._code_page(request, connector, claim_id, outcome)
        return await self._problem(request, outcome)

    async def _callback(self, request: Request) -> Response:
        worker_id = await self._current_worker(request)
        if worker_id is None:
            return self._to_sign_in(request)
        platform = request.path_params["platform"]
        outcome = await self._service.finish(
            platform,
            dict(request.query_params),
            worker_id=worker_id,
            redirect_uri=self._callback_url(platform),
        )
        if isinstance(outcome, LinkProblem):
            return await self._problem(request, outcome)
        return RedirectResponse(
            outcome.return_to or self._home, status_code=303, headers={"Referrer-Policy": "no-referrer"}
        )

    async def _unlink(self, request: Request) -> Response:
        worker_id = await self._current_worker(request)
        if worker_id is None:
            return self._to_sign_in(request)
        form = await self._form(request)
        if isinstance(form, Response):
            return form
        await self._service.unlink(form.get("account_id", ""), worker_id=worker_id)
        return RedirectResponse(local_path(form.get("return_to")) or self._home, status_code=303)

    async def _form(self, request: Request) -> _Form | Response:
        """Read a form and check where it comes from."""
        length = request.headers.get("content-length", "")
        has_file = request.headers.get("content-type", "").startswith("multipart/")
        most = MOST_UPLOAD_BYTES + _MOST_FORM_BYTES if has_file else _MOST_FORM_BYTES
        if not length.isdecimal() or int(length) > most:
            return await self._refused(request, mark("The form is too long."), 413)
        async with request.form(max_files=1, max_fields=20) as form:
            filled = _Form({name: value for name, value in form.items() if isinstance(value, str)})
            file = form.get("file")
            if isinstance(file, UploadFile):
                filled.upload, filled.file_name = await file.read(), file.filename or ""
        problem = self._forms.problem(request, filled.get("csrf"))
        return filled if problem is None else await self._refused(request, problem, 403)

    async def _page(self, request: Request, connector: Connector) -> Response:
        platform, linking = connector.definition.platform, connector.definition.linking
        method = linking.method
        targets = ["'self'"]
        if isinstance(method, OAuth2Linking):
            authorize = urlsplit(self._environment.url(platform.name, method.authorization_endpoint))
            targets.append(f"{authorize.scheme}://{authorize.netloc}")
        registration = self._environment.registration(platform.name)
        translate = await self._pages.translate_for(request)
        return await self._pages.page(
            request,
            "link.html",
            form_targets=" ".join(targets),
            home=self._home,
            platform=platform,
            simulated=self._environment.sandbox_url is not None,
            words=translate(words_for(linking)).format(name=platform.display_name),
            label=label_for(linking),
            has_code=linking.proof is not None,
            is_email=isinstance(linking.proof, EmailProof),
            holder=linking.holder,
            agreed_by=registration.agreed_by if registration is not None else None,
            agreed_on=registration.agreed_on if registration is not None else None,
            instructions=method.instructions if isinstance(method, TakeoutLinking) else None,
            return_to=local_path(request.query_params.get("return_to")) or "",
        )

    async def _code_page(
        self, request: Request, connector: Connector, claim_id: str, problem: LinkProblem | None = None
    ) -> Response:
        return await self._pages.page(
            request,
            "prove.html",
            status=200 if problem is None else 400,
            home=self._home,
            platform=connector.definition.platform,
            by_mail=isinstance(connector.definition.linking.proof, EmailProof),
            claim_id=claim_id,
            problem=problem.text(await self._pages.translate_for(request)) if problem is not None else None,
        )

    async def _problem(self, request: Request, problem: LinkProblem) -> Response:
        message = problem.text(await self._pages.translate_for(request))
        return await self._show(request, message, _STATUS.get(problem.code, 400))

    async def _refused(self, request: Request, message: str, status: int) -> Response:
        translate = await self._pages.translate_for(request)
        return await self._show(request, translate(message), status)

    async def _show(self, request: Request, message: str, status: int) -> Response:
        return await self._pages.page(request, "problem.html", status=status, home=self._home, message=message)

    def _callback_url(self, platform: str) -> str:
        return f"{self._public_url}/link/{platform}/callback"

    def _to_sign_in(self, request: Request) -> Response:
        return RedirectResponse(self._sign_in, status_code=303)


def words_for(linking: Linking) -> str:
    """Return what will happen, for the worker; `{name}` stands for the platform."""
    match linking.proof, linking.method:
        case EmailProof(), _:
            return mark(
                "{name} lets this Gigway read the record that it keeps under your e-mail address. "
                "You get a code by mail, so that nobody else can link it."
            )
        case MessageProof(), _:
            return mark(
                "{name} lets this Gigway read the record that you name here. "
                "You get a message with a code there, so that nobody else can link it."
            )
        case _, TokenLinking():
            return mark("{name} gives you a token that lets Gigway read your record.")
        case _, TakeoutLinking():
            return mark("You upload the export of your own data that the platform gave you. It is kept encrypted.")
        case _:
            return mark("You will be sent to {name}, sign in there and allow it. Gigway never sees your password.")


def label_for(linking: Linking) -> str | None:
    """Return what the worker is asked for, if anything."""
    method = linking.method
    if isinstance(method, TokenLinking):
        return method.label
    return None if isinstance(method, OAuth2Linking | TakeoutLinking) else method.reference


def local_path(path: str | None) -> str | None:
    """Return `path` if it leads to a page of this site and nowhere else, else None."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > 500:
        return None
    return path if path.isprintable() and "\\" not in path else None
