"""The authorization server, and how tokens are told from one another."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from consent.oauth import endpoints
from consent.oauth.access import AccessTokens
from consent.oauth.authorization import Authorizations
from consent.oauth.settings import OAuthSettings
from consent.pages.routes import consent_path, error_page
from gateway.config import Settings
from gateway.server.authenticate import Authenticator
from gateway.server.liveness import TokenLiveness
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.platforms import PlatformParts
from gateway.server.wiring.signin import SignInParts
from gateway.server.wiring.storage import StorageParts


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthParts:
    """Who may ask: authorizations, and the tokens that come of them."""

    settings: OAuthSettings
    services: endpoints.OAuthServices
    authorizations: Authorizations
    authenticator: Authenticator
    liveness: TokenLiveness

    def routes(self) -> list[BaseRoute]:
        """Return the endpoints of the RFCs."""
        return endpoints.routes(self.services)


def build_oauth(
    settings: Settings, storage: StorageParts, consent: ConsentParts, platforms: PlatformParts, sign_in: SignInParts
) -> OAuthParts:
    """Return the authorization server of `settings.issuer`."""
    database = storage.database
    oauth = OAuthSettings(
        issuer=settings.issuer,
        seal=storage.sealer.seal_for_actor,
        unseal=storage.sealer.unseal_for_actor,
        platforms=platforms.display_names,
        nonce_key=storage.lasting.key("nonces"),
    )
    return OAuthParts(
        settings=oauth,
        services=endpoints.OAuthServices(
            engine=database,
            settings=oauth,
            grants=consent.grants,
            error_page=error_page(sign_in.forms),
            consent_path=consent_path,
        ),
        authorizations=Authorizations(database, oauth, consent.grants),
        authenticator=Authenticator(AccessTokens(database, oauth), oauth.resource),
        liveness=TokenLiveness(database, oauth.clock),
    )
