"""Where people come in: their organizations, registering another, opening an invitation."""

from __future__ import annotations

import json
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.console.members import ConsoleError
from consent.console.pages.guard import ConsoleGuard, go
from consent.console.pages.services import ConsoleServices
from consent.console.wording import problem_text
from consent.oauth.registration_rules import RegistrationError
from consent.pages.guard import FormFields, first
from consent.signin.sessions import SignedIn
from consent.signin.throttle import reserve_attempt

_KINDS = ("actor", "platform")
_FIELDS = ("name", "contact", "redirect_uris", "jwks", "platform")


class StartPages:
    """`/console`, `/console/new/<kind>`, `/console/invitations/<secret>`."""

    def __init__(self, services: ConsoleServices, guard: ConsoleGuard) -> None:
        self._services = services
        self._guard = guard

    async def show(self, request: Request, person: SignedIn) -> Response:
        """Show the person's organizations, and what can be registered."""
        found = await self._services.members.of_request(request)
        return self._guard.page(request, "console_start.html", person, None, memberships=found)

    async def ask(self, request: Request, person: SignedIn) -> Response:
        """Show the form of a new organization."""
        return self._form(request, person, {})

    async def register(self, request: Request, person: SignedIn, fields: FormFields) -> Response:
        """Make the organization, and show an actor's first client with its secret, this once."""
        services, kind = self._services, request.path_params["kind"]
        given = {name: first(fields, name).strip() for name in _FIELDS}
        if kind not in _KINDS:
            return self._guard.not_found(request, person)
        address = request.client.host if request.client is not None else ""
        reserve = partial(reserve_attempt, services.engine, services.sign_in, f"register {person.worker_id}", address)
        if not await run_in_threadpool(reserve):
            return self._form(request, person, given, code="TOO_OFTEN", status=429)
        try:
            if kind == "platform":
                made = await run_in_threadpool(
                    partial(
                        services.organizations.register_platform,
                        person.worker_id,
                        name=given["name"],
                        platform=given["platform"],
                    )
                )
                return go(f"/console/{made.organization_id}")
            made = await run_in_threadpool(
                partial(
                    services.organizations.register_actor,
                    person.worker_id,
                    name=given["name"],
                    contact=given["contact"],
                    redirect_uris=given["redirect_uris"].split(),
                    jwks=read_keys(given["jwks"]),
                )
            )
        except (ConsoleError, RegistrationError) as error:
            return self._form(request, person, given, code=error.code, status=422)
        member = next(
            each
            for each in await run_in_threadpool(services.members.of_person, person.worker_id)
            if each.organization_id == made.organization_id
        )
        return self._guard.page(
            request, "console_secret.html", person, member, client=made.client, issuer=services.issuer, is_new=True
        )

    async def invitation(self, request: Request, person: SignedIn) -> Response:
        """Show what an invitation is to."""
        found = await run_in_threadpool(self._services.invitations.find, request.path_params["secret"])
        status = 200 if found is not None else 404
        return self._guard.page(
            request, "console_invitation.html", person, None, invitation=found, status=status, problem=None
        )

    async def accept(self, request: Request, person: SignedIn, fields: FormFields) -> Response:
        """Use an invitation up."""
        services, secret = self._services, request.path_params["secret"]
        try:
            organization_id = await run_in_threadpool(services.invitations.accept, secret, person.worker_id)
        except ConsoleError as error:
            found = await run_in_threadpool(services.invitations.find, secret)
            problem = problem_text(error.code)
            return self._guard.page(
                request, "console_invitation.html", person, None, invitation=found, status=422, problem=problem
            )
        if organization_id is None:
            return self._guard.page(
                request, "console_invitation.html", person, None, invitation=None, status=404, problem=None
            )
        return go(f"/console/{organization_id}")

    def _form(
        self, request: Request, person: SignedIn, given: dict[str, str], *, code: str | None = None, status: int = 200
    ) -> Response:
        kind = request.path_params["kind"]
        if kind not in _KINDS:
            return self._guard.not_found(request, person)
        return self._guard.page(
            request,
            f"console_new_{kind}.html",
            person,
            None,
            given={name: given.get(name, "") for name in _FIELDS},
            problem=None if code is None else problem_text(code),
            status=status,
        )


def read_keys(text: str) -> dict[str, object] | None:
    """Return a JSON Web Key Set that was typed or pasted; None for nothing. Raises `RegistrationError`."""
    if not text.strip():
        return None
    try:
        keys = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise RegistrationError("KEYS_INVALID", "Give a JSON Web Key Set: an object with a list of keys.")
    return keys
