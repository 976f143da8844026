"""What workers see: their pages, their receipts, and linking an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.linking.routes import LinkingRoutes
from consent.access_log import AccessLog
from consent.grants.reviews import Reviews
from consent.models import new_id
from consent.pages import routes as page_routes
from consent.pages.receipt import ReceiptServices, receipt_routes
from consent.pages.services import PagesServices
from consent.receipts import Party, receipt_signer
from consent.vocabulary import SELF_PURPOSE
from gateway.config import Settings
from gateway.engine import Engine, EngineResponse
from gateway.server.session import RequestSession
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.graph import GraphParts
from gateway.server.wiring.oauth import OAuthParts
from gateway.server.wiring.platforms import PlatformParts
from gateway.server.wiring.signin import SignInParts
from gateway.server.wiring.storage import StorageParts


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParts:
    """The worker's pages."""

    services: PagesServices
    receipts: ReceiptServices
    linking: LinkingRoutes

    def routes(self) -> list[BaseRoute]:
        """Return all pages."""
        return [
            Route("/", _home, methods=["GET"]),
            Route("/favicon.ico", _icon, methods=["GET"]),
            *page_routes.routes(self.services),
            *receipt_routes(self.receipts),
            *self.linking.routes(),
        ]


def build_pages(
    settings: Settings,
    storage: StorageParts,
    consent: ConsentParts,
    platforms: PlatformParts,
    graph: GraphParts,
    sign_in: SignInParts,
    oauth: OAuthParts,
) -> PageParts:
    """Return the pages."""
    return PageParts(
        services=PagesServices(
            engine=storage.database,
            oauth=oauth.settings,
            sessions=sign_in.sessions,
            forms=sign_in.forms,
            passwords=sign_in.passwords,
            demo_login=sign_in.demo_login,
            authorizations=oauth.authorizations,
            grants=consent.grants,
            access_log=AccessLog(storage.database),
            cosignatures=consent.cosignatures,
            contact_codes=consent.contacts,
            inbox=consent.services.inbox,
            reviews=Reviews(storage.database),
            linked_accounts=platforms.platforms.view,
            passkeys=sign_in.passkeys,
            totp=sign_in.totp,
            oidc=sign_in.oidc,
            read_own=_OwnReader(graph.engine),
            wishes=graph.wishes,
            erase=consent.stops.erase_worker,
            sign_up=settings.sign_up,
        ),
        receipts=ReceiptServices(
            sessions=sign_in.sessions,
            grants=consent.grants,
            signer=receipt_signer(storage.signing_keys("receipts")),
            seal=storage.sealer.seal_for_actor,
            intermediary=Party(
                name=settings.operator_name, url=settings.issuer, contact=settings.operator_contact or None
            ),
            checkpoint=consent.cosignatures.newest,
            cosigned=consent.cosignatures.cosigned,
        ),
        linking=LinkingRoutes(
            platforms.platforms.linking,
            platforms.environment,
            current_worker=sign_in.sessions.current_worker,
            forms=sign_in.forms,
            language_of=sign_in.language_of,
            public_url=settings.issuer,
        ),
    )


class _OwnReader:
    """Workers read their own data through the engine, like any other asker, under the purpose `self`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, worker_id: str, query: str, variables: Mapping[str, Any]) -> EngineResponse:
        """Execute `query` as the worker."""
        asker = RequestSession(request_id=new_id(), kind="worker", worker_id=worker_id, purpose=SELF_PURPOSE)
        return await self._engine.execute(query, variables, None, asker)


async def _home(_: Request) -> Response:
    return RedirectResponse("/me", 303)


async def _icon(_: Request) -> Response:
    return RedirectResponse("/assets/gigway.svg", 301)
