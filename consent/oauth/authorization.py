"""From an actor's authorization request to the worker's answer.

    GET /oauth/authorize ──begin──► pending ──approve──► answered: grant + code, back to the actor
                                       │ ├───deny─────► answered: access_denied, back to the actor
                                       │ └── 30 min ──► expired
                                       └─ every screen and every answer reload the stored request by its handle

What is shown and what is decided are the same row, so nothing can be swapped between the two.
An answer is one conditional update: a double submit or the back button creates one grant.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from authlib.oauth2.base import OAuth2Error
from sqlalchemy import Connection, Engine, select, update
from starlette.datastructures import Headers

from consent.oauth.authorization_request import REQUEST_URI_PREFIX, keep_request, replaced_grant, validate_request
from consent.oauth.clients import RegisteredClient, load_client
from consent.oauth.code_flow import CodeFlow, ConsentGiven, GrantWriter
from consent.oauth.details import GigRequest, Item
from consent.oauth.machine_secrets import REQUEST_HANDLE, fingerprint, is_shaped
from consent.oauth.models import REQUESTS
from consent.oauth.parameters import Parameters
from consent.oauth.pkce import RequiredS256
from consent.oauth.server import ConsentServer, FormRequest, add_parameters
from consent.oauth.settings import OAuthSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request that waits for a worker's answer, which goes to `redirect_uri`."""

    handle: str
    client_id: str
    client_is_test: bool
    actor_id: str
    actor_name: str
    actor_legal_name: str
    redirect_uri: str
    request: GigRequest
    replaces: str | None
    """The grant that this one is to take the place of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack:
    """Send the browser to `location`: the actor's redirect URI with an answer or an error on it."""

    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotReturn:
    """The request is such that the browser must not be sent anywhere: tell the worker (RFC 6749 §4.1.2.1)."""

    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPending:
    """The handle is unknown, or its request was answered or is too old."""

    reason: Literal["unknown", "answered", "expired"]


class Authorizations:
    """The authorization endpoint's service. Synchronous: call it in a thread."""

    def __init__(self, engine: Engine, settings: OAuthSettings, grants: GrantWriter) -> None:
        self._engine = engine
        self._settings = settings
        self._grants = grants

    def begin(self, parameters: Parameters, headers: Headers) -> Pending | SendBack | CannotReturn:
        """Validate an authorization request and keep it, or find the one that was pushed before."""
        now = self._settings.clock()
        with self._engine.begin() as connection:
            server = self._server(connection, now)
            client = server.query_client(parameters.get("client_id", ""))
            if client is None:
                return CannotReturn(description="The application that sent you here is not registered.")
            if parameters.get("request_uri", "").startswith(REQUEST_URI_PREFIX):
                return self._find_pushed(connection, client, parameters["request_uri"], now)
            redirect_uri = parameters.get("redirect_uri", "")
            if not client.check_redirect_uri(redirect_uri):
                return CannotReturn(description="The application that sent you here named an address it does not own.")
            request = FormRequest("GET", parameters, headers, now)
            try:
                if client.is_fapi:
                    raise OAuth2Error(error="invalid_request", description="This client must push its requests.")
                resolved = validate_request(server, client, request)
            except OAuth2Error as error:
                return SendBack(location=self._error_location(redirect_uri, parameters, error))
            handle = keep_request(
                connection, client, request, resolved, now=now, lifetime=self._settings.request_lifetime
            )
            return _pending(handle, client, request.form, resolved)

    def load(self, handle: str) -> Pending | NotPending:
        """Return the request behind `handle` while it waits for an answer."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            return self._load(connection, handle, self._settings.clock())

    def approve(
        self,
        handle: str,
        *,
        worker_id: str,
        granted: Collection[Item],
        locale: str,
        notice_sha256: str,
        screen_sha256: str,
        amr: Sequence[str],
    ) -> SendBack | NotPending | CannotReturn:
        """Create the grant and its code, once. Raises `ValueError` for items that were not asked for, or none."""
        now = self._settings.clock()
        with self._engine.begin() as connection:
            pending = self._load(connection, handle, now)
            if isinstance(pending, NotPending):
                return pending
            chosen = frozenset(granted)
            if not chosen or not chosen <= pending.request.items:
                raise ValueError("granted must be some of the items asked for")
            consent = ConsentGiven(
                worker_id=worker_id,
                granted=chosen,
                refused=pending.request.items - chosen,
                purpose=pending.request.purpose,
                expires_at=pending.request.expires_at,
                locale=locale,
                notice_sha256=notice_sha256,
                screen_sha256=screen_sha256,
                amr=amr,
                replaces=pending.replaces,
            )
            return self._answer(connection, handle, now, worker_id, consent)

    def deny(self, handle: str) -> SendBack | NotPending | CannotReturn:
        """Answer `access_denied`."""
        now = self._settings.clock()
        with self._engine.begin() as connection:
            return self._answer(connection, handle, now, None, None)

    def _server(self, connection: Connection, now: datetime) -> ConsentServer:
        server = ConsentServer(connection, self._settings, now)
        server.register_grant(CodeFlow, [RequiredS256(required=True)])
        return server

    def _find_pushed(
        self, connection: Connection, client: RegisteredClient, request_uri: str, now: datetime
    ) -> Pending | CannotReturn:
        """Everything in the URL but `client_id` and `request_uri` is ignored (RFC 9126 §4)."""
        handle = request_uri.removeprefix(REQUEST_URI_PREFIX)
        presentable_until = connection.execute(
            select(REQUESTS.c.presentable_until).where(
                REQUESTS.c.handle_hash == fingerprint(handle), REQUESTS.c.client_id == client.client_id
            )
        ).scalar_one_or_none()
        pending = self._load(connection, handle, now)
        if presentable_until is None or presentable_until <= now or isinstance(pending, NotPending):
            return CannotReturn(description="This request is unknown, too old, or was answered. Please start again.")
        return pending

    def _error_location(self, redirect_uri: str, parameters: Parameters, error: Any) -> str:
        answer = {"error": error.error, "error_description": error.get_error_description()}
        if "state" in parameters:
            answer["state"] = parameters["state"]
        return add_parameters(redirect_uri, {**answer, "iss": self._settings.issuer})

    def _load(self, connection: Connection, handle: str, now: datetime) -> Pending | NotPending:
        if not is_shaped(handle, REQUEST_HANDLE):
            return NotPending(reason="unknown")
        row = connection.execute(select(REQUESTS).where(REQUESTS.c.handle_hash == fingerprint(handle))).one_or_none()
        if row is None:
            return NotPending(reason="unknown")
        if row.answered_at is not None:
            return NotPending(reason="answered")
        request = GigRequest.from_json(row.details)
        client = load_client(connection, row.client_id)
        if row.expires_at <= now or request.expires_at <= now or client is None or not client.is_live:
            return NotPending(reason="expired")
        if not client.check_redirect_uri(row.parameters["redirect_uri"]):
            return NotPending(reason="expired")
        return _pending(handle, client, row.parameters, request)

    def _answer(
        self, connection: Connection, handle: str, now: datetime, worker_id: str | None, consent: ConsentGiven | None
    ) -> SendBack | NotPending | CannotReturn:
        row = connection.execute(
            update(REQUESTS)
            .where(
                REQUESTS.c.handle_hash == fingerprint(handle),
                REQUESTS.c.answered_at.is_(None),
                REQUESTS.c.expires_at > now,
            )
            .values(answered_at=now)
            .returning(REQUESTS.c.parameters, REQUESTS.c.dpop_jkt)
        ).one_or_none()
        if row is None:
            found = self._load(connection, handle, now)
            return found if isinstance(found, NotPending) else NotPending(reason="answered")
        server = self._server(connection, now)
        request = FormRequest("POST", row.parameters, Headers(), now)
        request.consent, request.grant_writer, request.dpop_jkt = consent, self._grants, row.dpop_jkt
        response = server.create_authorization_response(
            request, grant_user=worker_id, grant=server.get_authorization_grant(request)
        )
        if response.location is None:
            connection.rollback()
            return CannotReturn(description="The application that sent you here may not ask any more.")
        return SendBack(location=response.location)


def _pending(handle: str, client: RegisteredClient, parameters: Parameters, request: GigRequest) -> Pending:
    return Pending(
        handle=handle,
        client_id=client.client_id,
        client_is_test=client.status == "test",
        actor_id=client.actor_id,
        actor_name=client.actor_name,
        actor_legal_name=client.actor_legal_name,
        redirect_uri=parameters["redirect_uri"],
        request=request,
        replaces=replaced_grant(parameters),
    )
