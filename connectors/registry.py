"""The live connectors of one process, each with its subgraph; and the directory over them.

`build_platforms` wires what belongs together: transport, accounts, linking, runtime. Everything is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from connectors.accounts import AccountStore, CredentialKeeper, SubjectGate, Vault
from connectors.directory import ConsentedAccounts, DirectorySubgraph
from connectors.environment import Environment
from connectors.linking.attempts import AttemptStore
from connectors.linking.claims import ClaimStore
from connectors.linking.credentials import CredentialDesk
from connectors.linking.proving import CodeDelivery, Mail
from connectors.linking.service import Drain, LinkingService
from connectors.linking.views import LinkedAccountsView
from connectors.runtime import ConnectorSubgraph
from connectors.runtime.linked import Credentials, Takeouts
from connectors.schema import Connector
from connectors.takeout import TakeoutStore
from connectors.transport import Upstream, Wire
from connectors.upstreams import open_upstream


def utc_now() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


class Registry:
    """The live connectors. `swap` replaces the set; subgraphs handed out before keep running."""

    def __init__(
        self,
        wire: Wire,
        environment: Environment,
        *,
        pseudonym_key: bytes,
        takeouts: Takeouts | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._takeouts = takeouts
        self._wire = wire
        self._environment = environment
        self._pseudonym_key = pseudonym_key
        self._clock = clock
        self._credentials: Credentials | None = None
        self._connectors: dict[str, Connector] = {}
        self._upstreams: dict[str, Upstream] = {}
        self._subgraphs: dict[str, ConnectorSubgraph] = {}

    def use(self, credentials: Credentials) -> None:
        """Set what hands out the accounts' credentials; needed before the first `swap`."""
        self._credentials = credentials

    def swap(self, connectors: Iterable[Connector]) -> None:
        """Make these the live connectors; those whose text is unchanged keep their subgraph."""
        fresh = {connector.name: connector for connector in connectors}
        subgraphs: dict[str, ConnectorSubgraph] = {}
        upstreams: dict[str, Upstream] = {}
        for name in sorted(fresh):
            known = self._connectors.get(name)
            if known is not None and known.digest == fresh[name].digest:
                upstreams[name], subgraphs[name] = self._upstreams[name], self._subgraphs[name]
                continue
            upstreams[name] = open_upstream(fresh[name], self._environment, self._wire)
            subgraphs[name] = self._run(fresh[name], upstreams[name])
        self._connectors, self._upstreams, self._subgraphs = fresh, upstreams, subgraphs

    @property
    def connectors(self) -> list[Connector]:
        """The live connectors, by name."""
        return [self._connectors[name] for name in sorted(self._connectors)]

    @property
    def subgraphs(self) -> list[ConnectorSubgraph]:
        """The live subgraphs, by name."""
        return [self._subgraphs[name] for name in sorted(self._subgraphs)]

    def connector(self, name: str) -> Connector | None:
        """Return a live connector."""
        return self._connectors.get(name)

    def upstream(self, name: str) -> Upstream:
        """Return the way to a live connector's platform. Raises `KeyError`."""
        return self._upstreams[name]

    def _run(self, connector: Connector, upstream: Upstream) -> ConnectorSubgraph:
        assert self._credentials is not None
        return ConnectorSubgraph(
            connector,
            upstream=upstream,
            credentials=self._credentials,
            takeouts=self._takeouts,
            pseudonym_key=self._pseudonym_key,
            origin=self._environment.origin(connector.name),
            config=self._environment.config.get(connector.name),
            clock=self._clock,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """Everything that this package serves, wired."""

    registry: Registry
    accounts: AccountStore
    linking: LinkingService
    view: LinkedAccountsView
    directory: DirectorySubgraph


def build_platforms(
    connectors: Iterable[Connector],
    *,
    wire: Wire,
    engine: Engine,
    vault: Vault,
    gate: SubjectGate,
    consented: ConsentedAccounts,
    drain: Drain,
    environment: Environment,
    pseudonym_key: bytes,
    digest_key: bytes,
    mail: Mail | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Platforms:
    """Return connectors, linking and directory over one database.

    `drain` waits, after an account was closed, until nothing reads it any more. `pseudonym_key` and `digest_key` are
    32-byte secrets that stay the same over restarts. Without `mail`, platforms where a mailed code proves a claim
    cannot be linked.
    """
    takeouts = TakeoutStore(engine, vault, clock=clock)
    registry = Registry(wire, environment, pseudonym_key=pseudonym_key, takeouts=takeouts, clock=clock)
    accounts = AccountStore(engine, vault, gate, digest_key=digest_key, clock=clock, forget=[takeouts.forget])
    attempts = AttemptStore(engine, vault, clock=clock)
    desk = CredentialDesk(registry, environment, clock=clock)
    linking = LinkingService(
        registry,
        environment,
        accounts,
        attempts,
        desk=desk,
        claims=ClaimStore(engine, vault, digest_key=digest_key, clock=clock),
        delivery=CodeDelivery(registry, environment, desk, mail, clock=clock),
        takeouts=takeouts,
        clock=clock,
        drain=drain,
    )
    registry.use(CredentialKeeper(accounts, linking, desk, clock=clock))
    registry.swap(connectors)
    simulated = environment.sandbox_url is not None
    return Platforms(
        registry=registry,
        accounts=accounts,
        linking=linking,
        view=LinkedAccountsView(accounts, linking, lambda: registry.connectors, simulated=simulated),
        directory=DirectorySubgraph(registry.connectors, accounts, consented, simulated=simulated),
    )
