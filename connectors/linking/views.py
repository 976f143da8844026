"""What the worker's pages show of linked accounts, and their way to unlink."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.accounts.store import AccountStore, AccountView
from connectors.linking.service import Drained, LinkingService
from connectors.schema import Connector
from connectors.schema.definition import Fidelity

Health = Literal["not_linked", "ok", "relink_needed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLink:
    """One platform for one worker; `link_url` begins linking, or linking again."""

    platform: str
    display_name: str
    fidelity: Fidelity
    simulated: bool
    health: Health
    linked_at: datetime | None
    link_url: str


class LinkedAccountsView:
    """Every platform for one worker. Satisfies the consent pages' protocol of the same name."""

    def __init__(
        self,
        store: AccountStore,
        linking: LinkingService,
        connectors: Callable[[], Iterable[Connector]],
        *,
        simulated: bool,
    ) -> None:
        self._store = store
        self._linking = linking
        self._connectors = connectors
        self._simulated = simulated

    async def of_worker(self, worker_id: str) -> list[PlatformLink]:
        """Return every live platform, by its name for people."""
        accounts: dict[str, list[AccountView]] = {}
        for account in await asyncio.to_thread(self._store.of_worker, worker_id):
            accounts.setdefault(account.platform, []).append(account)
        links = [self._link(connector, accounts.get(connector.name, [])) for connector in self._connectors()]
        return sorted(links, key=lambda link: link.display_name.casefold())

    async def unlink(self, worker_id: str, platform: str) -> Drained | None:
        """Unlink all of the worker's accounts at a platform; None when there is none."""
        accounts = await asyncio.to_thread(self._store.of_worker, worker_id)
        outcomes = [
            await self._linking.unlink(account.id, worker_id=worker_id)
            for account in accounts
            if account.platform == platform
        ]
        done = [outcome for outcome in outcomes if outcome is not None]
        return next((each for each in done if each.status == "stopping"), done[0] if done else None)

    def _link(self, connector: Connector, accounts: list[AccountView]) -> PlatformLink:
        platform = connector.definition.platform
        health: Health = "not_linked"
        if accounts:
            health = "ok" if any(account.status == "OK" for account in accounts) else "relink_needed"
        return PlatformLink(
            platform=platform.name,
            display_name=platform.display_name,
            fidelity=platform.fidelity,
            simulated=self._simulated,
            health=health,
            linked_at=max((account.linked_at for account in accounts), default=None),
            link_url=f"/link/{platform.name}",
        )
