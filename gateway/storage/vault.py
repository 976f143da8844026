"""Secrets at rest: envelope encryption with AES-256-GCM, one data key per secret.

A sealed secret is `version ‖ key name ‖ wrapped data key ‖ ciphertext`; its context (what it is for, whose it is) is
authenticated with it, so that a ciphertext moved to another row does not open.
Satisfies `connectors`' `Vault` protocol.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.storage.keyring import Keyring

_VERSION = 1
_NONCE = 12
_WRAPPED = _NONCE + 32 + 16
_UNOPENED = "The sealed secret does not open: it was changed or belongs elsewhere."


class VaultError(Exception):
    """A sealed secret cannot be opened: another context, a missing key, or tampered bytes."""


class UnknownKeyError(VaultError):
    """A secret is sealed under a master key that is not configured."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no master key named {name!r}; add it to GIGWAY_MASTER_KEYS again.")
        self.name = name


class Vault:
    """Seals and opens secrets under the keyring's keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._wrappers = {name: AESGCM(keyring.derive("vault", name=name)) for name in keyring.keys}

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return `plaintext` encrypted for `context`, under the current key."""
        data_key, nonce = AESGCM.generate_key(256), secrets.token_bytes(_NONCE)
        return self._wrap(data_key) + nonce + AESGCM(data_key).encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed for `context`. Raises `VaultError`."""
        data_key, rest = self._unwrap(sealed)
        try:
            return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], context.encode())
        except (InvalidTag, ValueError):
            raise VaultError(_UNOPENED) from None

    def needs_rotation(self, sealed: bytes) -> bool:
        """Whether `sealed` was written under a key other than the current one."""
        return self._read_header(sealed)[0] != self._keyring.current

    def rewrap(self, sealed: bytes) -> bytes:
        """Return the same secret with its data key wrapped under the current master key. Raises `VaultError`.

        The secret itself is not opened, so its context is not needed.
        """
        data_key, rest = self._unwrap(sealed)
        return self._wrap(data_key) + rest

    def _wrap(self, data_key: bytes) -> bytes:
        name = self._keyring.current.encode()
        header, nonce = bytes([_VERSION, len(name)]) + name, secrets.token_bytes(_NONCE)
        return header + nonce + self._wrappers[self._keyring.current].encrypt(nonce, data_key, header)

    def _unwrap(self, sealed: bytes) -> tuple[bytes, bytes]:
        """Return the data key, and what is encrypted under it."""
        name, header_end = self._read_header(sealed)
        wrapper = self._wrappers.get(name)
        if wrapper is None:
            raise UnknownKeyError(name)
        wrapped, rest = sealed[header_end : header_end + _WRAPPED], sealed[header_end + _WRAPPED :]
        try:
            return wrapper.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], sealed[:header_end]), rest
        except (InvalidTag, ValueError):
            raise VaultError(_UNOPENED) from None

    @staticmethod
    def _read_header(sealed: bytes) -> tuple[str, int]:
        if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + _WRAPPED + _NONCE:
            raise VaultError("The sealed secret is not of a known form.")
        end = 2 + sealed[1]
        return sealed[2:end].decode(errors="replace"), end
