"""The subscription of the consent subgraph: workers follow who reads what of theirs, each event with its proof.

Events come in the order of the audit log, about a second after they happen: there none is missed, whichever process
wrote it. Nothing is held between two events, no lease and no connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final, Protocol, cast

import strawberry
from graphql import GraphQLError

from consent.access_log import AccessLog
from consent.subgraph.log import AccessEvent, access_event, event_number
from consent.subgraph.types import bad_input, session_of
from consent.vocabulary import SELF_PURPOSE

FOLLOW_SECONDS: Final = 1.0
"""How often the log is looked at for one follower."""


class StreamServices(Protocol):
    """What the resolver needs of `ConsentServices`."""

    @property
    def access_log(self) -> AccessLog:
        """Reads the access log."""
        ...

    @property
    def follow_seconds(self) -> float:
        """How often to look."""
        ...


@strawberry.type
class Subscription:
    """What can be followed about consent."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]  # its overloads do not know generators
        description="The viewer's own access events as they come into the log, for workers only; "
        "after the event with the given id, or from now on."
    )
    async def access_events(
        self, info: strawberry.Info[Any, Any], after: strawberry.ID | None = strawberry.UNSET
    ) -> AsyncGenerator[AccessEvent, None]:
        """Yield the asker's own events in the order of the audit log."""
        session, services = session_of(info), cast(StreamServices, info.schema.services)  # type: ignore[attr-defined]
        if session.kind != "worker" or session.worker_id is None or session.purpose != SELF_PURPOSE:
            raise GraphQLError("Only workers follow their own log.", extensions={"code": "FORBIDDEN"})
        log = services.access_log
        start = event_number(after) if after else None
        if after and start is None:
            raise bad_input("The id is not one of an access event.")
        begin = await asyncio.to_thread(log.position, session.worker_id, start)
        if begin is None:
            raise bad_input("There is no such event in your log.")
        position = begin
        while True:
            found, position = await asyncio.to_thread(log.following, session.worker_id, position)
            for record in found:
                yield access_event(record)
            if not found:
                await asyncio.sleep(services.follow_seconds)
