"""Credentials: sealed at rest, refreshed in time and once, refused when the platform refuses."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
from sqlalchemy import text

from connectors.accounts import CredentialKeeper
from connectors.transport.permit import WorkerAct

MIKA = "mika.manytask@sandbox.example"


def test_tokens_at_rest_are_sealed_and_bound_to_their_account(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        with world.engine.connect() as connection:
            row = connection.execute(text("SELECT credential, reference_digest FROM linked_account")).one()
        stored = world.platforms.accounts.credential(account_id, "upwork")
        return row, stored

    row, stored = in_world(test)
    assert stored.tokens.access_token.encode() not in row.credential
    assert str(stored.tokens.facts["reference"]) not in row.reference_digest
    assert stored.tokens.access_token not in repr(stored)
    assert str(stored.tokens.facts["tenant"]) not in repr(stored)


def test_credential_of_another_platform_is_not_handed_out(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return world.platforms.accounts.credential(await world.link("uber"), "upwork")

    assert in_world(test) is None


def test_expired_token_is_refreshed_once_for_many_readers(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        world.clock.ahead = timedelta(days=1, seconds=-20)
        mark = await world.mark()
        answers = await asyncio.gather(*(world.read("upwork", account_id, "profile { displayName }") for _ in range(5)))
        stored = world.platforms.accounts.credential(account_id, "upwork")
        return answers, stored.account.version, await _refreshes(world, mark)

    answers, version, refreshes = in_world(test)
    assert [answer["data"]["_entities"][0]["profile"]["displayName"] for answer in answers] == ["Alex Sandberg"] * 5
    assert version == 2
    assert refreshes == 1


def test_refresh_that_the_platform_refuses_asks_for_linking_again(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork", MIKA)
        await world.control("upwork", revoke_persona=MIKA)
        world.clock.ahead = timedelta(days=2)
        answer = await world.read("upwork", account_id, "profile { displayName }")
        (account,) = world.platforms.accounts.by_ids([account_id])
        return answer, account

    answer, account = in_world(test)
    assert answer["errors"][0]["extensions"]["code"] == "RELINK_NEEDED"
    assert (account.status, account.reason) == ("RELINK_NEEDED", "EXPIRED")


def test_refresh_that_fails_for_now_can_be_tried_again(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        world.clock.ahead = timedelta(days=2)
        await world.control("upwork", on=False)
        first = await world.read("upwork", account_id, "profile { displayName }")
        await world.control("upwork", on=True)
        second = await world.read("upwork", account_id, "profile { displayName }")
        return first, second

    first, second = in_world(test)
    assert first["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert second["data"]["_entities"][0]["profile"] == {"displayName": "Alex Sandberg"}


def test_late_rejection_does_not_spoil_a_newer_credential(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber")
        await world.link("uber")
        store = world.platforms.accounts
        return store.need_relink(account_id, 1, "REFUSED_BY_PLATFORM"), store.by_ids([account_id])[0].status

    assert in_world(test) == (False, "OK")


def test_permit_is_needed_for_a_refresh_as_well(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        world.clock.ahead = timedelta(days=2)
        ended = WorkerAct()
        ended.end()
        mark = await world.mark()
        answer = await world.read("upwork", account_id, "profile { displayName }", permit=ended)
        return answer, await _refreshes(world, mark)

    answer, refreshes = in_world(test)
    assert answer["errors"][0]["extensions"]["code"] == "CONSENT_ENDED"
    assert refreshes == 0


def test_processes_refresh_one_after_the_other(in_world: Any) -> None:
    """Two processes are two keepers over one database: one of them asks the platform, the other takes its result."""

    async def test(world: Any) -> Any:
        account_id = await world.link("upwork")
        world.clock.ahead = timedelta(days=1, seconds=-20)
        mark = await world.mark()
        one = world.platforms.registry._credentials
        other = CredentialKeeper(one._store, one._refresher, one._maker, clock=world.clock)
        handed_out = await asyncio.gather(
            *(
                keeper.acquire(account_id, "upwork", permit=WorkerAct(), deadline=None)
                for keeper in (one, other, one, other)
            )
        )
        return {each.version for each in handed_out}, await _refreshes(world, mark)

    versions, refreshes = in_world(test)
    assert versions == {2}
    assert refreshes == 1


async def _refreshes(world: Any, since: int) -> int:
    address = f"{world.sandbox_url}/control/log?platform=upwork&kind=oauth&since_seq={since}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return sum(entry["operation"] == "refresh_token" for entry in (await answer.json())["entries"])
