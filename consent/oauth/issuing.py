"""What a token may say: derived from the live grant at the moment of issue, never from what a client sends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from consent.oauth.clients import RegisteredClient
from consent.oauth.details import DETAILS_TYPE, Item, OwnRequest, granted_details, scopes_of
from consent.oauth.models import GRANT_ITEMS, GRANTS
from consent.oauth.server import TokenResponse
from consent.oauth.settings import OAuthSettings
from consent.oauth.tokens import NewToken, issue_token


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGrant:
    """A grant that is active and not expired, with what it covers."""

    grant_id: str
    worker_id: str
    client_id: str
    actor_id: str
    purpose: str
    expires_at: datetime
    items: frozenset[Item]


def load_live_grant(connection: Connection, grant_id: str, *, now: datetime) -> LiveGrant | None:
    """Return the grant if it is live at `now`."""
    row = connection.execute(
        select(GRANTS.c.worker_id, GRANTS.c.client_id, GRANTS.c.actor_id, GRANTS.c.purpose, GRANTS.c.expires_at).where(
            GRANTS.c.id == grant_id, GRANTS.c.status == "active", GRANTS.c.expires_at > now
        )
    ).one_or_none()
    if row is None:
        return None
    items = connection.execute(
        select(GRANT_ITEMS.c.platform, GRANT_ITEMS.c.category).where(
            GRANT_ITEMS.c.grant_id == grant_id, GRANT_ITEMS.c.granted
        )
    ).all()
    return LiveGrant(
        grant_id=grant_id,
        worker_id=row.worker_id,
        client_id=row.client_id,
        actor_id=row.actor_id,
        purpose=row.purpose,
        expires_at=row.expires_at,
        items=frozenset(Item(item.platform, item.category) for item in items),
    )


def issue_for_grant(
    connection: Connection,
    settings: OAuthSettings,
    client: RegisteredClient,
    grant: LiveGrant,
    *,
    family_id: str,
    narrowed_to: Collection[str] | None,
    dpop_jkt: str | None,
    refreshable: bool,
    now: datetime,
) -> TokenResponse:
    """Issue an access token under `grant`, and with `refreshable` a refresh token; they end with it at the latest.

    `narrowed_to` restricts the access token's scopes (RFC 6749 §6); the refresh token keeps them all. The access
    token is bound to the key `dpop_jkt`, if any; refresh tokens are bound to the client's authentication.
    """
    details = granted_details(grant.purpose, grant.items, grant.expires_at)
    scopes = scopes_of(item.category for item in grant.items)
    access_scopes = scopes if narrowed_to is None else sorted(set(scopes) & set(narrowed_to))
    access_expiry = min(now + settings.access_lifetime, grant.expires_at)

    def describe(token_scopes: list[str], expires_at: datetime) -> NewToken:
        return NewToken(
            client_id=client.client_id,
            grant_id=grant.grant_id,
            family_id=family_id,
            purpose=grant.purpose,
            scopes=token_scopes,
            authorization_details=details,
            dpop_jkt=dpop_jkt,
            issued_at=now,
            expires_at=expires_at,
        )

    refresh_expiry = min(now + settings.refresh_lifetime, grant.expires_at)
    refresh_token = issue_token(connection, "refresh", describe(scopes, refresh_expiry)) if refreshable else None
    return TokenResponse(
        {} if refresh_token is None else {"refresh_token": refresh_token},
        access_token=issue_token(connection, "access", describe(access_scopes, access_expiry)),
        token_type="Bearer" if dpop_jkt is None else "DPoP",
        expires_in=_seconds(access_expiry, now),
        scope=" ".join(access_scopes),
        authorization_details=details,
        grant_id=grant.grant_id,
        worker=settings.seal(grant.worker_id, grant.actor_id),
    )


def issue_own(
    connection: Connection,
    settings: OAuthSettings,
    client: RegisteredClient,
    request: OwnRequest,
    *,
    family_id: str,
    dpop_jkt: str | None,
    now: datetime,
) -> TokenResponse:
    """Issue an actor's own access token, for one purpose and whatever its workers' grants cover."""
    scopes = [*scopes_of(request.categories), *sorted(request.management)]
    details = []
    if request.purpose is not None:
        details = [{"type": DETAILS_TYPE, "purpose": request.purpose, "categories": sorted(request.categories)}]
    expires_at = now + settings.access_lifetime
    token = NewToken(
        client_id=client.client_id,
        grant_id=None,
        family_id=family_id,
        purpose=request.purpose or "",
        scopes=scopes,
        authorization_details=details,
        dpop_jkt=dpop_jkt,
        issued_at=now,
        expires_at=expires_at,
    )
    return TokenResponse(
        access_token=issue_token(connection, "access", token),
        token_type="Bearer" if dpop_jkt is None else "DPoP",
        expires_in=_seconds(expires_at, now),
        scope=" ".join(scopes),
        authorization_details=details,
    )


def issue_machine(
    connection: Connection,
    settings: OAuthSettings,
    client: RegisteredClient,
    *,
    family_id: str,
    dpop_jkt: str | None,
    now: datetime,
) -> TokenResponse:
    """Issue a platform's or operator's access token. It has no scopes: what it may do, its client's role says."""
    expires_at = now + settings.access_lifetime
    token = NewToken(
        client_id=client.client_id,
        grant_id=None,
        family_id=family_id,
        purpose="",
        scopes=[],
        authorization_details=[],
        dpop_jkt=dpop_jkt,
        issued_at=now,
        expires_at=expires_at,
    )
    return TokenResponse(
        access_token=issue_token(connection, "access", token),
        token_type="Bearer" if dpop_jkt is None else "DPoP",
        expires_in=_seconds(expires_at, now),
    )


def _seconds(until: datetime, now: datetime) -> int:
    return int((until - now).total_seconds())
