"""From an actor's authorization request to the worker's answer.

    GET /oauth/authorize ──begin──► pending ──approve──► answered: grant + code, back to the actor
                                       │ ├───deny─────► answered: access_denied, back to the actor
                                       │ └── 30 min ──► expired
                                       └─ every screen and every answer reload the stored request by its handle

What is shown and what is decided are the same row, so nothing can be swapped between the two.
An answer is one conditional update: a double submit or the back button creates one grant.

A request may also be addressed to one worker and wait in their inbox (`consent.inbox`). Nobody else can open it, and
it is named by its id there as well as by its handle. Without a redirect URI nothing but the answer is kept: the actor
asks for it, or is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from authlib.oauth2.base import OAuth2Error
from sqlalchemy import Connection, Engine, Row, select, update
from sqlmodel import col
from starlette.datastructures import Headers

from consent.inbox.answers import RequestClosedError, grant_request, refuse_request
from consent.inbox.models import ConsentRequest
from consent.oauth.authorization_request import REQUEST_URI_PREFIX, keep_request, replaced_grant, validate_request
from consent.oauth.clients import ActorFacts, RegisteredClient, load_client
from consent.oauth.code_flow import CodeFlow, ConsentGiven, GrantWriter, write_grant
from consent.oauth.details import GigRequest, Item
from consent.oauth.machine_secrets import REQUEST_HANDLE, fingerprint, is_shaped
from consent.oauth.models import REQUESTS
from consent.oauth.parameters import Parameters
from consent.oauth.pkce import RequiredS256
from consent.oauth.server import ConsentServer, FormRequest, add_parameters
from consent.oauth.settings import OAuthSettings

_ID_LENGTH: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request that waits for a worker's answer, which goes to `redirect_uri` if there is one.

    `asked` is its id in the inbox of the one worker who may answer it.
    """

    handle: str
    client_id: str
    actor: ActorFacts
    redirect_uri: str | None
    request: GigRequest
    replaces: str | None
    """The grant that this one is to take the place of."""
    asked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack:
    """Send the browser to `location`: the actor's redirect URI with an answer or an error on it."""

    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer is kept, and there is nowhere to go: with which grant, or None for a refusal."""

    grant_id: str | None


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
            if client is None or client.actor is None:
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
                connection,
                client.client_id,
                request.form,
                resolved,
                now=now,
                until=now + self._settings.request_lifetime,
                dpop_jkt=request.dpop_jkt,
            )
            return _pending(handle, client, client.actor, request.form, resolved)

    def load(self, name: str, worker_id: str | None = None) -> Pending | NotPending:
        """Return the request behind `name` while it waits for the answer of `worker_id`.

        `name` is a handle, or the id of a request in an inbox. To all but its worker an addressed one is unknown.
        """
        with self._engine.execution_options(read_only=True).connect() as connection:
            return self._load_for(connection, name, worker_id, self._settings.clock())

    def approve(
        self,
        name: str,
        *,
        worker_id: str,
        granted: Collection[Item],
        locale: str,
        notice_sha256: str,
        screen_sha256: str,
        amr: Sequence[str],
    ) -> SendBack | Answered | NotPending | CannotReturn:
        """Create the grant and its code, once. Raises `ValueError` for items that were not asked for, or none."""
        now = self._settings.clock()
        with self._engine.begin() as connection:
            pending = self._load_for(connection, name, worker_id, now)
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
            return self._answer(connection, pending.handle, now, worker_id, consent)

    def deny(self, name: str, worker_id: str | None = None) -> SendBack | Answered | NotPending | CannotReturn:
        """Answer `access_denied`."""
        now = self._settings.clock()
        with self._engine.begin() as connection:
            pending = self._load_for(connection, name, worker_id, now)
            if isinstance(pending, NotPending) and pending.reason != "expired":
                return pending
            return self._answer(connection, name, now, None, None)

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

    def _load_for(
        self, connection: Connection, name: str, worker_id: str | None, now: datetime
    ) -> Pending | NotPending:
        """Return the request if `worker_id` may answer it: one for somebody else is as unknown as one for nobody."""
        found = self._load(connection, name, now)
        row = _stored(connection, name)
        if row is None or row.asked is None:
            return found
        addressee = connection.execute(
            select(col(ConsentRequest.worker_id)).where(col(ConsentRequest.id) == row.asked)
        ).scalar_one_or_none()
        return found if addressee is not None and addressee == worker_id else NotPending(reason="unknown")

    def _load(self, connection: Connection, name: str, now: datetime) -> Pending | NotPending:
        row = _stored(connection, name)
        if row is None:
            return NotPending(reason="unknown")
        if row.answered_at is not None:
            return NotPending(reason="answered")
        request = GigRequest.from_json(row.details)
        client = load_client(connection, row.client_id, now=now)
        is_over = row.expires_at <= now or request.expires_at <= now
        if is_over or client is None or client.actor is None or not client.is_live:
            return NotPending(reason="expired")
        if row.parameters.get("redirect_uri") not in (None, *client.redirect_uris):
            return NotPending(reason="expired")
        if request.purpose not in client.purposes or not {item.category for item in request.items} <= client.categories:
            return NotPending(reason="expired")
        return _pending(name, client, client.actor, row.parameters, request, row.asked)

    def _answer(
        self, connection: Connection, name: str, now: datetime, worker_id: str | None, consent: ConsentGiven | None
    ) -> SendBack | Answered | NotPending | CannotReturn:
        stored = _stored(connection, name)
        row = connection.execute(
            update(REQUESTS)
            .where(
                REQUESTS.c.handle_hash == (stored.handle_hash if stored is not None else ""),
                REQUESTS.c.answered_at.is_(None),
                REQUESTS.c.expires_at > now,
            )
            .values(answered_at=now)
            .returning(REQUESTS.c.parameters, REQUESTS.c.dpop_jkt, REQUESTS.c.client_id, REQUESTS.c.asked)
        ).one_or_none()
        if row is None:
            found = self._load(connection, name, now)
            return found if isinstance(found, NotPending) else NotPending(reason="answered")
        outcome: SendBack | Answered
        if "redirect_uri" in row.parameters:
            server = self._server(connection, now)
            request = FormRequest("POST", row.parameters, Headers(), now)
            request.consent, request.grant_writer, request.dpop_jkt = consent, self._grants, row.dpop_jkt
            response = server.create_authorization_response(
                request, grant_user=worker_id, grant=server.get_authorization_grant(request)
            )
            if response.location is None:
                connection.rollback()
                return CannotReturn(description="The application that sent you here may not ask any more.")
            outcome, grant_id = SendBack(location=response.location), request.grant_id
        else:
            grant_id = self._give(connection, row.client_id, consent)
            outcome = Answered(grant_id=grant_id)
        if row.asked is not None:
            try:
                if grant_id is not None:
                    grant_request(connection, row.asked, grant_id, now=now)
                else:
                    refuse_request(connection, row.asked, now=now)
            except RequestClosedError:
                connection.rollback()
                return NotPending(reason="expired")
        return outcome

    def _give(self, connection: Connection, client_id: str, consent: ConsentGiven | None) -> str | None:
        """Write the grant of a request that has no redirect URI, and therefore no code."""
        client = load_client(connection, client_id, now=self._settings.clock())
        if consent is None or client is None or client.actor is None:
            return None
        return write_grant(self._grants, connection, client, consent).id


def _stored(connection: Connection, name: str) -> Row[Any] | None:
    """Return the stored request that is named by its handle, or by its id in an inbox."""
    if is_shaped(name, REQUEST_HANDLE):
        found = REQUESTS.c.handle_hash == fingerprint(name)
    elif len(name) == _ID_LENGTH and "\0" not in name:
        found = REQUESTS.c.asked == name
    else:
        return None
    return connection.execute(select(REQUESTS).where(found)).one_or_none()


def _pending(
    handle: str,
    client: RegisteredClient,
    actor: ActorFacts,
    parameters: Mapping[str, str],
    request: GigRequest,
    asked: str | None = None,
) -> Pending:
    return Pending(
        handle=handle,
        client_id=client.client_id,
        actor=actor,
        redirect_uri=parameters.get("redirect_uri"),
        request=request,
        replaces=replaced_grant(parameters),
        asked=asked,
    )
