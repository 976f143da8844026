"""What a registration of an actor or client may say. Everything else is refused with `RegistrationError`."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from consent.oauth.signed_jwt import read_public_key
from consent.vocabulary import CATEGORIES, PURPOSES, SELF_PURPOSE

_MAX_URIS: Final = 20
_MAX_KEYS: Final = 10
_ALIKE: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f-\uffff\\]")
_JURISDICTION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class RegistrationError(ValueError):
    """A registration cannot be accepted. `code` is stable; the message says what to write instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_redirect_uri(uri: str) -> None:
    """Raise `RegistrationError` unless `uri` is https (or http on loopback), without fragment or user info."""
    _check_address(uri, "REDIRECT_URI_INVALID", "A redirect URI")


def check_push_url(url: str) -> None:
    """Raise `RegistrationError` unless `url` is https (or http on loopback), without fragment or user info.

    Where it leads is judged again with every delivery: to loopback only from a loopback issuer.
    """
    _check_address(url, "PUSH_URL_INVALID", "An address for notices")


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Raise `RegistrationError` unless `uris` are at most twenty of them, each as `check_redirect_uri` wants it."""
    if len(uris) > _MAX_URIS:
        raise RegistrationError("REDIRECT_URI_INVALID", f"At most {_MAX_URIS} redirect URIs.")
    for uri in uris:
        check_redirect_uri(uri)


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


def check_vocabulary(categories: Collection[str], purposes: Collection[str]) -> None:
    """Raise `RegistrationError` for what cannot be granted, or is no purpose of an actor."""
    for category in categories:
        if category not in CATEGORIES or CATEGORIES[category].forbidden:
            raise RegistrationError("CATEGORY_UNKNOWN", f"{category!r} is no category that can be granted.")
    for purpose in purposes:
        if purpose not in PURPOSES or purpose == SELF_PURPOSE:
            raise RegistrationError("PURPOSE_UNKNOWN", f"{purpose!r} is no purpose.")


def check_details(
    *, address: str | None, contact: str | None, jurisdiction: str | None, privacy_notice: str | None
) -> None:
    """Raise `RegistrationError` for details that a worker could not read or follow."""
    for text, longest, code in ((address, 500, "ADDRESS_INVALID"), (contact, 200, "CONTACT_INVALID")):
        if text is None:
            continue
        if not text.strip() or len(text) > longest or any(not (each.isprintable() or each == "\n") for each in text):
            raise RegistrationError(code, f"Write up to {longest} characters, without control characters.")
    if jurisdiction is not None and not _JURISDICTION.fullmatch(jurisdiction):
        raise RegistrationError(
            "JURISDICTION_INVALID", "A jurisdiction is a country's code of two letters, such as SE."
        )
    if privacy_notice is not None:
        _check_address(privacy_notice, "PRIVACY_NOTICE_INVALID", "A privacy notice's address")


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
