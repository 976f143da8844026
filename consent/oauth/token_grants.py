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
from consent.oauth.clients import RegisteredClient
from consent.oauth.details import DetailsRefusal, Registration, resolve_own
from consent.oauth.issuing import LiveGrant, issue_for_grant, issue_machine, issue_own, load_live_grant
from consent.oauth.server import TokenResponse
from consent.oauth.token_request import ClientOfOurs, refuse_details
from consent.oauth.tokens import StoredToken, find_token, revoke_family, use_refresh_token


class RotateRefreshToken(ClientOfOurs, RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    """`refresh_token`: a new pair for the old one; using an old one twice ends the family."""

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
        """Use the old token up and issue the next pair; `scope` may narrow the access token.

        A FAPI client keeps its refresh token, which is bound to its keys: rotating it would only add ways to lose it
        (FAPI 2.0 §5.3.2.1).
        """
        connection, now = self.server.connection, self.server.now
        client = self.request.client
        if not client.is_fapi and not use_refresh_token(connection, refresh_token, now=now):
            revoke_family(connection, refresh_token.family_id, now=now)
            raise InvalidGrantError("The refresh token was used twice.")
        scope = self.request.payload.scope
        return issue_for_grant(
            connection,
            self.server.settings,
            client,
            user,
            family_id=refresh_token.family_id,
            narrowed_to=scope.split() if scope else None,
            dpop_jkt=self.request.dpop_jkt,
            refreshable=not client.is_fapi,
            now=now,
        )

    def save_token(self, token: TokenResponse) -> None:
        """Nothing is left to do: issuing stored the token."""

    def revoke_old_credential(self, refresh_token: StoredToken) -> None:
        """Nothing is left to do: the old token was used up before the new ones were issued."""


class ActorCredentials(ClientOfOurs, ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """`client_credentials`: an actor's own token, which needs a purpose and reads only what grants cover.

    A platform's or operator's token reads nothing of any worker and asks for nothing but itself.
    """

    def generate_token(self, **_: Any) -> TokenResponse:
        """Resolve what is asked against the client's registration, and issue."""
        client = self.request.client
        if client.actor is None:
            return self._machine_token(client)
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
                    dpop_jkt=self.request.dpop_jkt,
                    now=self.server.now,
                )

    def save_token(self, token: TokenResponse) -> None:
        """Nothing is left to do: issuing stored the token."""

    def _machine_token(self, client: RegisteredClient) -> TokenResponse:
        refuse_details(self.request)
        if self.request.payload.scope:
            raise OAuth2Error(error="invalid_scope", description="The tokens of this client have no scopes.")
        return issue_machine(
            self.server.connection,
            self.server.settings,
            client,
            family_id=new_id(),
            dpop_jkt=self.request.dpop_jkt,
            now=self.server.now,
        )
