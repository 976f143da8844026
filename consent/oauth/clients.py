"""A registered client as Authlib's grants see it, and how it authenticates.

Authlib asks its client objects by method name (`ClientMixin`); this value answers. Clients are confidential:
they use `client_secret_basic`, or `private_key_jwt` (`client_assertion`), and a request that carries two methods is
refused (RFC 6749 §2.3) before Authlib sees it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import unquote

from sqlalchemy import Connection, select

from consent.oauth.machine_secrets import matches
from consent.oauth.models import ACTORS, CLIENTS, GATES, ORGANIZATIONS
from consent.oauth.parameters import Parameters

AUTH_METHODS: Final = ("client_secret_basic", "private_key_jwt")
GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
_BASIC_MAX: Final = 1_024

_ACTOR_COLUMNS: Final = (
    *("trading_name", "legal_name", "address", "contact", "jurisdiction", "privacy_notice"),
    *("is_test", "status", "categories", "purposes"),
)

ClientKind = Literal["actor", "platform", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorFacts:
    """An actor as a worker reads of it. `is_test`: only test workers may grant it anything."""

    id: str
    name: str
    legal_name: str
    address: str | None
    contact: str | None
    jurisdiction: str | None
    privacy_notice: str | None
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient:
    """One client of one actor, or of a platform or operator (`kind`), which has no actor and only the client
    credentials grant. `owner_status` is the actor's, or the organization's.
    """

    client_id: str
    kind: ClientKind
    actor: ActorFacts | None
    status: str
    owner_status: str
    profile: str
    auth_method: str
    keys: Sequence[Mapping[str, Any]]
    secret_hash: str | None = field(repr=False)
    previous_secret_hash: str | None = field(default=None, repr=False)
    """What a rotation left valid for a while; None once that is over."""
    redirect_uris: tuple[str, ...]
    categories: frozenset[str]
    purposes: frozenset[str]

    @property
    def is_live(self) -> bool:
        """Whether both the client and its owner may act now."""
        return self.status == "active" and self.owner_status == "active"

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
        """Whether `client_secret` is this client's, or was until lately."""
        is_current = matches(client_secret, self.secret_hash)
        return matches(client_secret, self.previous_secret_hash) or is_current

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client registered `method`; it is the same at every endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Whether `response_type` is `code`, the only one, and an actor's alone."""
        return response_type == "code" and self.actor is not None

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether `grant_type` is one of ours; a client without redirect URI has no code flow."""
        if self.actor is None:
            return grant_type == "client_credentials"
        return grant_type in GRANT_TYPES and (grant_type != "authorization_code" or bool(self.redirect_uris))


def load_client(connection: Connection, client_id: str, *, now: datetime) -> RegisteredClient | None:
    """Return the client `client_id` with its owner, whatever its status, or None."""
    if "\0" in client_id:
        return None
    row = connection.execute(
        select(
            CLIENTS,
            *(ACTORS.c[name].label(f"of_actor_{name}") for name in _ACTOR_COLUMNS),
            ORGANIZATIONS.c.status.label("organization_status"),
            GATES.c.open.label("gate_open"),
        )
        .outerjoin(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
        .outerjoin(ORGANIZATIONS, ORGANIZATIONS.c.id == CLIENTS.c.organization_id)
        .outerjoin(GATES, GATES.c.client_id == CLIENTS.c.id)
        .where(CLIENTS.c.id == client_id)
    ).one_or_none()
    if row is None:
        return None
    is_actor = row.actor_id is not None
    overlaps = row.previous_secret_until is not None and row.previous_secret_until > now
    return RegisteredClient(
        client_id=row.id,
        kind=row.kind,
        actor=_actor(row) if is_actor else None,
        status=row.status if row.gate_open is not False else "disabled",
        owner_status=row.of_actor_status if is_actor else row.organization_status,
        profile=row.profile,
        auth_method=row.auth_method,
        keys=(row.jwks or {}).get("keys", ()),
        secret_hash=row.secret_hash,
        previous_secret_hash=row.previous_secret_hash if overlaps else None,
        redirect_uris=tuple(row.redirect_uris),
        categories=frozenset(row.categories) & frozenset(row.of_actor_categories or ()),
        purposes=frozenset(row.purposes) & frozenset(row.of_actor_purposes or ()),
    )


def _actor(row: Any) -> ActorFacts:
    return ActorFacts(
        id=row.actor_id,
        name=row.of_actor_trading_name,
        legal_name=row.of_actor_legal_name,
        address=row.of_actor_address,
        contact=row.of_actor_contact,
        jurisdiction=row.of_actor_jurisdiction,
        privacy_notice=row.of_actor_privacy_notice,
        is_test=row.of_actor_is_test,
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
