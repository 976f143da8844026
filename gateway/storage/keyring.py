"""Master keys: named 32-byte secrets from which every other key is derived (HKDF-SHA-256, RFC 5869).

The first key protects what is written now; older ones still open what was written under them.
A new key is put in front; `rotation.py` moves what is sealed under older ones to it, and then those may go.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NAME = re.compile(r"[a-z0-9]{1,16}")


class KeyringError(ValueError):
    """The master keys cannot be read. The message never contains key material."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Master keys by name; `current` is the name of the one to write with."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def derive(self, purpose: str, *, name: str | None = None, length: int = 32) -> bytes:
        """Return `length` bytes for `purpose`, from the master key `name` (default: the current one).

        Raises `KeyringError` when there is no such key.
        """
        master = self.keys.get(self.current if name is None else name)
        if master is None:
            raise KeyringError(f"There is no master key named {name!r}; add it to GIGWAY_MASTER_KEYS again.")
        return HKDF(SHA256(), length, salt=None, info=b"gigway:" + purpose.encode()).derive(master)

    def names(self) -> str:
        """Return the keys' names, newest first, each with a check value that tells equal names apart and no more."""
        return ",".join(f"{name}:{self.derive('check', name=name, length=4).hex()}" for name in self.keys)


def parse_keyring(text: str) -> Keyring:
    """Read `name:base64,name:base64,…` (as `gigway keys generate` prints it).

    Raises `KeyringError`.
    """
    if not text.strip():
        raise KeyringError("No master key is set; make one with `gigway keys generate`.")
    keys: dict[str, bytes] = {}
    for position, part in enumerate(text.split(","), 1):
        name, colon, encoded = part.strip().partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise KeyringError(
                f"Master key {position} is not of the form name:base64; make one with `gigway keys generate`."
            )
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise KeyringError(f"Master key {name!r} is not base64.") from None
        if len(key) != 32:
            raise KeyringError(f"Master key {name!r} has {len(key)} bytes; it needs 32.")
        if name in keys:
            raise KeyringError(f"Two master keys are named {name!r}.")
        keys[name] = key
    return Keyring(next(iter(keys)), keys)


def generate_key(name: str) -> str:
    """Return a fresh master key as `name:base64`."""
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
