"""What signs checkpoints and notices in this Gigway's name.

Their keys are lasting keys with versions (`gateway/storage/key_watch.py`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from consent.audit.log_signer import LogSigner
from consent.notices.token import NoticeSigner
from consent.signing import Keys
from gateway.config import Settings


def audit_signer(settings: Settings, keys: Keys) -> LogSigner:
    """Return the signer of this Gigway's log; its name is the issuer's host."""
    return LogSigner(f"{urlsplit(settings.issuer).netloc}/log", keys)


def notice_signer(settings: Settings, keys: Keys) -> NoticeSigner:
    """Return the signer of this Gigway's notices to actors."""
    return NoticeSigner(settings.issuer, keys)
