"""The keys of signed notes: a log's (Ed25519 over the text) and a witness's (a cosignature, with its time).

    verifier key   example.com/log+530d903a+AekyeRrm…      name + key id + base64(type ‖ public key)
    key id         SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]
    type           0x01 Ed25519 (C2SP signed-note), 0x04 Ed25519 cosignature/v1 (C2SP tlog-cosignature)

A cosignature is `time ‖ signature` over `cosignature/v1`, the time and the checkpoint: as of that time its witness had
seen no longer log under this name, and this one continues all that it had seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MARK: Final = "— "
"""What a signature line begins with."""

MAX_NAME: Final = 200
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_TIME_BYTES: Final = 8
_LATEST: Final = 2**63 - 1


class KeyType(Enum):
    """What a key signs; the value is the byte that stands for it in verifier keys and key ids."""

    LOG = 0x01
    WITNESS = 0x04


class NoteError(ValueError):
    """A key or a note cannot be read, or a note is not signed by a key that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key, what it signs, and the name that it signs under."""

    name: str
    public: Ed25519PublicKey
    type: KeyType = KeyType.LOG

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    def text(self) -> str:
        """Return the key as one line: `name+id+base64(type ‖ key)`."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._material).decode()}"

    def verifies(self, signature: bytes, body: str) -> bool:
        """Whether `signature` is this key's under the note text `body`."""
        if self.type is KeyType.LOG:
            message = body.encode()
        else:
            seconds = int.from_bytes(signature[:_TIME_BYTES], "big")
            if seconds > _LATEST:
                return False
            message, signature = _cosigned(body, seconds), signature[_TIME_BYTES:]
        try:
            self.public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @staticmethod
    def read(text: str) -> VerifierKey:
        """Read what `text` wrote. Raises `NoteError`."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            data = base64.b64decode(encoded, validate=True)
            key = VerifierKey(
                name=name, public=Ed25519PublicKey.from_public_bytes(data[1:]), type=KeyType(data[0] if data else 0)
            )
            matches = is_key_name(name) and key.id.hex() == key_id
        except (ValueError, binascii.Error):
            raise NoteError("The key cannot be read.") from None
        if not matches:
            raise NoteError("The key does not match its id.")
        return key

    @property
    def _material(self) -> bytes:
        return bytes([self.type.value]) + self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)


class Cosigner:
    """Signs checkpoints under a name and with a time, as a witness does."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """Raises `ValueError` for a name that no key can have."""
        self._key = key
        self.verifier = verifier_of(name, key, KeyType.WITNESS)

    def signature(self, body: str, seconds: int) -> str:
        """Return the signature line of the checkpoint `body`, cosigned at `seconds` (POSIX time)."""
        signature = seconds.to_bytes(_TIME_BYTES, "big") + self._key.sign(_cosigned(body, seconds))
        return signature_line(self.verifier.name, self.verifier.id, signature)


def is_key_name(name: str) -> bool:
    """Whether a key can have this name: C2SP signed-note allows neither spaces nor a plus sign."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def signature_line(name: str, key_id: bytes, signature: bytes) -> str:
    """Return the line that carries a signature in a note."""
    return f"{MARK}{name} {base64.b64encode(key_id + signature).decode()}\n"


def cosigned_at(signature: bytes) -> int:
    """Return the POSIX time that a cosignature states."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def verifier_of(name: str, key: Ed25519PrivateKey, type_: KeyType) -> VerifierKey:
    """Return the public half of a key. Raises `ValueError` for a name that no key can have."""
    if not is_key_name(name):
        raise ValueError("the name of a key has no spaces and no plus sign")
    return VerifierKey(name=name, public=key.public_key(), type=type_)


def _cosigned(body: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()
