"""Checkpoints in the format of C2SP `tlog-checkpoint`, signed as C2SP `signed-note` with Ed25519.

gigway.example/log          ← origin: which log
42                          ← how many leaves
CsUYapGGPo4dkMgIAUqom…=     ← the root, base64
                            ← an empty line ends what is signed
— gigway.example/log Az3g…  ← one line per signature: who, and base64(key id ‖ signature)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consent.columns import utc_now
from consent.signing import Keys, KeyVersion, signing

_ED25519 = b"\x01"
_MARK = "— "


class NoteError(Exception):
    """A note cannot be read, or is not signed by a key that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a log: its first `size` leaves have this `root`."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key and the name that it signs under."""

    name: str
    public: Ed25519PublicKey

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return _key_id(self.name, self.public)

    def text(self) -> str:
        """Return the key as one line: `name+id+base64(algorithm ‖ key)`."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + _raw(self.public)).decode()}"

    @staticmethod
    def read(text: str) -> VerifierKey:
        """Read what `text` wrote. Raises `NoteError`."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            data = base64.b64decode(encoded, validate=True)
            key = VerifierKey(name=name, public=Ed25519PublicKey.from_public_bytes(data[1:]))
        except (ValueError, binascii.Error):
            raise NoteError("The key cannot be read.") from None
        if data[:1] != _ED25519 or key.id.hex() != key_id:
            raise NoteError("The key does not match its id.")
        return key


class Signer:
    """Signs notes under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not name or "+" in name or any(character.isspace() for character in name):
            raise ValueError("the name of a key has no spaces and no plus sign")
        self._key = key
        self.verifier = VerifierKey(name=name, public=key.public_key())

    @property
    def name(self) -> str:
        """The name that signatures stand under; the origin of a log's checkpoints."""
        return self.verifier.name

    def signature(self, body: str) -> str:
        """Return the signature line of `body`."""
        signed = base64.b64encode(self.verifier.id + self._key.sign(body.encode())).decode()
        return f"{_MARK}{self.name} {signed}\n"

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return `checkpoint` as a signed note."""
        body = checkpoint.body()
        return f"{body}\n{self.signature(body)}"


class LogSigner:
    """Signs a log's checkpoints with every version of its key that can sign, the newest first.

    So who knows only an older version of the key can verify on, until that one is retired.
    """

    def __init__(self, name: str, keys: Keys, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.name = name
        self._keys = keys
        self._clock = clock

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return `checkpoint` as a signed note. Raises `NoKeyError`."""
        body, now, versions = checkpoint.body(), self._clock(), self._keys()
        newest = signing(versions, now).version
        private = [each.private for each in reversed(versions) if each.version <= newest and each.can_sign(now)]
        return f"{body}\n{''.join(Signer(self.name, key).signature(body) for key in private if key is not None)}"

    def verifier(self) -> VerifierKey:
        """Return the key of the newest version that signs."""
        return VerifierKey(name=self.name, public=signing(self._keys(), self._clock()).public)

    def verifiers(self) -> list[VerifierKey]:
        """Return the keys of all versions that ever signed or will, the oldest first."""
        return [VerifierKey(name=self.name, public=each.public) for each in self._keys()]

    def periods(self) -> list[KeyPeriod]:
        """Return all versions with their times, the oldest first."""
        versions = self._keys()
        return [
            KeyPeriod(
                version=each.version,
                key=VerifierKey(name=self.name, public=each.public),
                published_at=each.published_at,
                signs_from=each.used_from,
                signs_until=_until(each),
                compromised_at=each.compromised_at,
            )
            for each in versions
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPeriod:
    """A version of a log's key, and from when to when it signs checkpoints; `signs_until` is None while it does."""

    version: int
    key: VerifierKey
    published_at: datetime
    signs_from: datetime
    signs_until: datetime | None
    compromised_at: datetime | None


def _until(version: KeyVersion) -> datetime | None:
    ends = [each for each in (version.retired_at, version.compromised_at) if each is not None]
    return min(ends, default=None)


def read_checkpoint(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint in `note` if one of `keys` has signed it. Raises `NoteError`."""
    if not signed_by(note, keys):
        raise NoteError("No signature by a known key.")
    return _parse(note)


def signed_by(note: str, keys: Iterable[VerifierKey]) -> set[str]:
    """Return the names of those of `keys` whose signature on `note` holds."""
    head, separator, tail = note.rpartition("\n\n")
    body, known, good = head + "\n", list(keys), set()
    if not separator:
        raise NoteError("A note has a body, an empty line and signatures.")
    for line in tail.splitlines():
        name, _, encoded = line.removeprefix(_MARK).rpartition(" ")
        try:
            signed = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NoteError("A signature cannot be read.") from None
        for key in known:
            if line.startswith(_MARK) and key.name == name and key.id == signed[:4]:
                try:
                    key.public.verify(signed[4:], body.encode())
                except InvalidSignature:
                    raise NoteError(f"The signature of {name} does not fit.") from None
                good.add(name)
    return good


def _parse(note: str) -> Checkpoint:
    lines = note.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError, binascii.Error):
        raise NoteError("The checkpoint cannot be read.") from None
    checkpoint = Checkpoint(origin=origin, size=size, root=root)
    if not note.startswith(checkpoint.body() + "\n") or len(root) != hashlib.sha256().digest_size or size < 0:
        raise NoteError("The checkpoint is not written as it should be.")
    return checkpoint


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + _raw(key)).digest()[:4]
