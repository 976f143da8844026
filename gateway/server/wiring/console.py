"""The console: what actors, platforms and the operator do for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from starlette.routing import BaseRoute

from consent.columns import utc_now
from consent.console.actions import COMMAND_LINE, ActionHistory
from consent.console.approvals import Approvals
from consent.console.clients import ConsoleClients
from consent.console.invitations import Invitations
from consent.console.members import Members, ensure_operator, has_operator
from consent.console.organizations import Organizations
from consent.console.oversight import Oversight
from consent.console.pages import routes as console_routes
from consent.console.pages.services import ConsoleServices
from consent.console.roles import OPERATOR
from consent.console.usage import Usage
from consent.oauth.actors import ActorRegistry
from consent.oauth.registration import DynamicRegistration
from consent.signin.settings import SignInSettings
from consent.stops.platform_gates import PlatformGates
from gateway.config import Settings
from gateway.server.demo_workers import OPERATOR_PERSONA
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.oauth import OAuthParts
from gateway.server.wiring.platforms import PlatformParts
from gateway.server.wiring.signin import SignInParts
from gateway.server.wiring.storage import StorageParts
from gateway.storage.database import read_only


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLine:
    """A live platform in the operators' list."""

    platform: str
    display_name: str
    version: str
    is_suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParts:
    """The console's services and pages."""

    services: ConsoleServices
    registration: DynamicRegistration

    def routes(self) -> list[BaseRoute]:
        """Return the pages, and dynamic client registration."""
        return [*console_routes.routes(self.services), *self.registration.routes()]


def build_console(
    settings: Settings,
    storage: StorageParts,
    consent: ConsentParts,
    platforms: PlatformParts,
    sign_in: SignInParts,
    oauth: OAuthParts,
) -> ConsoleParts:
    """Return the console."""
    database, registry = storage.database, ActorRegistry(storage.database)
    members = Members(database, sign_in.sessions)
    registration = DynamicRegistration(database, oauth.settings, consent.stops)
    _ensure_operators(database, members, settings.operator_name, is_demo=sign_in.demo_login is not None)

    def lines() -> Sequence[PlatformLine]:
        closed = PlatformGates().closed(database)
        return [
            PlatformLine(
                platform=each.name,
                display_name=each.definition.platform.display_name,
                version=each.definition.platform.version,
                is_suspended=each.name in closed,
            )
            for each in platforms.platforms.registry.connectors
        ]

    return ConsoleParts(
        services=ConsoleServices(
            engine=database,
            issuer=settings.issuer,
            clock=utc_now,
            sign_in=SignInSettings(issuer=settings.issuer),
            sessions=sign_in.sessions,
            forms=sign_in.forms,
            members=members,
            invitations=Invitations(database, members),
            organizations=Organizations(database, members, registry, platforms.display_names),
            approvals=Approvals(database, members, registry),
            clients=ConsoleClients(database, consent.stops),
            oversight=Oversight(database, members, consent.stops),
            cosignatures=consent.cosignatures,
            usage=Usage(database),
            history=ActionHistory(database),
            registration_tokens=registration,
            platforms=lines,
        ),
        registration=registration,
    )


def _ensure_operators(database: Engine, members: Members, name: str, *, is_demo: bool) -> None:
    """Make the operator's organization, with the demo's operator in it, where they are missing."""

    def is_missing(connection: Connection) -> bool:
        return is_demo and not members.belongs(connection, OPERATOR, OPERATOR_PERSONA.worker_id)

    with read_only(database).connect() as connection:
        if has_operator(connection) and not is_missing(connection):
            return
    with database.begin() as connection:
        ensure_operator(connection, name=name, at=utc_now())
        if is_missing(connection):
            members.join(connection, OPERATOR, OPERATOR_PERSONA.worker_id, "administrator", by=COMMAND_LINE)
