"""What actors are told when a grant begins, changes or ends."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass

from starlette.routing import BaseRoute

from connectors.transport.address import Reach, is_allowed
from consent.notices.outbox import Outbox
from consent.notices.push import HttpPush
from consent.notices.routes import notice_routes
from consent.notices.sender import NoticeSender
from consent.notices.token import NoticeSigner
from gateway.config import Settings
from gateway.server.signers import notice_signer
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.storage import StorageParts


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeParts:
    """The outbox and what empties it."""

    signer: NoticeSigner
    push: HttpPush
    sender: NoticeSender

    def routes(self) -> list[BaseRoute]:
        """Return where actors find the keys."""
        return notice_routes(self.signer)

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what sends."""
        return [self.sender.run()]

    async def close(self) -> None:
        """Hang up."""
        await self.push.close()


def build_notices(settings: Settings, storage: StorageParts, consent: ConsentParts) -> NoticeParts:
    """Return what tells actors. Their addresses are public ones, or this machine's where the issuer is."""
    signer = notice_signer(settings, storage.signing_keys("notices"))
    push = HttpPush(
        lambda ip: is_allowed(ip, Reach.PUBLIC) or (settings.is_loopback and is_allowed(ip, Reach.LOOPBACK))
    )
    outbox = Outbox(storage.database, signer, storage.sealer.seal_for_actor, cosigned=consent.cosignatures.cosigned)
    return NoticeParts(signer=signer, push=push, sender=NoticeSender(outbox, push))
