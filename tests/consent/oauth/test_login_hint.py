"""A pushed request with `login_hint` waits in a worker's inbox, and tells its actor nothing about them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from consent.inbox.answers import block_actor, cancel_request, expire_requests, purge
from consent.inbox.asking import LIFETIME, PER_ADDRESSEE
from consent.inbox.models import ConsentRequest
from consent.inbox.records import InboxReader
from consent.models import ConsentEvent
from consent.oauth.authorization import NotPending, Pending, SendBack
from tests.consent.oauth.conftest import Server, query_of
from tests.consent.oauth.test_fapi import Fapi


def _code(server: Server) -> str:
    with server.engine.begin() as connection:
        code: str = server.world.contacts.create(connection, server.worker_id)
    return code


def _push(server: Server, hint: str, **changes: str | None) -> Any:
    form = {name: value for name, value in server.query(**changes).items() if name != "client_id"}
    return server.post("/oauth/par", {**form, "login_hint": hint})


def _inbox(server: Server) -> InboxReader:
    return InboxReader(server.engine, clock=server.clock)


def _events(server: Server) -> list[tuple[str, str | None]]:
    with server.engine.connect() as connection:
        rows = connection.execute(
            select(col(ConsentEvent.type), col(ConsentEvent.worker_id)).order_by(col(ConsentEvent.seq))
        )
        return [(row.type, row.worker_id) for row in rows]


def test_it_waits_in_the_inbox_and_is_answered_there(server: Server) -> None:
    pushed = _push(server, _code(server).lower().replace("-", " "))
    assert pushed.status_code == 201
    name = pushed.json()["consent_request"]
    (waiting,) = _inbox(server).waiting(server.worker_id)
    assert (waiting.id, waiting.actor_trading_name, waiting.status) == (name, "Acme", "pending")
    assert waiting.expires_at == server.clock() + LIFETIME
    server.clock.advance(timedelta(days=3))
    outcome = server.approve(name)
    assert isinstance(outcome, SendBack)
    body = server.redeem(query_of(outcome.location)["code"]).json()
    record = _inbox(server).find(name, actor_id="acme")
    assert record is not None
    assert (record.status, record.grant_id, record.worker_id) == ("granted", body["grant_id"], server.worker_id)
    assert _inbox(server).waiting(server.worker_id) == []
    assert [event for event in _events(server) if event[0].startswith("consent:request")] == [
        ("consent:request:ask", server.worker_id),
        ("consent:request:allow", server.worker_id),
    ]


def test_a_worker_is_named_by_the_id_from_an_earlier_grant(server: Server) -> None:
    known = server.redeem(server.code()).json()["worker"]
    assert _push(server, known).status_code == 201
    assert len(_inbox(server).waiting(server.worker_id)) == 1
    assert _push(server, server.worker_id).status_code == 201, "the internal id leads to nobody"
    assert len(_inbox(server).waiting(server.worker_id)) == 1


def test_only_its_worker_opens_it_by_either_name(server: Server) -> None:
    pushed = _push(server, _code(server)).json()
    handle = pushed["request_uri"].rpartition(":")[2]
    other = server.world.worker()
    for name in (handle, pushed["consent_request"]):
        assert isinstance(server.authorizations.load(name, server.worker_id), Pending)
        for stranger in (other, None):
            assert server.authorizations.load(name, stranger) == NotPending(reason="unknown")
            assert server.authorizations.deny(name, stranger) == NotPending(reason="unknown")
    assert server.authorize(request_uri=pushed["request_uri"]).headers["location"] == f"/consent/{handle}"
    assert isinstance(server.authorizations.deny(handle, server.worker_id), SendBack)
    record = _inbox(server).find(pushed["consent_request"], actor_id="acme")
    assert record is not None
    assert (record.status, record.grant_id) == ("refused", None)


def test_all_hints_get_one_answer(server: Server) -> None:
    """Nobody, a code that has run out, a worker who has blocked the actor, one who is erased, and one who is there."""
    old = _code(server)
    server.clock.advance(timedelta(days=31))
    blocker, blocked_code = server.world.worker(), ""
    with server.engine.begin() as connection:
        block_actor(connection, blocker, "acme", now=server.clock())
        blocked_code = server.world.contacts.create(connection, blocker)
    hints = [_code(server), old, blocked_code, "GW-0000-0000-0000", "anna@worker.example", "gwk1_AAAA"]
    answers = [_push(server, hint) for hint in hints]
    assert {answer.status_code for answer in answers} == {201}
    assert {tuple(answer.json()) for answer in answers} == {("request_uri", "expires_in", "consent_request")}
    reader = _inbox(server)
    records = [reader.find(answer.json()["consent_request"], actor_id="acme") for answer in answers]
    assert {(each.status, each.expires_at, each.grant_id) for each in records if each} == {
        ("pending", server.clock() + LIFETIME, None)
    }
    assert len(reader.waiting(server.worker_id)) == 1
    assert reader.waiting(blocker) == []
    server.clock.advance(LIFETIME)
    with server.engine.begin() as connection:
        assert expire_requests(connection, now=server.clock()) == len(hints)
    again = [reader.find(answer.json()["consent_request"], actor_id="acme") for answer in answers]
    assert {(each.status, each.answered_at) for each in again if each} == {("expired", server.clock())}
    assert [event for event, _ in _events(server)].count("consent:request:expire") == len(hints)


def test_one_request_per_worker_and_purpose_waits(server: Server) -> None:
    code = _code(server)
    first, second = _push(server, code).json(), _push(server, code).json()
    other = _push(server, _code(server)).json()
    training = [server.details(purpose="training", categories=["ratings"])]
    _push(server, code, authorization_details=json.dumps(training))
    reader = _inbox(server)
    assert [each.request.purpose for each in reader.waiting(server.worker_id)].count("job_matching") == 1
    assert {each.id for each in reader.waiting(server.worker_id)} >= {other["consent_request"]}

    def status(pushed: dict[str, str]) -> str | None:
        record = reader.find(pushed["consent_request"], actor_id="acme")
        return record.status if record else None

    assert status(first) == "replaced"
    assert status(second) == "pending", "that two codes are one worker's is not told"
    assert isinstance(server.authorizations.load(first["consent_request"], server.worker_id), NotPending)
    assert isinstance(server.authorizations.load(second["consent_request"], server.worker_id), NotPending)


def test_asking_too_often_is_refused_and_leaves_nothing(server: Server) -> None:
    for hint in (_code(server), "GW-0000-0000-0000"):
        for _ in range(PER_ADDRESSEE):
            assert _push(server, hint).status_code == 201
        refused = _push(server, hint)
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert refused.headers["retry-after"] == "86400"
    server.clock.advance(timedelta(days=1))
    assert _push(server, "GW-0000-0000-0000").status_code == 201


def test_many_codes_do_not_get_around_the_limit(server: Server) -> None:
    for _ in range(PER_ADDRESSEE + 2):
        assert _push(server, _code(server)).status_code == 201
    with server.engine.connect() as connection:
        reached = connection.execute(
            select(col(ConsentRequest.id)).where(col(ConsentRequest.worker_id).is_not(None))
        ).all()
    assert len(reached) <= PER_ADDRESSEE


def test_a_client_that_may_not_ask_any_more_gets_nothing(server: Server) -> None:
    name = _push(server, _code(server)).json()["consent_request"]
    server.disable_client()
    assert server.authorizations.load(name, server.worker_id) == NotPending(reason="expired")
    assert server.approve(name) == NotPending(reason="expired")


def test_erasing_a_worker_empties_the_inbox(server: Server) -> None:
    name = _push(server, _code(server)).json()["consent_request"]
    with server.http as http:
        assert http.portal is not None
        http.portal.call(lambda: server.world.stops.erase_worker(server.worker_id))
    record = _inbox(server).find(name, actor_id="acme")
    assert record is not None
    assert (record.status, record.worker_id) == ("pending", None)


def test_details_are_as_strict_as_everywhere(server: Server) -> None:
    refused = _push(server, _code(server), authorization_details='[{"type":"gig_data","platforms":["uber"]}]')
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_authorization_details")
    assert _inbox(server).waiting(server.worker_id) == []


def test_24_63_of_simultaneous_requests_one_waits_and_of_simultaneous_answers_one_counts(server: Server) -> None:
    code = _code(server)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: _push(server, code).status_code, range(6)))
    assert sorted(answers) == [201] * PER_ADDRESSEE + [429] * (6 - PER_ADDRESSEE)
    (waiting,) = _inbox(server).waiting(server.worker_id)

    def cancel() -> str:
        with server.engine.begin() as connection:
            done = cancel_request(connection, waiting.id, "acme", now=server.clock())
        return "cancelled" if done else "too late"

    def approve() -> str:
        return "granted" if isinstance(server.approve(waiting.id), SendBack) else "too late"

    def refuse() -> str:
        outcome = server.authorizations.deny(waiting.id, server.worker_id)
        return "refused" if isinstance(outcome, SendBack) else "too late"

    with ThreadPoolExecutor(6) as pool:
        outcomes = [future.result() for future in [pool.submit(each) for each in (cancel, approve, refuse) * 2]]
    (counted,) = [outcome for outcome in outcomes if outcome != "too late"]
    record = _inbox(server).find(waiting.id, actor_id="acme")
    assert record is not None
    assert record.status == counted
    assert len(server.world.grants.of_worker(server.worker_id)) == (counted == "granted")


def test_a_fapi_client_asks_and_its_tokens_are_bound(server: Server) -> None:
    fapi = Fapi(server)
    fapi.learn_nonce()
    pushed = fapi.push(login_hint=_code(server)).json()
    server.clock.advance(timedelta(days=2))
    outcome = server.approve(pushed["consent_request"])
    assert isinstance(outcome, SendBack)
    fapi.learn_nonce()
    body = fapi.redeem(query_of(outcome.location)["code"]).json()
    assert (body["token_type"], body["grant_id"]) == ("DPoP", server.world.grants.of_worker(server.worker_id)[0].id)


def test_what_was_asked_is_forgotten_in_time(server: Server) -> None:
    name = _push(server, _code(server)).json()["consent_request"]
    server.authorizations.deny(name, server.worker_id)
    for days, left in ((729, 1), (2, 0)):
        server.clock.advance(timedelta(days=days))
        with server.engine.begin() as connection:
            purge(connection, now=server.clock())
        assert len(_inbox(server).answered(server.worker_id)) == left
