"""A notice as a Security Event Token (RFC 8417), signed with Ed25519 (RFC 9864).

`sub_id` (RFC 9493) is the id under which the actor knows the worker; of an answered request it is the request's, and
the worker is named only when it was granted. Nothing else in a notice is about a person.
It has no `exp`: what happened stays true. A receiver knows a repeated one by its `jti`.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from consent.notices.changes import Change

TYPE = "secevent+jwt"
GRANT_ENDED = "https://specs.gigway.example/events/grant-ended"
GRANT_CHANGED = "https://specs.gigway.example/events/grant-changed"
REQUEST_ANSWERED = "https://specs.gigway.example/events/request-answered"

_EVENTS = {"ended": GRANT_ENDED, "changed": GRANT_CHANGED, "answered": REQUEST_ANSWERED}


def claims_of(
    change: Change, *, issuer: str, jti: str, issued_at: datetime, worker: str | None, checkpoint: str
) -> dict[str, Any]:
    """Return the claims of the notice about `change`; `worker` is the worker's id as the actor knows it."""
    subject = worker if change.request_id is None else change.request_id
    about = {
        "grant_id": change.grant_id,
        "request_id": change.request_id,
        "replaced_by": change.replaced_by,
        "worker": None if change.request_id is None else worker,
    }
    event = {
        **{name: value for name, value in about.items() if value is not None},
        "reason": change.reason,
        "at": change.at.isoformat(),
        "checkpoint": checkpoint,
    }
    return {
        "iss": issuer,
        "iat": int(issued_at.timestamp()),
        "jti": jti,
        "aud": change.client_id,
        "sub_id": {"format": "opaque", "id": subject},
        "events": {_EVENTS[change.kind]: event},
    }


class NoticeSigner:
    """Signs notices of one issuer. `kid` is the key's thumbprint (RFC 7638)."""

    def __init__(self, issuer: str, key: Ed25519PrivateKey) -> None:
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        public: dict[str, str | list[str]] = {"kty": "OKP", "crv": "Ed25519", "x": _encode(raw)}
        self.issuer = issuer
        self._public = OKPKey.import_key(public)
        self.kid = self._public.thumbprint()
        self._key = OKPKey.import_key({**public, "d": _encode(key.private_bytes_raw())})

    def sign(self, change: Change, *, jti: str, issued_at: datetime, worker: str | None, checkpoint: str) -> str:
        """Return the notice as a compact JWT."""
        claims = claims_of(
            change, issuer=self.issuer, jti=jti, issued_at=issued_at, worker=worker, checkpoint=checkpoint
        )
        payload = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        header = {"alg": "Ed25519", "kid": self.kid, "typ": TYPE}
        return str(jws.serialize_compact(header, payload, self._key, algorithms=["Ed25519"]))

    @property
    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK set."""
        return {"keys": [{**self._public.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": "Ed25519"}]}


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
