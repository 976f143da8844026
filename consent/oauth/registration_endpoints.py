"""Dynamic client registration (RFC 7591, RFC 7592) on Authlib's endpoint classes, for test clients.

Authlib reads and validates the metadata; what it does not check (private keys, control characters, look-alike names)
`registration_rules` does. A client that wants `dpop_bound_access_tokens` (RFC 9449 §5.2) and
`require_pushed_authorization_requests` (RFC 9126 §6) keeps the FAPI 2.0 profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.rfc6749 import AccessDeniedError
from authlib.oauth2.rfc6749.requests import JsonPayload, JsonRequest
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint, InvalidClientMetadataError
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint
from sqlalchemy import Connection, Row, insert, select, update
from starlette.datastructures import Headers

from consent.console.actions import By, record
from consent.oauth.client_registry import ClientRegistry, Profile
from consent.oauth.client_settings import ClientSettings
from consent.oauth.clients import AUTH_METHODS, GRANT_TYPES, RegisteredClient
from consent.oauth.machine_secrets import REGISTRATION_TOKEN, fingerprint, is_shaped, mint
from consent.oauth.models import ACTORS, CLIENTS, REGISTRATION_TOKENS
from consent.oauth.registration_rules import RegistrationError

_SUPPORTED: Final = {
    "grant_types_supported": list(GRANT_TYPES),
    "response_types_supported": ["code"],
    "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
}
_BOUND: Final = ("dpop_bound_access_tokens", "require_pushed_authorization_requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A live registration token: an initial one, or that of a client (`client_id`)."""

    token_hash: str
    actor_id: str
    client_id: str | None
    created_by: str

    def check_client(self, client: RegisteredClient) -> bool:
        """Whether it is the token of `client`."""
        return client.client_id == self.client_id


class RegistrationRequest(JsonRequest):  # type: ignore[misc]  # Authlib is untyped
    """A request with JSON metadata, as Authlib reads it. `bearer` was authenticated before."""

    def __init__(self, method: str, metadata: Mapping[str, Any], bearer: Bearer) -> None:
        super().__init__(method, "https://issuer.invalid/", headers=Headers())
        self.payload = _Metadata(metadata)
        self.bearer = bearer
        self.client_secret = ""


class _Metadata(JsonPayload):  # type: ignore[misc]  # Authlib is untyped
    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._metadata = dict(metadata)

    @property
    def data(self) -> dict[str, Any]:
        """The metadata."""
        return self._metadata


class RegisterClient(ClientRegistrationEndpoint):  # type: ignore[misc]  # Authlib is untyped
    """`POST /oauth/register`: a further client of the test actor that the initial access token is for."""

    def authenticate_token(self, request: RegistrationRequest) -> Bearer:
        """Return the initial access token."""
        return request.bearer

    def get_server_metadata(self) -> dict[str, Any]:
        """Return what metadata may choose from."""
        return _SUPPORTED

    def generate_client_info(self, request: RegistrationRequest) -> dict[str, Any]:
        """Nothing yet: saving the client makes id and secret."""
        return {}

    def save_client(
        self, client_info: dict[str, Any], client_metadata: dict[str, Any], request: RegistrationRequest
    ) -> RegisteredClient:
        """Use the token up by one and make the client."""
        connection: Connection = self.server.connection
        metadata = _checked(client_metadata, request.payload.data)
        used = connection.execute(
            update(REGISTRATION_TOKENS)
            .where(REGISTRATION_TOKENS.c.token_hash == request.bearer.token_hash, REGISTRATION_TOKENS.c.uses_left > 0)
            .values(uses_left=REGISTRATION_TOKENS.c.uses_left - 1)
        )
        if used.rowcount != 1:
            raise AccessDeniedError(description="The initial access token has registered as many clients as it may.")
        with _as_metadata_error():
            made = ClientRegistry(connection.engine, lambda: self.server.now).create_client(
                request.bearer.actor_id,
                name=metadata.name,
                redirect_uris=metadata.redirect_uris,
                profile=metadata.profile,
                jwks=metadata.jwks,
                connection=connection,
            )
        record(
            connection,
            at=self.server.now,
            what="client:register",
            by=By(kind="actor", id=request.bearer.created_by),
            organization=_organization(connection, request.bearer.actor_id) or "",
            client=made.client_id,
        )
        request.client_secret = made.client_secret
        client: RegisteredClient | None = self.server.query_client(made.client_id)
        assert client is not None
        return client

    def generate_client_registration_info(
        self, client: RegisteredClient, request: RegistrationRequest
    ) -> dict[str, Any]:
        """Return id, secret, and the token with which the client can be read and changed (RFC 7592 §3)."""
        token = mint(REGISTRATION_TOKEN)
        self.server.connection.execute(
            insert(REGISTRATION_TOKENS).values(
                token_hash=fingerprint(token),
                actor_id=request.bearer.actor_id,
                client_id=client.client_id,
                created_by=request.bearer.created_by,
                created_at=self.server.now,
            )
        )
        secret = {"client_secret": request.client_secret} if request.client_secret else {}
        return {**describe(self.server, client), **secret, "registration_access_token": token}


class ConfigureClient(ClientConfigurationEndpoint):  # type: ignore[misc]  # Authlib is untyped
    """`GET` and `PUT /oauth/register/<client id>`: read or replace what was registered."""

    def authenticate_token(self, request: RegistrationRequest) -> Bearer:
        """Return the registration access token."""
        return request.bearer

    def authenticate_client(self, request: RegistrationRequest) -> RegisteredClient | None:
        """Return the client."""
        client: RegisteredClient | None = self.server.query_client(request.bearer.client_id or "")
        return client

    def check_permission(self, client: RegisteredClient, request: RegistrationRequest) -> bool:
        """Whether it was registered here and may still be changed here: a test client."""
        return client.actor is not None and client.actor.is_test

    def revoke_access_token(self, token: Any, request: Any) -> None:
        """Nothing is left to do: a disabled client's token reaches nothing."""

    def get_server_metadata(self) -> dict[str, Any]:
        """Return what metadata may choose from."""
        return _SUPPORTED

    def introspect_client(self, client: RegisteredClient) -> dict[str, Any]:
        """Describe the client."""
        return describe(self.server, client)

    def generate_client_registration_info(
        self, client: RegisteredClient, request: RegistrationRequest
    ) -> dict[str, Any]:
        """Nothing more: the token is not shown again."""
        return {}

    def update_client(
        self, client: RegisteredClient, client_metadata: dict[str, Any], request: RegistrationRequest
    ) -> RegisteredClient:
        """Replace name, redirect URIs and keys; how a client authenticates does not change."""
        metadata = _checked(client_metadata, request.payload.data)
        method = "client_secret_basic" if metadata.jwks is None else "private_key_jwt"
        if method != client.auth_method or metadata.profile != client.profile:
            raise InvalidClientMetadataError("How a client authenticates cannot be changed: register another one.")
        connection: Connection = self.server.connection
        with _as_metadata_error():
            ClientSettings(connection.engine, lambda: self.server.now).change(
                client.client_id,
                by="actor",
                by_id=client.client_id,
                organization=_organization(connection, request.bearer.actor_id),
                name=metadata.name,
                redirect_uris=metadata.redirect_uris,
                jwks=metadata.jwks,
                connection=connection,
            )
        changed: RegisteredClient | None = self.server.query_client(client.client_id)
        assert changed is not None
        return changed


def find_bearer(connection: Connection, secret: str, *, now: Any) -> Bearer | None:
    """Return the live registration token `secret` of an active test actor, or None."""
    if not is_shaped(secret, REGISTRATION_TOKEN):
        return None
    tokens = REGISTRATION_TOKENS.c
    row = connection.execute(
        select(tokens.token_hash, tokens.actor_id, tokens.client_id, tokens.created_by, tokens.expires_at)
        .join(ACTORS, ACTORS.c.id == tokens.actor_id)
        .where(tokens.token_hash == fingerprint(secret), ACTORS.c.is_test, ACTORS.c.status == "active")
    ).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Bearer(token_hash=row.token_hash, actor_id=row.actor_id, client_id=row.client_id, created_by=row.created_by)


def describe(server: Any, client: RegisteredClient) -> dict[str, Any]:
    """Return a client's metadata as RFC 7591 names it."""
    row: Row[Any] = server.connection.execute(
        select(CLIENTS.c.name, CLIENTS.c.created_at).where(CLIENTS.c.id == client.client_id)
    ).one()
    described: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(row.created_at.timestamp()),
        "client_name": row.name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": [each for each in GRANT_TYPES if client.check_grant_type(each)],
        "response_types": ["code"] if client.redirect_uris else [],
        "token_endpoint_auth_method": client.auth_method,
        **dict.fromkeys(_BOUND, client.is_fapi),
        "registration_client_uri": server.settings.url(f"/oauth/register/{client.client_id}"),
    }
    if client.auth_method == "private_key_jwt":
        return {**described, "jwks": {"keys": list(client.keys)}}
    return {**described, "client_secret_expires_at": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    name: str
    redirect_uris: list[str]
    profile: Profile
    jwks: Mapping[str, Any] | None


def _checked(metadata: Mapping[str, Any], raw: Mapping[str, Any]) -> _Wanted:
    """Return what our clients are made of. Raises Authlib's error for what they cannot be."""
    name, uris, jwks = metadata.get("client_name", "Test client"), metadata.get("redirect_uris", []), raw.get("jwks")
    if not isinstance(name, str) or not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise InvalidClientMetadataError("client_name is a text, redirect_uris a list of texts.")
    if "jwks_uri" in raw:
        raise InvalidClientMetadataError("Give jwks itself: nothing is fetched from a jwks_uri.")
    wants_keys = metadata.get("token_endpoint_auth_method") == "private_key_jwt"
    if wants_keys != (jwks is not None) or not isinstance(jwks, Mapping | None):
        raise InvalidClientMetadataError("private_key_jwt comes with jwks, and jwks with private_key_jwt.")
    bound = [raw.get(each, False) for each in _BOUND]
    if not all(isinstance(each, bool) for each in bound) or any(bound) != all(bound):
        raise InvalidClientMetadataError(f"{' and '.join(_BOUND)} are both true or both false.")
    return _Wanted(name=name, redirect_uris=uris, profile="fapi2" if all(bound) else "baseline", jwks=jwks)


def _organization(connection: Connection, actor_id: str) -> str | None:
    found: str | None = connection.execute(
        select(ACTORS.c.organization_id).where(ACTORS.c.id == actor_id)
    ).scalar_one_or_none()
    return found


class _as_metadata_error:  # noqa: N801  # reads as a statement
    """Turns `RegistrationError` into RFC 7591's errors."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Raise Authlib's error in its place."""
        if isinstance(error, RegistrationError):
            raise InvalidClientMetadataError(str(error)) from None
