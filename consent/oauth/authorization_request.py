"""An authorization request, plain or pushed (RFC 9126): what is asked for, validated once and kept.

Both ways in meet here. Errors are Authlib's `OAuth2Error` without a redirect URI: whether an error may be sent back,
and how, is for the endpoint to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from authlib.oauth2.base import OAuth2Error
from sqlalchemy import Connection, insert, select

from consent.oauth.clients import RegisteredClient
from consent.oauth.details import DetailsRefusal, GigRequest, Registration, resolve_request
from consent.oauth.machine_secrets import REQUEST_HANDLE, fingerprint, mint
from consent.oauth.models import GRANTS, REQUESTS
from consent.oauth.server import ConsentServer, FormRequest

REQUEST_URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
_NOT_STORED: Final = frozenset({"client_assertion", "client_assertion_type", "client_secret", "login_hint"})


def validate_request(server: ConsentServer, client: RegisteredClient, request: FormRequest) -> GigRequest:
    """Return what the request asks a worker for. Its redirect URI has been found to be the client's.

    Raises `OAuth2Error`.
    """
    data = request.form
    for name in ("request", "request_uri"):
        if name in data:
            raise OAuth2Error(error=f"{name}_not_supported", description=f"{name} is not supported here.")
    if data.get("response_type") != "code":
        raise OAuth2Error(error="unsupported_response_type", description="response_type must be code.")
    if data.get("response_mode", "query") != "query":
        raise OAuth2Error(error="invalid_request", description="response_mode must be query.")
    if data.get("resource", server.settings.resource) != server.settings.resource:
        raise OAuth2Error(error="invalid_target", description="resource is not the one that tokens are for.")
    _check_grant_management(server, client, request)
    server.get_consent_grant(request)
    match resolve_request(
        data.get("authorization_details"),
        data.get("scope"),
        client=Registration(categories=client.categories, purposes=client.purposes),
        platforms=server.settings.platforms(),
        now=server.now,
    ):
        case DetailsRefusal(error=error, description=description):
            raise OAuth2Error(error=error, description=description)
        case resolved:
            return resolved


def keep_request(
    connection: Connection,
    client_id: str,
    parameters: Mapping[str, str],
    resolved: GigRequest,
    *,
    now: datetime,
    until: datetime,
    dpop_jkt: str | None = None,
    presentable: timedelta | None = None,
    asked: str | None = None,
) -> str:
    """Store a validated request and return its handle. `asked` is the request in an inbox that it is."""
    handle = mint(REQUEST_HANDLE)
    connection.execute(
        insert(REQUESTS).values(
            handle_hash=fingerprint(handle),
            client_id=client_id,
            parameters={name: value for name, value in parameters.items() if name not in _NOT_STORED},
            details=resolved.to_json(),
            dpop_jkt=dpop_jkt or parameters.get("dpop_jkt"),
            created_at=now,
            expires_at=until,
            presentable_until=None if presentable is None else now + presentable,
            asked=asked,
        )
    )
    return handle


def replaced_grant(request_parameters: Mapping[str, str]) -> str | None:
    """Return the grant that a kept request is to replace, if any (Grant Management for OAuth 2.0)."""
    if request_parameters.get("grant_management_action") != "replace":
        return None
    return request_parameters.get("grant_id")


def _check_grant_management(server: ConsentServer, client: RegisteredClient, request: FormRequest) -> None:
    """`create` and `replace` are supported. `merge` would widen a consent without showing the whole of it."""
    action, grant_id = request.form.get("grant_management_action"), request.form.get("grant_id")
    match action, grant_id:
        case None | "create", None:
            return
        case "replace", str():
            found = server.connection.execute(
                select(GRANTS.c.id).where(
                    GRANTS.c.id == grant_id,
                    GRANTS.c.client_id == client.client_id,
                    GRANTS.c.status == "active",
                    GRANTS.c.expires_at > server.now,
                )
            ).one_or_none()
            if found is None:
                raise OAuth2Error(error="invalid_grant_id", description="There is no such grant of this client.")
        case _:
            raise OAuth2Error(
                error="invalid_request", description="grant_management_action is create, or replace with a grant_id."
            )
