"""Signing keys that are replaced now and then, and what is signed with them as a JWS.

Every key has versions. One is *published* before it signs, so that whoever keeps a copy of our key set has it by
then; it *signs* until the next one does; what it has signed stays verifiable for as long as its public half is
published, which is for good, unless it is marked as compromised:

    published ──(used_from)──► signs ──(the next one's used_from)──► verifies ──► retired: its private half is gone
        └────────────────────────┴──────────────────────────────────────┴──► compromised: nothing by it counts

Where keys are kept is not this package's matter: `Keys` returns the versions as they are now.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from consent.columns import utc_now

ALGORITHM = "Ed25519"
"""RFC 9864."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """One version of a signing key. `private` is None once it is retired."""

    version: int
    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None = field(repr=False)
    published_at: datetime
    used_from: datetime
    retired_at: datetime | None = None
    compromised_at: datetime | None = None

    def is_compromised(self, at: datetime) -> bool:
        """Whether somebody else may have it."""
        return self.compromised_at is not None and self.compromised_at <= at

    def can_sign(self, at: datetime) -> bool:
        """Whether it has been published for long enough and nobody else may have it."""
        return self.private is not None and self.used_from <= at and not self.is_compromised(at)

    @property
    def ended_at(self) -> datetime | None:
        """When it was retired or marked as compromised, whichever came first."""
        return min((each for each in (self.retired_at, self.compromised_at) if each is not None), default=None)

    @property
    def kid(self) -> str:
        """The key's thumbprint (RFC 7638)."""
        return OKPKey.import_key(_public_jwk(self.public)).thumbprint()


Keys = Callable[[], Sequence[KeyVersion]]
"""Returns a key's versions, the oldest first."""


class NoKeyError(RuntimeError):
    """No version of a key can sign: all are retired, compromised or not yet in use."""


def always(key: Ed25519PrivateKey) -> Keys:
    """Return the versions of a key that has one for ever."""
    begin = datetime.fromtimestamp(0, UTC)
    only = KeyVersion(version=1, public=key.public_key(), private=key, published_at=begin, used_from=begin)
    return lambda: [only]


def signing(versions: Sequence[KeyVersion], at: datetime) -> KeyVersion:
    """Return the version that signs at an instant: the newest that can. Raises `NoKeyError`."""
    able = [each for each in versions if each.can_sign(at)]
    if not able:
        raise NoKeyError("no version of this key can sign now; make one with `gigway keys new`")
    return max(able, key=lambda each: each.version)


def ends_at(version: KeyVersion, versions: Sequence[KeyVersion]) -> datetime | None:
    """Return when a version stops or has stopped to sign, None while none is there to follow it."""
    ends = [each.used_from for each in versions if each.version > version.version]
    if version.ended_at is not None:
        ends.append(version.ended_at)
    return min(ends, default=None)


class JwsSigner:
    """Signs JSON as compact JWS of one type, with the version of its key that is in use."""

    def __init__(self, keys: Keys, type_: str, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._keys = keys
        self._type = type_
        self._clock = clock

    def sign(self, payload: Mapping[str, Any]) -> str:
        """Return `payload` as a compact JWS. Raises `NoKeyError`."""
        return self._sign(_canonical(payload))

    def renew(self, token: str) -> str:
        """Return a token that waits to be sent so that its receiver can verify it.

        That is itself, or, when its key has been marked as compromised since, the same signed with another.
        """
        header, payload, _ = token.split(".")
        kid, now = json.loads(_decode(header))["kid"], self._clock()
        if any(each.kid == kid and not each.is_compromised(now) for each in self._keys()):
            return token
        return self._sign(_decode(payload))

    def jwks(self) -> dict[str, Any]:
        """Return the JWK set (RFC 7517): who signs, who signed, who will; `revoked` lists what must not be believed.

        A key's `nbf` and `exp` say from when to when it signs.
        """
        now, versions = self._clock(), self._keys()
        published = [_jwk(each, ends_at(each, versions)) for each in versions if not each.is_compromised(now)]
        revoked = [
            {"kid": each.kid, "revoked_at": int(each.compromised_at.timestamp()), "reason": "compromised"}
            for each in versions
            if each.compromised_at is not None and each.is_compromised(now)
        ]
        return {"keys": published, **({"revoked": revoked} if revoked else {})}

    def _sign(self, payload: bytes) -> str:
        version = signing(self._keys(), self._clock())
        assert version.private is not None
        secret = _encode(version.private.private_bytes_raw())
        key = OKPKey.import_key({**_public_jwk(version.public), "d": secret})
        header = {"alg": ALGORITHM, "kid": version.kid, "typ": self._type}
        return str(jws.serialize_compact(header, payload, key, algorithms=[ALGORITHM]))


def _jwk(version: KeyVersion, end: datetime | None) -> dict[str, Any]:
    period = {"nbf": int(version.used_from.timestamp())} | ({"exp": int(end.timestamp())} if end else {})
    return {**_public_jwk(version.public), "kid": version.kid, "use": "sig", "alg": ALGORITHM, **period}


def _public_jwk(key: Ed25519PublicKey) -> dict[str, str | list[str]]:
    return {"kty": "OKP", "crv": "Ed25519", "x": _encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw))}


def _canonical(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
