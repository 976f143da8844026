"""Secrets at rest: envelope encryption with AES-256-GCM, one data key per secret.

A sealed secret is `version ‖ key name ‖ wrapped data key ‖ ciphertext`; its context (what it is for, whose it is) is
authenticated with it, so that a ciphertext moved to another row does not open.
Satisfies `connectors`' `Vault` protocol.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.storage.keyring import Keyring, KeyringError

_VERSION = 1
_NONCE = 12
_WRAPPED = _NONCE + 32 + 16


class VaultError(Exception):
    """A sealed secret cannot be opened: another context, a missing key, or tampered bytes."""


class Vault:
    """Seals and opens secrets under the keyring's keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._wrappers = {name: AESGCM(keyring.derive("vault", name=name)) for name in keyring.keys}

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return `plaintext` encrypted for `context`, under the current key."""
        data_key, name = AESGCM.generate_key(256), self._keyring.current.encode()
        header = bytes([_VERSION, len(name)]) + name
        wrap_nonce, nonce = secrets.token_bytes(_NONCE), secrets.token_bytes(_NONCE)
        wrapped = wrap_nonce + self._wrappers[name.decode()].encrypt(wrap_nonce, data_key, header)
        return header + wrapped + nonce + AESGCM(data_key).encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed for `context`. Raises `VaultError`."""
        name, header_end = self._read_header(sealed)
        try:
            wrapper = self._wrappers[name]
        except KeyError:
            raise VaultError(str(KeyringError(f"There is no master key named {name!r}."))) from None
        wrapped, rest = sealed[header_end : header_end + _WRAPPED], sealed[header_end + _WRAPPED :]
        try:
            data_key = wrapper.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], sealed[:header_end])
            return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], context.encode())
        except (InvalidTag, ValueError):
            raise VaultError("The sealed secret does not open: it was changed or belongs elsewhere.") from None

    def needs_rotation(self, sealed: bytes) -> bool:
        """Whether `sealed` was written under a key other than the current one."""
        return self._read_header(sealed)[0] != self._keyring.current

    def rotate(self, sealed: bytes, context: str) -> bytes:
        """Return the same secret sealed under the current key. Raises `VaultError`."""
        return self.seal(self.open(sealed, context), context)

    @staticmethod
    def _read_header(sealed: bytes) -> tuple[str, int]:
        if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + _WRAPPED + _NONCE:
            raise VaultError("The sealed secret is not of a known form.")
        end = 2 + sealed[1]
        return sealed[2:end].decode(errors="replace"), end
