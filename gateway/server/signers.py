"""The keys that sign checkpoints, receipts and notices.

Derived from the oldest master key, so that rotation keeps them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.note import Signer
from consent.notices.token import NoticeSigner
from consent.receipts import ReceiptSigner
from gateway.config import Settings


def audit_signer(settings: Settings) -> Signer:
    """Return the signer of this Gigway's log; its name is the issuer's host."""
    return Signer(f"{urlsplit(settings.issuer).netloc}/log", _key(settings, "audit"))


def receipt_signer(settings: Settings) -> ReceiptSigner:
    """Return the signer of this Gigway's receipts."""
    return ReceiptSigner(_key(settings, "receipts"))


def notice_signer(settings: Settings) -> NoticeSigner:
    """Return the signer of this Gigway's notices to actors."""
    return NoticeSigner(settings.issuer, _key(settings, "notices"))


def _key(settings: Settings, purpose: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(settings.keyring.derive_lasting(purpose))
