"""A registered client as Authlib's grants see it, and how it authenticates.

Authlib asks its client objects by method name (`ClientMixin`); this value answers. Clients are confidential:
they use `client_secret_basic`, or `private_key_jwt` (`client_assertion`), and a request that carries two methods is
refused (RFC 6749 §2.3) before Authlib sees it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy import Connection, select

from consent.oauth.machine_secrets import matches
from consent.oauth.models import ACTORS, CLIENTS, GATES
from consent.oauth.parameters import Parameters

AUTH_METHODS: Final = ("client_secret_basic", "private_key_jwt")
LIVE_STATUSES: Final = frozenset({"test", "live"})
GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
_BASIC_MAX: Final = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient:
    """One client of one actor. `is_live` is false for an unapproved, disabled or orphaned one."""

    client_id: str
    actor_id: str
    actor_name: str
    actor_legal_name: str
    status: str
    actor_status: str
    profile: str
    auth_method: str
    keys: Sequence[Mapping[str, Any]]
    secret_hash: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    categories: frozenset[str]
    purposes: frozenset[str]

    @property
    def is_live(self) -> bool:
        """Whether both the client and its actor may act now."""
        return self.status in LIVE_STATUSES and self.actor_status == "active"

    @property
    def is_fapi(self) -> bool:
        """Whether the client keeps the FAPI 2.0 Security Profile: requests are pushed, tokens bound to a key."""
        return self.profile == "fapi2"

    def get_client_id(self) -> str:
        """Return the client id (`ClientMixin`)."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """There is no default: `redirect_uri` is mandatory, so that it is always compared (RFC 9700 §2.1)."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return `scope`: it was checked against the registration when the request was resolved."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether `redirect_uri` equals a registered one, character by character (RFC 9700 §4.1.3)."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether `client_secret` is this client's."""
        return matches(client_secret, self.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client registered `method`; it is the same at every endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Whether `response_type` is `code`, the only one."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether `grant_type` is one of ours; a client without redirect URI has no code flow."""
        return grant_type in GRANT_TYPES and (grant_type != "authorization_code" or bool(self.redirect_uris))


def load_client(connection: Connection, client_id: str) -> RegisteredClient | None:
    """Return the client `client_id` with its actor, whatever its status, or None."""
    if "\0" in client_id:
        return None
    row = connection.execute(
        select(
            CLIENTS.c.id,
            CLIENTS.c.actor_id,
            ACTORS.c.trading_name,
            ACTORS.c.legal_name,
            CLIENTS.c.status,
            ACTORS.c.status.label("actor_status"),
            CLIENTS.c.profile,
            CLIENTS.c.auth_method,
            CLIENTS.c.jwks,
            CLIENTS.c.secret_hash,
            CLIENTS.c.redirect_uris,
            CLIENTS.c.categories,
            CLIENTS.c.purposes,
            ACTORS.c.categories.label("actor_categories"),
            ACTORS.c.purposes.label("actor_purposes"),
            GATES.c.open.label("gate_open"),
        )
        .join(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
        .outerjoin(GATES, GATES.c.client_id == CLIENTS.c.id)
        .where(CLIENTS.c.id == client_id)
    ).one_or_none()
    if row is None:
        return None
    return RegisteredClient(
        client_id=row.id,
        actor_id=row.actor_id,
        actor_name=row.trading_name,
        actor_legal_name=row.legal_name,
        status=row.status if row.gate_open is not False else "disabled",
        actor_status=row.actor_status,
        profile=row.profile,
        auth_method=row.auth_method,
        keys=(row.jwks or {}).get("keys", ()),
        secret_hash=row.secret_hash,
        redirect_uris=tuple(row.redirect_uris),
        categories=frozenset(row.categories) & frozenset(row.actor_categories),
        purposes=frozenset(row.purposes) & frozenset(row.actor_purposes),
    )


def authentication_problem(header: str | None, parameters: Parameters) -> str | None:
    """Return why the request's client authentication is malformed, or None when Authlib may judge it.

    Covers what Authlib does not: two methods at once, a `client_id` that contradicts the header,
    and credentials that are not UTF-8 (it would raise).
    """
    posted = [name for name in ("client_secret", "client_assertion") if name in parameters]
    if len(posted) + (header is not None) > 1:
        return "The request authenticates the client in more than one way."
    if "client_secret" in parameters:
        return "Send the client secret in the Authorization header."
    if header is None:
        return None
    client_id = read_basic(header)
    if client_id is None:
        return "The Authorization header is malformed."
    if parameters.get("client_id", client_id) != client_id:
        return "client_id differs from the authenticated client."
    return None


def read_basic(header: str) -> str | None:
    """Return the client id in an HTTP Basic header (RFC 6749 §2.3.1: form-encoded inside), or None."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _BASIC_MAX:
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:  # not base64, not ASCII, not UTF-8
        return None
    client_id, colon, _ = text.partition(":")
    return unquote(client_id) if colon and "\0" not in text else None
