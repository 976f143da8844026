"""Authlib's authorization server, adapted: one instance per request, inside that request's transaction.

Authlib's hooks are synchronous and know nothing of a database session; an instance that carries the connection keeps
them free of globals and makes a request all or nothing. Errors come back as values, so what they must leave behind
(a used code, a revoked family) is committed with them. Authlib is touched here, in `pkce`, and in `*_grant` modules.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from sqlalchemy import Connection
from starlette.datastructures import Headers

from consent.oauth.client_assertion import authenticate_by_assertion
from consent.oauth.clients import RegisteredClient, load_client
from consent.oauth.parameters import Parameters
from consent.oauth.settings import OAuthSettings

_log = logging.getLogger(__name__)

NO_STORE: Mapping[str, str] = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthResponse:
    """What to answer: JSON, or a redirect when `headers` has a Location."""

    status: int
    body: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(repr=False)

    @property
    def location(self) -> str | None:
        """Where to send the browser, if anywhere."""
        return self.headers.get("Location")


class FormRequest(OAuth2Request):  # type: ignore[misc]  # Authlib is untyped
    """One request's parameters as Authlib reads them.

    The form and the query are the same mapping: `parameters` came from exactly one of the two, by method.
    """

    def __init__(self, method: str, parameters: Parameters, headers: Headers, now: datetime) -> None:
        # Authlib insists on https here and uses the address for nothing else; that plain http means loopback
        # was settled when the issuer was configured.
        super().__init__(method, "https://issuer.invalid/", headers=headers)
        self.payload = BasicOAuth2Payload(dict(parameters))
        self.now = now
        self.server: ConsentServer | None = None
        self.dpop_jkt: str | None = None
        self.grant_id: str | None = None

    @property
    def form(self) -> Parameters:
        """The parameters."""
        parameters: Parameters = self.payload.data
        return parameters

    @property
    def args(self) -> Parameters:
        """The parameters."""
        return self.form


class TokenResponse(dict[str, Any]):
    """A token endpoint's answer. Its `repr` hides the tokens: Authlib logs it at DEBUG level."""

    def __repr__(self) -> str:
        return f"<TokenResponse {sorted(self)}>"


class ConsentServer(AuthorizationServer):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's server over one connection, at one instant."""

    def __init__(self, connection: Connection, settings: OAuthSettings, now: datetime) -> None:
        super().__init__()
        self.connection = connection
        self.settings = settings
        self.now = now
        self.register_client_auth_method("private_key_jwt", authenticate_by_assertion)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        """Return a client that may act now; a disabled one does not exist."""
        client = load_client(self.connection, client_id, now=self.now)
        return client if client is not None and client.is_live else None

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """Return `request`: the endpoint has built it already."""
        return request

    def create_json_request(self, request: Any) -> Any:
        """Return `request`: the endpoint has built it already (`registration`)."""
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Note the event's name; Authlib's default raises."""
        _log.debug("authlib:signal:%s", name)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> OAuthResponse:
        """Turn Authlib's answer into ours: 303 for redirects, `iss` on every one of them (RFC 9207), no-store."""
        found = {name: value for name, value in headers if name.lower() != "cache-control"} | dict(NO_STORE)
        if "Location" in found:
            found["Location"] = add_parameters(found["Location"], {"iss": self.settings.issuer})
            return OAuthResponse(status=303, body=None, headers=found)
        if status == 401:
            found["WWW-Authenticate"] = 'Basic realm="gigway", charset="UTF-8"'
        return OAuthResponse(status=status, body=body, headers=found)


def add_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """Return `uri` with `parameters` added to its query; what the registered URI already has stays as it is."""
    separator = "&" if urlsplit(uri).query else "?"
    return f"{uri}{separator}{urlencode(parameters)}"


def error_response(status: int, error: str, description: str, *, basic: bool = False) -> OAuthResponse:
    """Return an OAuth error as JSON (RFC 6749 §5.2)."""
    headers = {"Content-Type": "application/json", **NO_STORE}
    if basic:
        headers["WWW-Authenticate"] = 'Basic realm="gigway", charset="UTF-8"'
    return OAuthResponse(status=status, body={"error": error, "error_description": description}, headers=headers)
