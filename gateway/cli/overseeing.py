"""`gigway actors list|requests|approve|refuse|suspend|resume|invite`: what operators do at the console, from here."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from sqlalchemy import update

from consent.columns import utc_now
from consent.console.actions import COMMAND_LINE, record
from consent.console.approvals import Approvals
from consent.console.organizations import make_organization
from consent.console.oversight import Oversight
from consent.leases.keeper import LeaseKeeper
from consent.oauth.actors import ActorRegistry
from consent.oauth.models import ACTORS
from consent.stops.stopping import Stops
from gateway.cli.failure import CommandError
from gateway.cli.operators import Desk, desk
from gateway.cli.stopping import stops_of


def add_overseeing_parsers(actors: Any) -> None:
    """Add the commands to `actors`."""
    listing = actors.add_parser("list", help="actors by name, with clients and consents in numbers")
    listing.add_argument("text", nargs="?", default="", help="only those with this in a name or id")
    listing.set_defaults(run=_list)
    actors.add_parser("requests", help="what waits for an operator's decision").set_defaults(run=_requests)
    approve = actors.add_parser("approve", help="grant a request")
    approve.add_argument("request", help="its id, as `requests` prints it")
    approve.set_defaults(run=_approve)
    refuse = actors.add_parser("refuse", help="turn a request down")
    refuse.add_argument("request", help="its id, as `requests` prints it")
    refuse.add_argument("--reason", required=True, help="why; the asker reads it")
    refuse.set_defaults(run=_refuse)
    suspend = actors.add_parser("suspend", help="let an actor read nothing more, and wait until nothing is read")
    suspend.add_argument("actor_id")
    suspend.add_argument("--reason", required=True, help="why, for the history")
    suspend.set_defaults(run=_suspend)
    resume = actors.add_parser("resume", help="let a suspended actor read again")
    resume.add_argument("actor_id")
    resume.set_defaults(run=_resume)
    invite = actors.add_parser("invite", help="print a one-time link to an actor's console page, for its people")
    invite.add_argument("actor_id")
    invite.add_argument("--role", choices=("owner", "developer"), default="owner", help="default: owner")
    invite.set_defaults(run=_invite)


def _list(options: argparse.Namespace) -> int:
    with desk() as at:
        oversight, skip, more = _oversight(at), 0, True
        while more:
            found, more = oversight.actors(text=options.text, skip=skip)
            skip += len(found)
            for each in found:
                state = each.status if each.status != "active" else "test" if each.is_test else "live"
                print(f"{each.id:<32}  {state:<9} {each.clients:>4} {each.live_grants:>7}  {each.trading_name}")
    return 0


def _requests(_: argparse.Namespace) -> int:
    with desk() as at:
        for each in _approvals(at).pending():
            print(f"{each.id}  {each.subject:<10} {each.requested_at:%Y-%m-%d}  {each.organization_name}")
            for name, value in each.details.items():
                print(f"    {name:<15} {' '.join(value) if isinstance(value, list) else value}".replace("\n", ", "))
    return 0


def _approve(options: argparse.Namespace) -> int:
    with desk() as at:
        _approvals(at).approve(options.request, by=COMMAND_LINE)
    print("approved")
    return 0


def _refuse(options: argparse.Namespace) -> int:
    with desk() as at:
        _approvals(at).refuse(options.request, by=COMMAND_LINE, reason=options.reason)
    print("refused")
    return 0


def _suspend(options: argparse.Namespace) -> int:
    with desk() as at, stops_of(at.engine, at.settings) as stops:
        oversight = Oversight(at.engine, at.members, stops)
        stopped = asyncio.run(oversight.suspend(options.actor_id, by=COMMAND_LINE, reason=options.reason))
    print(
        "confirmed: nothing that it read is delivered any more"
        if stopped.status == "confirmed"
        else "stopping: a process is still finishing a read; nothing new begins"
    )
    return 0


def _resume(options: argparse.Namespace) -> int:
    with desk() as at:
        _oversight(at).resume(options.actor_id, by=COMMAND_LINE)
    print("resumed")
    return 0


def _invite(options: argparse.Namespace) -> int:
    """Invite into the actor's organization, which is made when the actor came from the command line."""
    with desk() as at:
        found = _oversight(at).actor(options.actor_id)
        if found is None:
            raise CommandError("ACTOR_UNKNOWN", "There is no such actor.")
        now = utc_now()
        with at.engine.begin() as connection:
            organization_id = found.organization_id
            if organization_id is None:
                organization_id = make_organization(connection, found.trading_name, at=now)
                owned = update(ACTORS).where(ACTORS.c.id == found.id, ACTORS.c.organization_id.is_(None))
                connection.execute(owned.values(organization_id=organization_id))
                record(
                    connection,
                    at=now,
                    what="organization:register",
                    by=COMMAND_LINE,
                    organization=organization_id,
                    actor=found.id,
                )
            made = at.invitations.create(organization_id, options.role, by=COMMAND_LINE, connection=connection)
        print(f"{at.settings.issuer}{made.path}")
        print(f"once, until {made.expires_at:%Y-%m-%d %H:%M} UTC; role: {options.role}")
    return 0


def _approvals(at: Desk) -> Approvals:
    return Approvals(at.engine, at.members, ActorRegistry(at.engine))


def _oversight(at: Desk) -> Oversight:
    """Reads and resumes; suspending needs leases of its own."""
    return Oversight(at.engine, at.members, Stops(at.engine, LeaseKeeper(at.engine)))
