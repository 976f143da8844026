"""`gigway operators`: who may decide at this Gigway's console. The first one comes from here, by a one-time link."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from consent.columns import utc_now
from consent.console.actions import COMMAND_LINE
from consent.console.invitations import Invitations
from consent.console.members import ConsoleError, Members, NoBrowser, ensure_operator
from consent.console.roles import OPERATOR, ROLES
from gateway.cli.failure import CommandError
from gateway.config import Settings, load_settings
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.vocabulary import seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The console's services over the configured database."""

    settings: Settings
    engine: Engine
    members: Members
    invitations: Invitations


@contextlib.contextmanager
def desk() -> Iterator[Desk]:
    """Open the configured database, migrated. What the console refuses becomes a command's error."""
    settings = load_settings(os.environ)
    engine = create_database_engine(settings.database_url)
    try:
        migrate(engine)
        seed(engine)
        with engine.begin() as connection:
            ensure_operator(connection, name=settings.operator_name, at=utc_now())
        members = Members(engine, NoBrowser())
        yield Desk(settings=settings, engine=engine, members=members, invitations=Invitations(engine, members))
    except ConsoleError as error:
        raise CommandError(error.code, str(error)) from None
    finally:
        engine.dispose()


def add_parsers(commands: Any) -> None:
    """Add `operators`."""
    group = commands.add_parser("operators", help="people who decide at the console").add_subparsers(
        dest="operators", metavar="WHAT", required=True
    )
    invite = group.add_parser("invite", help="print a one-time link that makes whoever opens it an operator")
    invite.add_argument("--role", choices=ROLES["operator"], default="auditor", help="default: auditor, who only reads")
    invite.add_argument("--note", help="whom it is for, for those who look at open invitations")
    invite.set_defaults(run=_invite)
    group.add_parser("list", help="operators and open invitations").set_defaults(run=_list)
    remove = group.add_parser("remove", help="end somebody's being an operator")
    remove.add_argument("person", metavar="PERSON", help="the person's id, as `list` prints it")
    remove.set_defaults(run=_remove)


def _invite(options: argparse.Namespace) -> int:
    with desk() as at:
        made = at.invitations.create(OPERATOR, options.role, by=COMMAND_LINE, note=options.note)
        print(f"{at.settings.issuer}{made.path}")
        print(f"once, until {made.expires_at:%Y-%m-%d %H:%M} UTC; role: {options.role}")
    return 0


def _list(_: argparse.Namespace) -> int:
    with desk() as at:
        for member in at.members.of_organization(OPERATOR):
            print(f"{member.person_id}  {member.role:<14}{member.person_name or ''}")
        for invitation in at.invitations.of_organization(OPERATOR):
            print(f"invited until {invitation.expires_at:%Y-%m-%d}       {invitation.role:<14}{invitation.note or ''}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    with desk() as at:
        at.members.remove(OPERATOR, options.person, by=COMMAND_LINE)
    print("removed")
    return 0
