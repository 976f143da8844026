"""Clients of an organization: list, one of them, make, change, rotate its secret, its keys, disable."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.console.clients import ClientView
from consent.console.members import ConsoleError, Membership
from consent.console.pages.guard import ConsoleGuard, go
from consent.console.pages.services import ConsoleServices
from consent.console.pages.start import read_keys
from consent.console.roles import ROLES
from consent.console.wording import problem_text
from consent.oauth.client_registry import NewClient
from consent.oauth.registration_rules import RegistrationError
from consent.pages.guard import FormFields, first
from consent.signin.sessions import SignedIn

_FIELDS = ("name", "redirect_uris", "event_push_url", "jwks", "role", "environment", "profile")


class ClientPages:
    """`/console/<organization>/clients…`."""

    def __init__(self, services: ConsoleServices, guard: ConsoleGuard) -> None:
        self._services = services
        self._guard = guard

    async def show(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """List the clients."""
        return await self._list(request, person, member)

    async def create(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Make a client and show its secret, this once."""
        given = {name: first(fields, name).strip() for name in _FIELDS}
        try:
            made = await run_in_threadpool(self._create, member, given)
        except (ConsoleError, RegistrationError) as error:
            return await self._list(request, person, member, given=given, code=error.code)
        return self._secret(request, person, member, made, is_new=True)

    async def one(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show one client."""
        return await self._one(request, person, member)

    async def change(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Change a client's name and addresses."""
        call = partial(
            self._services.clients.change,
            member,
            _client_of(request),
            name=first(fields, "name").strip(),
            redirect_uris=first(fields, "redirect_uris").split(),
            event_push_url=first(fields, "event_push_url").strip(),
        )
        return await self._do(request, person, member, call)

    async def rotate(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Give a client a new secret, and show it, this once."""
        made = await run_in_threadpool(
            partial(
                self._services.clients.rotate_secret,
                member,
                _client_of(request),
                at_once=first(fields, "at_once") == "1",
            )
        )
        return self._secret(request, person, member, made, is_new=False)

    async def add_keys(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Add public keys."""
        try:
            keys = read_keys(first(fields, "jwks")) or {}
        except RegistrationError as error:
            return await self._one(request, person, member, code=error.code)
        return await self._do(
            request, person, member, partial(self._services.clients.add_keys, member, _client_of(request), keys)
        )

    async def remove_key(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Remove one of several keys."""
        call = partial(self._services.clients.remove_key, member, _client_of(request), first(fields, "kid"))
        return await self._do(request, person, member, call)

    async def disable(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """End a client, and say whether everything that it read has stopped."""
        stopped = await self._services.clients.disable(member, _client_of(request))
        return await self._one(request, person, member, stopped=stopped.status)

    async def registration_token(
        self, request: Request, person: SignedIn, member: Membership, fields: FormFields
    ) -> Response:
        """Make an initial access token for dynamic client registration, and show it, this once."""
        organization = await run_in_threadpool(self._services.organizations.find, member.organization_id)
        if organization is None or organization.test is None:
            return self._guard.not_found(request, person)
        token = await run_in_threadpool(
            self._services.registration_tokens.create,
            organization.test.id,
            member.organization_id,
            member.person_id,
        )
        return await self._list(request, person, member, token=token)

    def _create(self, member: Membership, given: dict[str, str]) -> NewClient:
        keys = read_keys(given["jwks"])
        if member.kind != "actor":
            return self._services.clients.create_machine(member, name=given["name"], role=given["role"], jwks=keys)
        return self._services.clients.create(
            member,
            given["environment"],
            name=given["name"],
            redirect_uris=given["redirect_uris"].split(),
            event_push_url=given["event_push_url"],
            profile="fapi2" if given["profile"] == "fapi2" else "baseline",
            jwks=keys,
        )

    async def _do(self, request: Request, person: SignedIn, member: Membership, call: partial[None]) -> Response:
        try:
            await run_in_threadpool(call)
        except (ConsoleError, RegistrationError) as error:
            return await self._one(request, person, member, code=error.code)
        return go(f"/console/{member.organization_id}/clients/{_client_of(request)}")

    async def _list(
        self,
        request: Request,
        person: SignedIn,
        member: Membership,
        *,
        given: dict[str, str] | None = None,
        code: str | None = None,
        token: str | None = None,
    ) -> Response:
        services = self._services
        return self._guard.page(
            request,
            "console_clients.html",
            person,
            member,
            status=200 if code is None else 422,
            clients=await run_in_threadpool(services.clients.of, member.organization_id),
            organization=await run_in_threadpool(services.organizations.find, member.organization_id),
            roles=ROLES[member.kind],
            given={name: (given or {}).get(name, "") for name in _FIELDS},
            problem=None if code is None else problem_text(code),
            token=token,
            issuer=services.issuer,
        )

    async def _one(
        self,
        request: Request,
        person: SignedIn,
        member: Membership,
        *,
        code: str | None = None,
        stopped: str | None = None,
    ) -> Response:
        found: ClientView | None = None
        if "\0" not in _client_of(request):
            found = await run_in_threadpool(self._services.clients.find, member.organization_id, _client_of(request))
        if found is None:
            return self._guard.not_found(request, person)
        return self._guard.page(
            request,
            "console_client.html",
            person,
            member,
            status=200 if code is None else 422,
            client=found,
            problem=None if code is None else problem_text(code),
            stopped=stopped,
        )

    def _secret(
        self, request: Request, person: SignedIn, member: Membership, made: NewClient, *, is_new: bool
    ) -> Response:
        return self._guard.page(
            request,
            "console_secret.html",
            person,
            member,
            client=made,
            issuer=self._services.issuer,
            is_new=is_new,
        )


def _client_of(request: Request) -> str:
    return str(request.path_params["client"])
