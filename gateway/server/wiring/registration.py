"""Registration at the console: pages of the connectors' own, for members of the console's organizations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.routing import BaseRoute

from connectors.registration.desk import PERMISSIONS, Party
from connectors.registration.pages import RegistrationPages, Standing
from consent.columns import utc_now
from consent.console.members import Members
from consent.console.pages.guard import FRESH
from consent.signin.sessions import Sessions
from gateway.server.wiring.platforms import PlatformParts
from gateway.server.wiring.signin import SignInParts
from gateway.server.wiring.storage import StorageParts


def registration_routes(storage: StorageParts, platforms: PlatformParts, sign_in: SignInParts) -> list[BaseRoute]:
    """Return the pages under `/console/<organization>/connectors`."""
    members = Members(storage.database, sign_in.sessions)
    return RegistrationPages(
        platforms.desk,
        standing=_Standings(members, sign_in.sessions, utc_now),
        names_of=members.names_of,
        forms=sign_in.forms,
        language_of=sign_in.language_of,
    ).routes()


class _Standings:
    """Tells who a browser is in an organization of the console."""

    def __init__(self, members: Members, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._members = members
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, request: Request, organization_id: str) -> Standing | None:
        """Return their standing, without any permission for who does not belong; None for who is not signed in."""
        person = await self._sessions.current(request)
        if person is None:
            return None
        member = await self._members.in_organization(request, organization_id)
        if member is None or member.kind == "actor" or not member.is_active:
            nobody = Party(name="", platform="", permissions=frozenset())
            return Standing(party=nobody, organization=organization_id, name="", is_fresh=False)
        return Standing(
            party=Party(
                name=f"{member.kind}:{member.person_id}",
                platform=member.platform if member.kind == "platform" else None,
                permissions=frozenset(each for each in PERMISSIONS if member.may(each)),
            ),
            organization=member.organization_id,
            name=member.name,
            is_fresh=self._clock() - person.auth_time <= FRESH,
        )
