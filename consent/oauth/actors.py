"""Registering actors and their clients, for the demo, the CLI and the console. Secrets are returned once."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, insert, select, update

from consent.columns import utc_now
from consent.models import new_id
from consent.oauth.machine_secrets import CLIENT_SECRET, fingerprint, mint
from consent.oauth.models import ACTORS, CLIENTS
from consent.oauth.signed_jwt import read_public_key
from consent.vocabulary import CATEGORIES, PURPOSES

_MAX_URIS: Final = 20
_MAX_KEYS: Final = 10
_ALIKE: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f-\uffff\\]")


class RegistrationError(ValueError):
    """A registration cannot be accepted. `code` is stable; the message says what to write instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A client that was just created, with the secret that nobody will see again; empty if it has keys instead."""

    client_id: str
    client_secret: str = field(repr=False)
    actor_id: str


class ActorRegistry:
    """Creates actors and clients. Synchronous; every method is one transaction."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def create_actor(
        self,
        *,
        legal_name: str,
        trading_name: str,
        categories: Collection[str],
        purposes: Collection[str],
        address: str | None = None,
        contact: str | None = None,
        jurisdiction: str | None = None,
        actor_id: str | None = None,
    ) -> str:
        """Register an actor for `categories` and `purposes` and return its id. Raises `RegistrationError`."""
        for name in (legal_name, trading_name):
            check_display_name(name)
        _check_vocabulary(categories, purposes)
        identifier = actor_id or new_id()
        with self._engine.begin() as connection:
            if connection.execute(select(ACTORS.c.id).where(ACTORS.c.id == identifier)).first() is not None:
                raise RegistrationError("ACTOR_EXISTS", "There is an actor with that id already.")
            connection.execute(
                insert(ACTORS).values(
                    id=identifier,
                    version=1,
                    legal_name=legal_name,
                    trading_name=trading_name,
                    address=address,
                    contact=contact,
                    jurisdiction=jurisdiction,
                    categories=sorted(categories),
                    purposes=sorted(purposes),
                    status="active",
                    created_at=self._clock(),
                )
            )
        return identifier

    def create_client(
        self,
        actor_id: str,
        *,
        name: str,
        redirect_uris: Sequence[str] = (),
        categories: Collection[str] | None = None,
        purposes: Collection[str] | None = None,
        status: Literal["test", "live"] = "test",
        profile: Literal["baseline", "fapi2"] = "baseline",
        jwks: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        event_push_url: str | None = None,
    ) -> NewClient:
        """Create a client of `actor_id`, for all of the actor's categories and purposes or for some.

        With `jwks` (its public keys) it authenticates by `private_key_jwt` and gets no secret; `fapi2` needs them.
        With `event_push_url` it is told there when a grant ends (`consent.notices`).
        Raises `RegistrationError`.
        """
        if jwks is not None:
            check_keys(jwks)
        elif profile == "fapi2":
            raise RegistrationError("KEYS_INVALID", "A FAPI client has keys and no secret.")
        check_display_name(name)
        check_redirect_uris(redirect_uris)
        if event_push_url is not None:
            check_push_url(event_push_url)
        secret, identifier = (None if jwks is not None else mint(CLIENT_SECRET)), client_id or new_id()
        with self._engine.begin() as connection:
            actor = self._actor(connection, actor_id)
            if connection.execute(select(CLIENTS.c.id).where(CLIENTS.c.id == identifier)).first() is not None:
                raise RegistrationError("CLIENT_EXISTS", "There is a client with that id already.")
            wanted = frozenset(actor.categories if categories is None else categories)
            reasons = frozenset(actor.purposes if purposes is None else purposes)
            if not wanted <= set(actor.categories) or not reasons <= set(actor.purposes):
                raise RegistrationError(
                    "CLIENT_EXCEEDS_ACTOR", "A client cannot be registered for more than its actor."
                )
            connection.execute(
                insert(CLIENTS).values(
                    id=identifier,
                    actor_id=actor_id,
                    name=name,
                    profile=profile,
                    auth_method="client_secret_basic" if secret is not None else "private_key_jwt",
                    secret_hash=None if secret is None else fingerprint(secret),
                    jwks=None if jwks is None else dict(jwks),
                    redirect_uris=list(redirect_uris),
                    event_push_url=event_push_url,
                    categories=sorted(wanted),
                    purposes=sorted(reasons),
                    status=status,
                    created_at=self._clock(),
                )
            )
        return NewClient(client_id=identifier, client_secret=secret or "", actor_id=actor_id)

    def rotate_secret(self, client_id: str) -> NewClient:
        """Replace a client's secret; the old one stops working at once. Raises `RegistrationError`."""
        secret = mint(CLIENT_SECRET)
        with self._engine.begin() as connection:
            actor_id = connection.execute(
                update(CLIENTS)
                .where(CLIENTS.c.id == client_id, CLIENTS.c.auth_method == "client_secret_basic")
                .values(secret_hash=fingerprint(secret))
                .returning(CLIENTS.c.actor_id)
            ).scalar_one_or_none()
        if actor_id is None:
            raise RegistrationError("CLIENT_UNKNOWN", "There is no such client with a secret.")
        return NewClient(client_id=client_id, client_secret=secret, actor_id=actor_id)

    def replace_keys(self, client_id: str, jwks: Mapping[str, Any]) -> None:
        """Replace a client's public keys; others stop working at once. Raises `RegistrationError`."""
        check_keys(jwks)
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(CLIENTS)
                .where(CLIENTS.c.id == client_id, CLIENTS.c.auth_method == "private_key_jwt")
                .values(jwks=dict(jwks))
            )
        if changed.rowcount != 1:
            raise RegistrationError("CLIENT_UNKNOWN", "There is no such client with keys.")

    def approve_client(self, client_id: str) -> None:
        """Make a test client live. Raises `RegistrationError`."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(CLIENTS).where(CLIENTS.c.id == client_id, CLIENTS.c.status == "test").values(status="live")
            )
        if changed.rowcount != 1:
            raise RegistrationError("CLIENT_UNKNOWN", "There is no such test client.")

    @staticmethod
    def _actor(connection: Connection, actor_id: str) -> Any:
        row = connection.execute(
            select(ACTORS.c.categories, ACTORS.c.purposes).where(ACTORS.c.id == actor_id)
        ).one_or_none()
        if row is None:
            raise RegistrationError("ACTOR_UNKNOWN", "There is no such actor.")
        return row


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Raise `RegistrationError` unless every one of `uris`, and their number, can be accepted."""
    if len(uris) > _MAX_URIS:
        raise RegistrationError("REDIRECT_URI_INVALID", f"At most {_MAX_URIS} redirect URIs.")
    for uri in uris:
        check_redirect_uri(uri)


def check_redirect_uri(uri: str) -> None:
    """Raise `RegistrationError` unless `uri` is https (or http on loopback), without fragment or user info."""
    _check_address(uri, "REDIRECT_URI_INVALID", "A redirect URI")


def check_push_url(url: str) -> None:
    """Raise `RegistrationError` unless `url` is https (or http on loopback), without fragment or user info.

    Where it leads is judged again with every delivery: to loopback only from a loopback issuer.
    """
    _check_address(url, "PUSH_URL_INVALID", "An address for notices")


def check_keys(jwks: Mapping[str, Any]) -> None:
    """Raise `RegistrationError` unless `jwks` holds one to ten public keys that we verify with, told apart by `kid`."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MAX_KEYS:
        raise RegistrationError("KEYS_INVALID", f"A key set has one to {_MAX_KEYS} keys.")
    if any(read_public_key(key) is None for key in keys):
        raise RegistrationError("KEYS_INVALID", "Keys are public: EC P-256, Ed25519, or RSA of at least 2048 bits.")
    if len({key.get("kid") for key in keys}) != len(keys) or (
        len(keys) > 1 and None in {key.get("kid") for key in keys}
    ):
        raise RegistrationError("KEYS_INVALID", "Several keys need a different kid each.")


def check_display_name(name: str) -> None:
    """Raise `RegistrationError` for a name that could show a worker something other than what it is.

    Refused are control characters, the directional overrides with which text is made to read backwards,
    and mixtures of scripts whose letters look alike.
    """
    if not name.strip() or len(name) > 200:
        raise RegistrationError("NAME_INVALID", "A name has one to 200 characters.")
    if any(not character.isprintable() for character in name):
        raise RegistrationError("NAME_INVALID", "A name has no control or directional characters.")
    if (
        len({script for character in name for script in _ALIKE if unicodedata.name(character, "").startswith(script)})
        > 1
    ):
        raise RegistrationError("NAME_INVALID", "A name keeps to one of Latin, Greek and Cyrillic letters.")


def _check_vocabulary(categories: Collection[str], purposes: Collection[str]) -> None:
    for category in categories:
        if category not in CATEGORIES or CATEGORIES[category].forbidden:
            raise RegistrationError("CATEGORY_UNKNOWN", f"{category!r} is no category that can be granted.")
    for purpose in purposes:
        if purpose not in PURPOSES:
            raise RegistrationError("PURPOSE_UNKNOWN", f"{purpose!r} is no purpose.")


def _check_address(url: str, code: str, what: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise RegistrationError(code, f"{what} is an absolute URL.") from None
    if _CONTROL.search(url) or len(url) > 2_000 or parts.fragment or "#" in url or "@" in parts.netloc:
        raise RegistrationError(code, f"{what} is plain ASCII, without fragment or user info.")
    if not host or ".." in parts.path.split("/"):
        raise RegistrationError(code, f"{what} is absolute, without dot segments.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise RegistrationError(code, f"{what} is https; plain http is for loopback only.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
