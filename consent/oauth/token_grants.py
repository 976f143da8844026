"""The token endpoint's other two grants on Authlib's classes: refresh and client credentials.

Authlib checks, saves and deletes in separate steps; here a refresh token is used up by one conditional
statement before anything is issued, so that simultaneous requests cannot both win.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidGrantError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant, RefreshTokenGrant

from consent.models import new_id
from consent.oauth.code_flow import CLIENT_AUTH_METHODS, refuse_details
from consent.oauth.details import DetailsRefusal, Registration, resolve_own
from consent.oauth.issuing import LiveGrant, issue_for_grant, issue_own, load_live_grant
from consent.oauth.server import TokenResponse
from consent.oauth.tokens import StoredToken, find_token, revoke_family, use_refresh_token


class RotateRefreshToken(RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    """`refresh_token`: a new pair for the old one; using an old one twice ends the family."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> StoredToken | None:
        """Return a live, unused refresh token of this client; treat a used one as stolen."""
        refuse_details(self.request)
        connection, now = self.server.connection, self.server.now
        token = find_token(connection, refresh_token, now=now)
        if token is None or token.kind != "refresh" or not token.check_client(self.request.client):
            return None
        if token.is_ended:
            return None
        if token.is_used:
            revoke_family(connection, token.family_id, now=now)
            return None
        return token

    def authenticate_user(self, refresh_token: StoredToken) -> LiveGrant | None:
        """Return the token's grant while it lives."""
        if refresh_token.grant_id is None:
            return None
        return load_live_grant(self.server.connection, refresh_token.grant_id, now=self.server.now)

    def issue_token(self, user: LiveGrant, refresh_token: StoredToken) -> TokenResponse:
        """Use the old token up and issue the next pair; `scope` may narrow the access token."""
        connection, now = self.server.connection, self.server.now
        if not use_refresh_token(connection, refresh_token, now=now):
            revoke_family(connection, refresh_token.family_id, now=now)
            raise InvalidGrantError("The refresh token was used twice.")
        scope = self.request.payload.scope
        return issue_for_grant(
            connection,
            self.server.settings,
            self.request.client,
            user,
            family_id=refresh_token.family_id,
            narrowed_to=scope.split() if scope else None,
            now=now,
        )

    def save_token(self, token: TokenResponse) -> None:
        """Nothing is left to do: issuing stored the token."""

    def revoke_old_credential(self, refresh_token: StoredToken) -> None:
        """Nothing is left to do: the old token was used up before the new ones were issued."""


class ActorCredentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """`client_credentials`: an actor's own token, which needs a purpose and reads only what grants cover."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH_METHODS

    def generate_token(self, **_: Any) -> TokenResponse:
        """Resolve what is asked against the client's registration, and issue."""
        client = self.request.client
        match resolve_own(
            self.request.form.get("authorization_details"),
            self.request.payload.scope,
            client=Registration(categories=client.categories, purposes=client.purposes),
        ):
            case DetailsRefusal(error=error, description=description):
                raise OAuth2Error(error=error, description=description)
            case own:
                return issue_own(
                    self.server.connection,
                    self.server.settings,
                    client,
                    own,
                    family_id=new_id(),
                    now=self.server.now,
                )

    def save_token(self, token: TokenResponse) -> None:
        """Nothing is left to do: issuing stored the token."""
