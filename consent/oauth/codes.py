"""Authorization codes: saved once, redeemed once.

    issued ──redeem (its client, in time)──► used ──any further redemption──► replay: the family's tokens are revoked

Redemption is one conditional `UPDATE … RETURNING`, so that of any number of simultaneous ones exactly one succeeds;
the row stays as a tombstone, without which a replay would look like a guess (RFC 6749 §4.1.2, RFC 9700 §4.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from consent.oauth.machine_secrets import AUTHORIZATION_CODE, fingerprint, is_shaped
from consent.oauth.models import CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemedCode:
    """A code at the moment of its redemption, as Authlib asks for it."""

    grant_id: str
    client_id: str
    redirect_uri: str
    code_challenge: str
    family_id: str
    dpop_jkt: str | None
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Return the redirect URI of the authorization request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """The grant holds what was granted; the code repeats nothing."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedCode:
    """A code of this client that had been redeemed before."""

    family_id: str


def save_code(
    connection: Connection,
    code: str,
    *,
    grant_id: str,
    client_id: str,
    redirect_uri: str,
    code_challenge: str,
    dpop_jkt: str | None,
    family_id: str,
    expires_at: datetime,
) -> None:
    """Store `code` as its fingerprint."""
    connection.execute(
        insert(CODES).values(
            code_hash=fingerprint(code),
            grant_id=grant_id,
            client_id=client_id,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            dpop_jkt=dpop_jkt,
            family_id=family_id,
            expires_at=expires_at,
        )
    )


def redeem_code(
    connection: Connection, code: str, *, client_id: str, now: datetime
) -> RedeemedCode | ReplayedCode | None:
    """Use up `code` if it is `client_id`'s, unused and in time. Another client's attempt leaves it as it is."""
    if not is_shaped(code, AUTHORIZATION_CODE):
        return None
    code_hash = fingerprint(code)
    row = connection.execute(
        update(CODES)
        .where(
            CODES.c.code_hash == code_hash,
            CODES.c.client_id == client_id,
            CODES.c.used_at.is_(None),
            CODES.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(CODES.c.grant_id, CODES.c.redirect_uri, CODES.c.code_challenge, CODES.c.family_id, CODES.c.dpop_jkt)
    ).one_or_none()
    if row is not None:
        return RedeemedCode(
            grant_id=row.grant_id,
            client_id=client_id,
            redirect_uri=row.redirect_uri,
            code_challenge=row.code_challenge,
            family_id=row.family_id,
            dpop_jkt=row.dpop_jkt,
        )
    family = connection.execute(
        select(CODES.c.family_id).where(
            CODES.c.code_hash == code_hash, CODES.c.client_id == client_id, CODES.c.used_at.is_not(None)
        )
    ).scalar_one_or_none()
    return None if family is None else ReplayedCode(family_id=family)
