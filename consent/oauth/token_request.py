"""What every grant at the token endpoint asks of a client, before it looks at a code, a token or a purpose."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.base import OAuth2Error

from consent.oauth.clients import AUTH_METHODS, RegisteredClient


class ClientOfOurs:
    """Mixed into Authlib's grants: authenticates the client and holds it to its profile.

    It comes before anything is used up, so that a client that must repeat its request (with a nonce, say) still can.
    """

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    request: Any
    server: Any

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Return the client. Raises Authlib's errors."""
        client: RegisteredClient = self.server.authenticate_client(self.request, self.TOKEN_ENDPOINT_AUTH_METHODS)
        if client.is_fapi and self.request.dpop_jkt is None:
            raise OAuth2Error(error="invalid_dpop_proof", description="This client's tokens need a DPoP proof.")
        if self.request.form.get("resource", self.server.settings.resource) != self.server.settings.resource:
            raise OAuth2Error(error="invalid_target", description="resource is not the one that tokens are for.")
        return client


def refuse_details(request: Any) -> None:
    """Refuse `authorization_details` where nothing may be widened without a screen."""
    if "authorization_details" in request.form:
        raise OAuth2Error(
            error="invalid_authorization_details",
            description="What was granted cannot be changed here; make a new authorization request.",
        )
