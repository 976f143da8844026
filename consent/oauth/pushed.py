"""Pushed authorization requests (RFC 9126): a client hands its request in before it sends a worker's browser.

What the browser then carries is a reference, so nobody can change the request on the way, and a client that is not
who it says never gets to show anything to a worker.

With `login_hint`, a contact code or the actor's id of a worker, the request also waits in that worker's inbox
(`consent.inbox`), and `consent_request` names it. Whether the hint leads to anybody cannot be told from the answer.
"""

from __future__ import annotations

from authlib.oauth2.base import OAuth2Error

from consent.inbox.asking import Asked, AskedTooOften, addressee_of, ask
from consent.oauth.authorization_request import REQUEST_URI_PREFIX, keep_request, validate_request
from consent.oauth.clients import AUTH_METHODS, RegisteredClient
from consent.oauth.details import GigRequest
from consent.oauth.server import NO_STORE, ConsentServer, FormRequest, OAuthResponse, error_response


def push_request(server: ConsentServer, request: FormRequest) -> OAuthResponse:
    """Answer a pushed request: 201 with a `request_uri`, or an error as JSON and never as a redirect."""
    try:
        client: RegisteredClient = server.authenticate_client(
            request, list(AUTH_METHODS), "pushed_authorization_request"
        )
        if "request_uri" in request.form:
            raise OAuth2Error(error="invalid_request", description="A pushed request cannot refer to another.")
        if request.form.get("client_id", client.client_id) != client.client_id:
            raise OAuth2Error(error="invalid_request", description="client_id differs from the authenticated client.")
        if not client.check_redirect_uri(request.form.get("redirect_uri", "")):
            raise OAuth2Error(error="invalid_request", description="redirect_uri is not registered for this client.")
        stated = request.form.get("dpop_jkt")
        if stated is not None and (len(stated) != 43 or request.dpop_jkt not in (None, stated)):
            raise OAuth2Error(error="invalid_dpop_proof", description="dpop_jkt is not the key of the proof.")
        request.payload.data["client_id"] = client.client_id
        resolved = validate_request(server, client, request)
    except OAuth2Error as error:
        error.redirect_uri = None
        response: OAuthResponse = server.handle_error_response(request, error)
        return response
    settings = server.settings
    asked = _address(server, client, request, resolved)
    if isinstance(asked, AskedTooOften):
        return _too_often(asked)
    handle = keep_request(
        server.connection,
        client.client_id,
        request.form,
        resolved,
        now=server.now,
        until=server.now + settings.request_lifetime if asked is None else asked.expires_at,
        dpop_jkt=request.dpop_jkt,
        presentable=settings.pushed_lifetime,
        asked=None if asked is None else asked.request_id,
    )
    body: dict[str, str | int] = {
        "request_uri": REQUEST_URI_PREFIX + handle,
        "expires_in": int(settings.pushed_lifetime.total_seconds()),
    }
    if asked is not None:
        body["consent_request"] = asked.request_id
    return OAuthResponse(status=201, body=body, headers={"Content-Type": "application/json", **NO_STORE})


def _address(
    server: ConsentServer, client: RegisteredClient, request: FormRequest, resolved: GigRequest
) -> Asked | AskedTooOften | None:
    hint, actor = request.form.get("login_hint"), client.actor
    if hint is None or actor is None:
        return None
    return ask(
        server.connection,
        client_id=client.client_id,
        actor_id=actor.id,
        addressee=addressee_of(hint, lambda named: server.settings.unseal(named, actor.id)),
        request=resolved,
        now=server.now,
    )


def _too_often(refusal: AskedTooOften) -> OAuthResponse:
    """RFC 9126 §2.3: 429."""
    answer = error_response(429, "temporarily_unavailable", refusal.description)
    seconds = str(int(refusal.retry_after.total_seconds()))
    return OAuthResponse(status=answer.status, body=answer.body, headers={**answer.headers, "Retry-After": seconds})
