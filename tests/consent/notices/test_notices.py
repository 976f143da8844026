"""Actors are told when a grant ends: once, signed, again while they do not answer, and nothing personal."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from consent.audit.note import read_checkpoint
from consent.inbox.answers import expire_requests, grant_request, refuse_request
from consent.inbox.asking import Asked, ask
from consent.notices.outbox import CLAIM, GIVE_UP_AFTER, KEPT, purge
from consent.notices.token import GRANT_CHANGED, GRANT_ENDED, REQUEST_ANSWERED
from consent.oauth.details import GigRequest, Item
from consent.oauth.models import CLIENTS
from tests.consent.notices.conftest import Notices, Receiver, known_as

pytestmark = pytest.mark.anyio


async def test_an_ended_grant_is_told_once(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    grant = notices.grant()
    notices.world.clock.advance(timedelta(hours=1))
    ended_at = notices.world.clock()
    await notices.end(grant)
    assert await notices.sender.advance() == 1
    assert await notices.sender.advance() == 0

    ((headers, token),) = receiver.got
    assert headers["content-type"] == "application/secevent+jwt"
    claims = notices.read(token)
    event = claims["events"].pop(GRANT_ENDED)
    checkpoint = event.pop("checkpoint")
    (row,) = notices.rows()
    assert claims == {
        "iss": "https://gigway.example",
        "iat": int(ended_at.timestamp()),
        "jti": row.jti,
        "aud": "acme-app",
        "sub_id": {"format": "opaque", "id": known_as(notices.worker_id, "acme")},
        "events": {},
    }
    assert event == {"grant_id": grant.id, "reason": "withdrawn", "at": ended_at.isoformat()}
    assert (row.attempts, row.delivered_at, row.token, row.next_at) == (1, ended_at, None, None)
    covering = notices.audit.inclusion("consent", row.event_seq)
    assert covering is not None
    assert covering.index < read_checkpoint(checkpoint, [notices.log_key]).size


async def test_a_notice_carries_what_a_witness_has_signed(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    notices.cosigned = "a checkpoint with its cosignature"
    await notices.end(notices.grant())
    await notices.sender.advance()
    (token,) = receiver.tokens
    assert notices.read(token)["events"][GRANT_ENDED]["cosigned_checkpoint"] == notices.cosigned


async def test_a_replaced_grant_is_told_as_one_change(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    old = notices.grant()
    new = notices.grant(replaces=old.id)
    notices.audit.advance()
    await notices.sender.advance()
    (token,) = receiver.tokens
    event = notices.read(token)["events"][GRANT_CHANGED]
    assert (event["grant_id"], event["reason"], event["replaced_by"]) == (old.id, "superseded", new.id)


async def test_expiry_and_erasure_are_told(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    short, long = notices.grant(days=1), notices.grant(purpose="training")
    notices.world.clock.advance(timedelta(days=2))
    notices.world.grants.expire_due()
    await notices.world.stops.erase_worker(notices.worker_id)
    await notices.world.stops.erase_worker(notices.worker_id)
    notices.audit.advance()
    await notices.sender.advance()
    events = [notices.read(token)["events"][GRANT_ENDED] for token in receiver.tokens]
    assert {(event["grant_id"], event["reason"]) for event in events} == {
        (short.id, "expired"),
        (long.id, "invalidated"),
    }
    assert len(events) == 2


async def test_a_first_grant_and_other_events_are_no_news(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    notices.grant()
    await notices.world.stops.close_account("u1", reason="unlinked")
    notices.audit.advance()
    assert await notices.sender.advance() == 0
    assert notices.rows() == []


async def test_a_client_without_an_address_is_not_told(notices: Notices, receiver: Receiver) -> None:
    notices.client(None)
    notices.client(receiver.url, "other-app")
    await notices.end(notices.grant())
    assert await notices.sender.advance() == 0
    assert (notices.rows(), receiver.got) == ([], [])


async def test_nothing_is_sent_before_a_checkpoint_covers_it(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    grant = notices.grant()
    await notices.world.grants.revoke(grant.id, by="actor", by_id="acme-app", reason="done")
    assert await notices.sender.advance() == 0
    notices.audit.advance()
    assert await notices.sender.advance() == 1
    assert notices.read(receiver.tokens[0])["events"][GRANT_ENDED]["reason"] == "revoked"


async def test_a_notice_is_retried_later_and_later_while_the_receiver_fails(
    notices: Notices, receiver: Receiver
) -> None:
    notices.client(receiver.url)
    receiver.status = 503
    await notices.end(notices.grant())
    waits = []
    for _ in range(4):
        assert await notices.sender.advance() == 1
        (row,) = notices.rows()
        assert row.last_error == "http_503"
        wait = row.next_at - notices.world.clock()
        waits.append(wait.total_seconds())
        notices.world.clock.advance(wait - timedelta(milliseconds=1))
        assert await notices.sender.advance() == 0
        notices.world.clock.advance(timedelta(milliseconds=1))
    assert waits == [5, 10, 20, 40]
    receiver.status = 202
    await notices.sender.advance()
    (row,) = notices.rows()
    assert (row.attempts, row.delivered_at, row.last_error) == (5, notices.world.clock(), None)
    assert len(set(receiver.tokens)) == 1, "each attempt is the same token, with the same jti"
    assert notices.read(receiver.tokens[0])["jti"] == row.jti


async def test_a_receiver_that_is_down_gets_the_notice_when_it_is_up(notices: Notices, receiver: Receiver) -> None:
    up = receiver.url
    client = notices.client("http://127.0.0.1:1/events")
    await notices.end(notices.grant())
    await notices.sender.advance()
    assert [(row.attempts, row.last_error) for row in notices.rows()] == [(1, "unreachable")]
    move(notices, client, up)
    notices.world.clock.advance(timedelta(seconds=5))
    await notices.sender.advance()
    assert len(receiver.got) == 1


async def test_a_receiver_that_never_answers_well_is_given_up(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    receiver.status = 200
    await notices.end(notices.grant())
    await notices.sender.advance()
    notices.world.clock.advance(GIVE_UP_AFTER)
    await notices.sender.advance()
    (row,) = notices.rows()
    assert (row.given_up_at, row.last_error, row.token) == (notices.world.clock(), "http_200", None)
    notices.world.clock.advance(GIVE_UP_AFTER)
    assert await notices.sender.advance() == 0


@pytest.mark.parametrize(
    ("err", "code"), [("invalid_audience", "invalid_audience"), ("something about <anna@example.com>", "refused")]
)
async def test_a_refusal_ends_the_delivery(notices: Notices, receiver: Receiver, err: str, code: str) -> None:
    notices.client(receiver.url)
    receiver.status, receiver.body = 400, json.dumps({"err": err, "description": "no"}).encode()
    await notices.end(notices.grant())
    await notices.sender.advance()
    (row,) = notices.rows()
    assert (row.given_up_at, row.last_error, row.token) == (notices.world.clock(), code, None)
    notices.world.clock.advance(timedelta(days=1))
    assert await notices.sender.advance() == 0


async def test_nothing_personal_is_in_a_notice(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    await notices.end(notices.grant(), reason="anna@example.com was rude")
    await notices.sender.advance()
    (token,) = receiver.tokens
    text = json.dumps(notices.read(token))
    for secret in (notices.worker_id, "anna", "rude", "uber", "engagements", "u1"):
        assert secret not in text


async def test_two_senders_at_once_deliver_once(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    for _ in range(3):
        await notices.world.grants.revoke(notices.grant().id, by="worker", reason="x")
    notices.audit.advance()
    tried = await asyncio.gather(*(notices.process().advance() for _ in range(4)))
    assert sum(tried) == 3
    assert len(receiver.got) == len(set(receiver.tokens)) == 3


async def test_a_claim_of_a_dead_process_runs_out(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    await notices.end(notices.grant())
    died = notices.outbox()
    died.feed()
    (claimed,) = died.claim()
    assert await notices.sender.advance() == 0
    notices.world.clock.advance(CLAIM)
    assert await notices.sender.advance() == 1
    assert receiver.tokens == [claimed.token]
    died.put_off(claimed, "timeout")
    (row,) = notices.rows()
    assert (row.delivered_at, row.last_error) == (notices.world.clock(), None), "who lost the claim changes nothing"


async def test_a_slow_client_does_not_take_all_places(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    notices.client(receiver.url, "other-app")
    for client_id in ["acme-app"] * 6 + ["other-app"]:
        await notices.world.grants.revoke(notices.grant(client_id=client_id).id, by="worker", reason="x")
    notices.audit.advance()
    outbox = notices.outbox()
    outbox.feed()
    assert sorted(each.client_id for each in outbox.claim()) == ["acme-app"] * 4 + ["other-app"]


async def test_a_client_that_takes_its_address_back_is_told_no_more(notices: Notices, receiver: Receiver) -> None:
    client = notices.client(receiver.url)
    await notices.end(notices.grant())
    notices.outbox().feed()
    move(notices, client, None)
    assert await notices.sender.advance() == 0
    assert [row.last_error for row in notices.rows()] == ["no_address"]


async def test_old_records_are_purged_and_not_told_again(notices: Notices, receiver: Receiver) -> None:
    notices.client(receiver.url)
    await notices.end(notices.grant())
    await notices.sender.advance()
    notices.world.clock.advance(KEPT)
    with notices.world.engine.begin() as connection:
        assert purge(connection, now=notices.world.clock()) == 1
    assert await notices.sender.advance() == 0
    assert notices.rows() == []


def move(notices: Notices, client_id: str, url: str | None) -> None:
    with notices.world.engine.begin() as connection:
        connection.execute(update(CLIENTS).where(CLIENTS.c.id == client_id).values(event_push_url=url))


async def test_an_answered_request_is_told_without_naming_anybody_who_did_not_allow_it(
    notices: Notices, receiver: Receiver
) -> None:
    notices.client(receiver.url)
    world, now = notices.world, notices.world.clock()
    details = GigRequest(
        purpose="job_matching", items=frozenset({Item("uber", "ratings")}), expires_at=now + timedelta(days=90)
    )
    names = []
    for worker in (notices.worker_id, world.worker(), "nobody"):
        with world.engine.begin() as connection:
            asked = ask(connection, client_id="acme-app", actor_id="acme", addressee=worker, request=details, now=now)
            assert isinstance(asked, Asked)
            names.append(asked.request_id)
    grant = notices.grant()
    with world.engine.begin() as connection:
        grant_request(connection, names[0], grant.id, now=now)
        refuse_request(connection, names[1], now=now)
    world.clock.advance(timedelta(days=14))
    with world.engine.begin() as connection:
        expire_requests(connection, now=world.clock())
    notices.audit.advance()
    await notices.sender.advance()
    told = {}
    for token in receiver.tokens:
        claims = notices.read(token)
        event = claims["events"][REQUEST_ANSWERED]
        assert claims["sub_id"] == {"format": "opaque", "id": event["request_id"]}
        told[event["request_id"]] = (event["reason"], event.get("grant_id"), event.get("worker"))
    assert told == {
        names[0]: ("granted", grant.id, known_as(notices.worker_id, "acme")),
        names[1]: ("refused", None, None),
        names[2]: ("expired", None, None),
    }
    await notices.end(grant)
    assert await notices.sender.advance() == 1, "the end of the grant is news of its own"
