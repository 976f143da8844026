"""Invitations: one link, one membership, for a week."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from consent.console.actions import COMMAND_LINE
from consent.console.housekeeping import purge
from consent.console.members import ConsoleError
from consent.console.models import INVITATIONS
from consent.console.roles import OPERATOR


def test_a_link_makes_one_member(desk: Any) -> None:
    made = desk.invitations.create(OPERATOR, "administrator", by=COMMAND_LINE, note="for Ada")
    found = desk.invitations.find(made.secret)
    assert found is not None
    assert (found.organization_name, found.role, found.note) == ("Gigway", "administrator", "for Ada")
    assert desk.invitations.accept(made.secret, desk.person("Ada")) == OPERATOR
    assert desk.invitations.accept(made.secret, desk.person("Bo")) is None
    assert desk.invitations.find(made.secret) is None
    assert desk.roles() == {"Ada": "administrator"}


def test_of_many_who_open_one_link_at_once_one_comes_in(desk: Any) -> None:
    made = desk.invitations.create(OPERATOR, "administrator", by=COMMAND_LINE)
    people = [desk.person(f"Person {number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        came = list(pool.map(lambda person: desk.invitations.accept(made.secret, person), people))
    assert sorted(each or "" for each in came) == [""] * 5 + [OPERATOR]
    assert len(desk.roles()) == 1


def test_a_link_ends_after_a_week_or_by_revocation(desk: Any) -> None:
    old = desk.invitations.create(OPERATOR, "auditor", by=COMMAND_LINE)
    desk.clock.advance(timedelta(days=7))
    young = desk.invitations.create(OPERATOR, "auditor", by=COMMAND_LINE)
    assert desk.invitations.accept(old.secret, desk.person("Ada")) is None
    (open_one,) = desk.invitations.of_organization(OPERATOR)
    assert not desk.invitations.revoke("actoractor", open_one.ref, by=COMMAND_LINE), "another organization's"
    assert desk.invitations.revoke(OPERATOR, open_one.ref, by=COMMAND_LINE)
    assert not desk.invitations.revoke(OPERATOR, open_one.ref, by=COMMAND_LINE)
    assert not desk.invitations.revoke(OPERATOR, "%", by=COMMAND_LINE)
    assert desk.invitations.accept(young.secret, desk.person("Bo")) is None


def test_the_database_does_not_hold_the_link(desk: Any) -> None:
    made = desk.invitations.create(OPERATOR, "auditor", by=COMMAND_LINE)
    with desk.engine.connect() as connection:
        assert made.secret not in repr(connection.execute(INVITATIONS.select()).all())
    assert made.secret not in repr(made)
    assert all(made.secret not in repr(action) for action in desk.history.page()[0])


def test_an_invitation_cannot_take_the_last_one_out_of_charge(desk: Any) -> None:
    ada = desk.member("Ada", "administrator")
    made = desk.invitations.create(OPERATOR, "auditor", by=COMMAND_LINE)
    with pytest.raises(ConsoleError, match="administrator"):
        desk.invitations.accept(made.secret, ada)
    assert desk.roles() == {"Ada": "administrator"}


@pytest.mark.parametrize("secret", ["", "gwv_", "gwv_" + "x" * 43, "gwq_" + "x" * 43])
def test_what_is_no_link_opens_nothing(desk: Any, secret: str) -> None:
    assert desk.invitations.find(secret) is None
    assert desk.invitations.accept(secret, desk.person("Ada")) is None


def test_an_invitation_that_cannot_be(desk: Any) -> None:
    for organization, role, note in (
        (OPERATOR, "owner", None),
        ("nowhere", "owner", None),
        (OPERATOR, "auditor", "\n"),
    ):
        with pytest.raises(ConsoleError):
            desk.invitations.create(organization, role, by=COMMAND_LINE, note=note)


def test_what_is_over_is_thrown_away_after_a_month(desk: Any) -> None:
    desk.invitations.create(OPERATOR, "auditor", by=COMMAND_LINE)
    desk.clock.advance(timedelta(days=36))
    young = desk.invitations.create(OPERATOR, "auditor", by=COMMAND_LINE)
    with desk.engine.begin() as connection:
        assert purge(connection, now=desk.clock()) == 0
    desk.clock.advance(timedelta(days=2))
    with desk.engine.begin() as connection:
        assert purge(connection, now=desk.clock()) == 1
    assert desk.invitations.find(young.secret) is not None
