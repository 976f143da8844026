"""The authorization code flow on Authlib's grant class, both halves: from consent to code, from code to tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from authlib.oauth2.rfc6749.errors import InvalidGrantError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from sqlalchemy import Connection

from consent.models import new_id
from consent.oauth.clients import RegisteredClient
from consent.oauth.codes import RedeemedCode, ReplayedCode, redeem_code, save_code
from consent.oauth.details import Item
from consent.oauth.issuing import LiveGrant, issue_for_grant, load_live_grant
from consent.oauth.machine_secrets import AUTHORIZATION_CODE, mint
from consent.oauth.server import TokenResponse
from consent.oauth.token_request import ClientOfOurs, refuse_details
from consent.oauth.tokens import revoke_family


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """A worker's yes: to which of the items asked for, and the proof of what they saw (GDPR Art. 7(1))."""

    worker_id: str
    granted: frozenset[Item]
    refused: frozenset[Item]
    purpose: str
    expires_at: datetime
    locale: str
    notice_sha256: str
    screen_sha256: str
    amr: Sequence[str]
    replaces: str | None = None


class Written(Protocol):
    """A grant that was just written."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


class GrantWriter(Protocol):
    """Stores a new grant inside the caller's transaction (`consent.grants.lifecycle.GrantService`)."""

    def grant(
        self,
        session: Connection,
        /,
        *,
        worker_id: str,
        client_id: str,
        actor_id: str,
        purpose: str,
        granted: Iterable[tuple[str, str]],
        refused: Iterable[tuple[str, str]],
        expires_at: datetime,
        locale: str,
        notice_sha256: str,
        screen_sha256: str,
        amr: Sequence[str],
        replaces: str | None,
    ) -> Written:
        """Return the new, active grant. Raises when it may not be."""
        ...


def write_grant(
    writer: GrantWriter, connection: Connection, client: RegisteredClient, consent: ConsentGiven
) -> Written:
    """Store what a worker allowed `client`, which is an actor's, in the caller's transaction."""
    assert client.actor is not None, "only actors are granted anything"
    return writer.grant(
        connection,
        worker_id=consent.worker_id,
        client_id=client.client_id,
        actor_id=client.actor.id,
        purpose=consent.purpose,
        granted=consent.granted,
        refused=consent.refused,
        expires_at=consent.expires_at,
        locale=consent.locale,
        notice_sha256=consent.notice_sha256,
        screen_sha256=consent.screen_sha256,
        amr=consent.amr,
        replaces=consent.replaces,
    )


class CodeFlow(ClientOfOurs, AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """`authorization_code`: one grant, one code, one redemption.

    For the first half the request carries `consent` (a `ConsentGiven`) and `grant_writer`; `grant_id` is then set.
    """

    def generate_authorization_code(self) -> str:
        """Return a fresh code."""
        return mint(AUTHORIZATION_CODE)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Write the grant that the worker gave, and the code that stands for it, in one transaction."""
        consent: ConsentGiven = request.consent
        server = self.server
        written = write_grant(request.grant_writer, server.connection, request.client, consent)
        request.grant_id = written.id
        save_code(
            server.connection,
            code,
            grant_id=written.id,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            code_challenge=request.form["code_challenge"],
            dpop_jkt=request.dpop_jkt,
            family_id=new_id(),
            expires_at=server.now + server.settings.code_lifetime,
        )

    def query_authorization_code(self, code: str, client: Any) -> RedeemedCode | None:
        """Use the code up. A replay ends every token that came from it (RFC 6749 §4.1.2)."""
        refuse_details(self.request)
        server = self.server
        match redeem_code(server.connection, code, client_id=client.client_id, now=server.now):
            case ReplayedCode(family_id=family_id):
                revoke_family(server.connection, family_id, now=server.now)
                return None
            case RedeemedCode(dpop_jkt=jkt) if jkt is not None and jkt != self.request.dpop_jkt:
                raise InvalidGrantError("The code was issued to the holder of another key.")
            case found:
                return found

    def authenticate_user(self, authorization_code: RedeemedCode) -> LiveGrant | None:
        """Return the code's grant, unless the worker has withdrawn it meanwhile."""
        return load_live_grant(self.server.connection, authorization_code.grant_id, now=self.server.now)

    def generate_token(self, user: LiveGrant, **_: Any) -> TokenResponse:
        """Issue the tokens."""
        return issue_for_grant(
            self.server.connection,
            self.server.settings,
            self.request.client,
            user,
            family_id=self.request.authorization_code.family_id,
            narrowed_to=None,
            dpop_jkt=self.request.dpop_jkt,
            refreshable=True,
            now=self.server.now,
        )

    def save_token(self, token: TokenResponse) -> None:
        """Nothing is left to do: issuing stored the token."""

    def delete_authorization_code(self, authorization_code: RedeemedCode) -> None:
        """The code stays, as the tombstone by which a replay is known."""
