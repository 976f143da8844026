"""Account linking: the worker lets Gigway read from their account at a platform.

    GET  /link/{platform}            what will happen, a button
    POST /link/{platform}            attempt kept (state, PKCE verifier) ─► the platform's authorization page
    GET  /link/{platform}/callback   state ─► attempt of this worker ─► code for tokens ─► whose account ─► stored
    POST /link/{platform}            … or, where Gigway's own credential reads: claim kept, code delivered
    POST /link/{platform}/prove      claim and code ─► whose account ─► stored
    POST /link/unlink                gate closed, credential deleted, leases drained, token revoked at the platform

Reading order:
    models         link attempts, and claims
    attempts       keeping and redeeming them, once each
    claims         what a worker says is theirs, and the code that proves it
    mail           how codes are mailed
    proving        handing codes over
    oauth_client   Authlib's client, over our own transport
    credentials    the worker's credential, or Gigway's own
    identity       whose account it is
    service        the steps, without HTTP
    views          what the worker's pages show of linked accounts
    routes         the HTTP side
"""

from connectors.linking.routes import LinkingRoutes
from connectors.linking.service import Drain, Drained, LinkingService, LinkProblem
from connectors.linking.views import LinkedAccountsView, PlatformLink

__all__ = ["Drain", "Drained", "LinkProblem", "LinkedAccountsView", "LinkingRoutes", "LinkingService", "PlatformLink"]
