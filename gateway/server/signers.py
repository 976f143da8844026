"""The keys that sign checkpoints, receipts and notices.

They are lasting keys (`gateway/storage/lasting_keys.py`), so that the rotation of master keys keeps them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.note import Signer
from consent.notices.token import NoticeSigner
from consent.receipts import ReceiptSigner
from gateway.config import Settings
from gateway.storage.lasting_keys import LastingKeys


def audit_signer(settings: Settings, keys: LastingKeys) -> Signer:
    """Return the signer of this Gigway's log; its name is the issuer's host."""
    return Signer(f"{urlsplit(settings.issuer).netloc}/log", _private(keys.key("audit")))


def receipt_signer(keys: LastingKeys) -> ReceiptSigner:
    """Return the signer of this Gigway's receipts."""
    return ReceiptSigner(_private(keys.key("receipts")))


def notice_signer(settings: Settings, keys: LastingKeys) -> NoticeSigner:
    """Return the signer of this Gigway's notices to actors."""
    return NoticeSigner(settings.issuer, _private(keys.key("notices")))


def _private(key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key)
