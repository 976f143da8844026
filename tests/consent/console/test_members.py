"""Members: roles by kind of organization, what they allow, and that somebody stays in charge."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from consent.console.actions import COMMAND_LINE, By
from consent.console.members import ConsoleError
from consent.console.models import MEMBERSHIPS
from consent.console.roles import OPERATOR, ROLES, may
from consent.oauth.models import ORGANIZATIONS


def _code(call: Any, *values: Any, **named: Any) -> str:
    with pytest.raises(ConsoleError) as error:
        call(*values, **named)
    return str(error.value.code)


def test_what_each_role_may_do() -> None:
    wanted = {
        "administrator": "read develop manage decide",
        "approver": "read decide",
        "auditor": "read",
        "owner": "read develop manage",
        "developer": "read develop",
        "nobody": "",
    }
    permissions = ("read", "develop", "manage", "decide")
    assert {
        role: " ".join(each for each in permissions if may(role, each))  # type: ignore[arg-type]
        for role in (*(role for roles in ROLES.values() for role in roles), "nobody")
    } == wanted


def test_a_member_is_known_everywhere_they_belong(desk: Any) -> None:
    person = desk.member("Ada", "administrator")
    with desk.engine.begin() as connection:
        desk.members.join(connection, "actoractor", person, "developer", by=COMMAND_LINE)
        desk.members.join(connection, "platformplatform", person, "owner", by=COMMAND_LINE)
    found = desk.members.of_person(person)
    assert [(each.kind, each.role, each.platform, each.is_active) for each in found] == [
        ("operator", "administrator", None, True),
        ("actor", "developer", None, True),
        ("platform", "owner", "tides", True),
    ]
    assert found[1].by == By(kind="actor", id=person)
    assert desk.members.of_person(desk.person("Stranger")) == ()


def test_an_organization_that_waits_lets_its_members_read_only(desk: Any) -> None:
    person = desk.member("Ada", "owner", "platformplatform")
    with desk.engine.begin() as connection:
        connection.execute(
            ORGANIZATIONS.update().where(ORGANIZATIONS.c.id == "platformplatform").values(status="pending")
        )
    (membership,) = desk.members.of_person(person)
    assert membership.may("read")
    assert not membership.may("develop")


def test_an_erased_person_is_no_member(desk: Any) -> None:
    person = desk.member("Ada", "administrator")
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE worker SET status = 'erased'")
    assert desk.members.of_person(person) == ()
    assert desk.members.of_organization(OPERATOR) == ()


def test_the_last_in_charge_neither_leaves_nor_steps_down(desk: Any) -> None:
    ada, bo = desk.member("Ada", "administrator"), desk.member("Bo", "auditor")
    assert _code(desk.members.remove, OPERATOR, ada, by=COMMAND_LINE) == "LAST_OF_ITS_KIND"
    assert _code(desk.members.change_role, OPERATOR, ada, "approver", by=COMMAND_LINE) == "LAST_OF_ITS_KIND"
    assert desk.roles() == {"Ada": "administrator", "Bo": "auditor"}
    desk.members.change_role(OPERATOR, bo, "administrator", by=COMMAND_LINE)
    desk.members.remove(OPERATOR, ada, by=COMMAND_LINE)
    assert desk.roles() == {"Bo": "administrator"}


def test_what_cannot_be_done_says_why(desk: Any) -> None:
    ada = desk.member("Ada", "administrator")
    assert _code(desk.members.change_role, OPERATOR, ada, "owner", by=COMMAND_LINE) == "ROLE_UNKNOWN"
    assert _code(desk.members.change_role, OPERATOR, "nobody", "auditor", by=COMMAND_LINE) == "MEMBER_UNKNOWN"
    assert _code(desk.members.remove, OPERATOR, "nobody", by=COMMAND_LINE) == "MEMBER_UNKNOWN"
    assert _code(desk.members.remove, "nowhere", ada, by=COMMAND_LINE) == "ORGANIZATION_UNKNOWN"


def test_the_database_knows_which_roles_fit(desk: Any) -> None:
    person = desk.person("Ada")
    for organization, role in ((OPERATOR, "owner"), ("actoractor", "administrator"), ("actoractor", "king")):
        with pytest.raises(IntegrityError), desk.engine.begin() as connection:
            connection.execute(
                MEMBERSHIPS.insert().values(
                    organization_id=organization, worker_id=person, role=role, since=desk.clock()
                )
            )


def test_every_change_is_in_the_history(desk: Any) -> None:
    ada = desk.member("Ada", "administrator")
    bo = desk.member("Bo", "auditor")
    desk.members.change_role(OPERATOR, bo, "approver", by=By(kind="operator", id=ada))
    desk.members.remove(OPERATOR, bo, by=By(kind="operator", id=ada))
    joined, by_ada = ("console:member:join", COMMAND_LINE), By(kind="operator", id=ada)
    assert desk.done() == [joined, joined, ("console:member:change", by_ada), ("console:member:leave", by_ada)]
    assert desk.done(OPERATOR) == desk.done()
    assert desk.done("actoractor") == []
