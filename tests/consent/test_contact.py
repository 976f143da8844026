"""Contact codes: typable, hashed at rest, expiring, revocable, and the worker's only."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from consent.contact import is_contact_code
from tests.consent.conftest import World


@pytest.fixture
def anna(world: World) -> str:
    return world.worker()


def make(world: World, worker_id: str) -> str:
    with world.engine.begin() as connection:
        return world.contacts.create(connection, worker_id)


def test_code_is_read_as_people_type_it(world: World, anna: str) -> None:
    code = make(world, anna)
    assert re.fullmatch(r"GW-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code)
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert world.contacts.resolve(code) == world.contacts.resolve(sloppy) == anna


@pytest.mark.parametrize("given", ["", "GW-", "GW-0000-0000-000", "GW-0000-0000-0000", "XX-0000-0000-0000", "G" * 999])
def test_anything_else_is_nobody(world: World, anna: str, given: str) -> None:
    assert world.contacts.resolve(given) is None


@pytest.mark.parametrize(
    ("given", "expected"), [("gw 0000 0000 0000", True), ("GW-UUUU-0000-0000", False), ("0" * 32, False)]
)
def test_codes_are_told_from_ids(given: str, expected: bool) -> None:
    assert is_contact_code(given) is expected


def test_code_is_not_in_the_database(world: World, anna: str) -> None:
    code = make(world, anna)
    with world.engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM contact_code")).all())
    assert code not in stored
    assert code.replace("-", "")[2:] not in stored


def test_code_ends(world: World, anna: str) -> None:
    expired, revoked = make(world, anna), make(world, anna)
    world.clock.advance(timedelta(days=1))
    kept = make(world, anna)
    refs = [record.ref for record in world.contacts.of_worker(anna)]
    with world.engine.begin() as connection:
        assert not world.contacts.revoke(connection, "0" * 32, refs[0])
        assert not world.contacts.revoke(connection, anna, "%" * 16)
        assert all(world.contacts.revoke(connection, anna, ref) for ref in refs[1:2])
        assert not world.contacts.revoke(connection, anna, refs[1])
    assert world.contacts.resolve(kept) == anna
    assert [world.contacts.resolve(code) for code in (expired, revoked)].count(None) == 1
    world.clock.advance(timedelta(days=29))
    assert world.contacts.resolve(expired) is None
    assert world.contacts.resolve(kept) == anna


@pytest.mark.anyio
async def test_code_of_an_erased_worker_is_nobody(world: World, anna: str) -> None:
    code = make(world, anna)
    await world.stops.erase_worker(anna)
    assert world.contacts.resolve(code) is None
