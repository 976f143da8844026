"""What signs a log's checkpoints: one key, or all versions of a key that can sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.keys import KeyType, VerifierKey, signature_line, verifier_of
from consent.audit.note import Checkpoint
from consent.columns import utc_now
from consent.signing import Keys, signing


class Signer:
    """Signs with one key under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """Raises `ValueError` for a name that no key can have."""
        self._key = key
        self.verifier = verifier_of(name, key, KeyType.LOG)

    @property
    def name(self) -> str:
        """The name that signatures stand under; the origin of a log's checkpoints."""
        return self.verifier.name

    def signature(self, body: str) -> str:
        """Return the signature line of `body`."""
        return signature_line(self.verifier.name, self.verifier.id, self._key.sign(body.encode()))

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
                signs_until=each.ended_at,
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
