"""The key that signs the access log's checkpoints: derived from the oldest master key, so that rotation keeps it."""

from __future__ import annotations

from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.note import Signer
from gateway.config import Settings


def audit_signer(settings: Settings) -> Signer:
    """Return the signer of this Gigway's log; its name is the issuer's host."""
    keyring = settings.keyring
    oldest = list(keyring.keys)[-1]
    secret = keyring.derive("audit", name=oldest)
    return Signer(f"{urlsplit(settings.issuer).netloc}/log", Ed25519PrivateKey.from_private_bytes(secret))
