"""The live connectors: how platforms are registered, reached and read."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass

from connectors.catalogue import built_in
from connectors.directory import DirectorySubgraph
from connectors.environment import Environment
from connectors.feeds import FeedKeeper, FeedSource, FeedStore
from connectors.linking.mail import SandboxMail, SmtpMail
from connectors.linking.proving import Mail
from connectors.observation import Observer
from connectors.registration import LiveFeeds, Registration
from connectors.registration.desk import RegistrationDesk
from connectors.registration.fields import RegistrationFields
from connectors.registration.runs import ConformanceRuns
from connectors.registry import Platforms, build_platforms
from connectors.sandbox.providers import built_in_providers
from connectors.transport import Wire
from consent.columns import utc_now
from consent.console.roles import may
from consent.grants.visibility import SubjectGates
from consent.stops.platform_gates import PlatformGates
from gateway.config import Settings
from gateway.registry import composition_messages
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.storage import StorageParts


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformParts:
    """The platforms of this Gigway. `generation` is the version of the registry that they were built from."""

    settings: Settings
    consent: ConsentParts
    environment: Environment
    wire: Wire
    registration: Registration
    observer: Observer
    desk: RegistrationDesk
    generation: int
    platforms: Platforms
    feeds: FeedKeeper
    market: FeedSource

    def directory(self) -> DirectorySubgraph:
        """Return the directory of the connectors that are live now."""
        return DirectorySubgraph(
            self.platforms.registry.connectors,
            self.platforms.accounts,
            self.consent.consented,
            simulated=bool(self.settings.sandbox_url),
            registration=RegistrationFields(self.desk, may),
        )

    def display_names(self) -> dict[str, str]:
        """Return how each live platform calls itself."""
        return {each.name: each.definition.platform.display_name for each in self.platforms.registry.connectors}

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what reads feeds in the background."""
        return [self.feeds.run()]

    async def close(self) -> None:
        """Hang up."""
        await self.desk.close()
        await self.wire.close()


def build_platform_parts(settings: Settings, storage: StorageParts, consent: ConsentParts) -> PlatformParts:
    """Register the built-in catalogue where it is new, and return what is live."""
    environment = Environment(
        sandbox_url=settings.sandbox_url or None,
        timeout=settings.upstream_timeout,
        sandboxes=settings.sandboxes,
        registrations=settings.registrations,
        config=settings.connector_config,
    )
    wire = Wire()
    observer = Observer(storage.database, consent.roll, clock=utc_now)
    registration = Registration(
        storage.database,
        PlatformGates(),
        composition_messages,
        uses=observer,
        clock=utc_now,
    )
    registration.seed(built_in())
    if environment.sandbox_url is not None:
        registration.seed(built_in_providers())
    feeding, copies = LiveFeeds(registration), FeedStore(storage.database, clock=utc_now)
    feeds = FeedKeeper(copies, feeding, wire, environment, clock=utc_now)
    generation, connectors = registration.live()
    return PlatformParts(
        settings=settings,
        consent=consent,
        environment=environment,
        wire=wire,
        registration=registration,
        observer=observer,
        desk=RegistrationDesk(
            registration,
            observer,
            environment,
            ConformanceRuns(storage.database, consent.roll, clock=utc_now),
            simulated=frozenset(each.name for each in (*built_in(), *built_in_providers())),
            drain=consent.drain_platform,
        ),
        generation=generation,
        platforms=build_platforms(
            connectors,
            wire=wire,
            engine=storage.database,
            vault=storage.vault,
            gate=SubjectGates(),
            consented=consent.consented,
            drain=consent.drain_account,
            environment=environment,
            pseudonym_key=storage.lasting.key("pseudonym"),
            digest_key=storage.lasting.key("digest"),
            mail=_mail(settings, wire),
        ),
        feeds=feeds,
        market=FeedSource(copies, feeding, is_read=feeds.is_read, simulated=environment.sandbox_url is not None),
    )


def _mail(settings: Settings, wire: Wire) -> Mail | None:
    """Return how mail reaches workers; invented ones have their inbox in the sandbox."""
    if settings.sandbox_url:
        return SandboxMail(wire, settings.sandbox_url)
    return SmtpMail(url=settings.mail_url, sender=settings.mail_from) if settings.mail_url else None
