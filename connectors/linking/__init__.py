"""Account linking: the worker lets Gigway read from their account at a platform.

    GET  /link/{platform}            what will happen, a button
    POST /link/{platform}            attempt kept (state, PKCE verifier) ─► the platform's authorization page
    GET  /link/{platform}/callback   state ─► attempt of this worker ─► code for tokens ─► whose account ─► stored
    POST /link/unlink                gate closed, credential deleted, leases drained, token revoked at the platform

Reading order:
    models         link attempts
    attempts       keeping and redeeming them, once each
    oauth_client   Authlib's client, over our own transport
    identity       whose account it is
    service        the steps, without HTTP
    views          what the worker's pages show of linked accounts
    routes         the HTTP side
"""

from connectors.linking.routes import LinkingRoutes
from connectors.linking.service import Drain, Drained, LinkingService, LinkProblem
from connectors.linking.views import LinkedAccountsView, PlatformLink

__all__ = ["Drain", "Drained", "LinkProblem", "LinkedAccountsView", "LinkingRoutes", "LinkingService", "PlatformLink"]
