"""Requests in GraphQL: an actor asks by its own token, sees what became of it, and learns nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consent.oauth.actors import ActorRegistry
from consent.oauth.authorization import Answered, Authorizations
from consent.oauth.details import Item
from consent.oauth.settings import OAuthSettings
from consent.subgraph.schema import ConsentSchema, ConsentServices, build_schema
from gateway.server.session import RequestSession
from tests.consent.conftest import AUTHORIZE_URL, World, asking, own
from tests.consent.subgraph.test_subgraph import ask

pytestmark = pytest.mark.anyio
ASK = (
    "mutation ($worker: ID!, $details: [GigDataInput!]!) { requestConsent(worker: $worker, details: $details) {"
    " id status worker { id } grant { id } purpose { id } items { platform category } } }"
)
READ = "query ($id: ID!) { request(id: $id) { status worker { id } grant { status items { category granted } } } }"
LIST = (
    "query ($first: Int, $after: String, $status: ConsentRequestStatus) { viewer { requests("
    "first: $first, after: $after, status: $status) { totalCount "
    "pageInfo { hasNextPage endCursor } edges { node { id status } } } } }"
)
CANCEL = "mutation ($id: ID!) { cancelRequest(id: $id) { status } }"
DETAILS = [{"platforms": ["uber"], "categories": ["engagements", "ratings"], "purpose": "job_matching"}]


@pytest.fixture
def anna(world: World) -> str:
    registry = ActorRegistry(world.engine, world.clock)
    for actor in ("acme", "umbra"):
        registry.create_actor(
            legal_name=f"{actor} AB",
            trading_name=actor.title(),
            categories=["engagements", "ratings"],
            purposes=["job_matching"],
            actor_id=actor,
        )
        registry.create_client(actor, name="App", redirect_uris=[], client_id=f"{actor}-app")
    return world.worker(("u1", "uber"))


@pytest.fixture
def schema(world: World) -> ConsentSchema:
    return build_schema(
        ConsentServices(
            world.engine,
            grants=world.grants,
            contacts=world.contacts,
            leases=world.leases,
            authorize_url=AUTHORIZE_URL,
            platforms=lambda: {"uber"},
            clock=world.clock,
        )
    )


def _authorizations(world: World) -> Authorizations:
    settings = OAuthSettings(
        issuer="https://gigway.example",
        seal=lambda worker, actor: worker,
        platforms=lambda: {"uber": "Uber"},
        clock=world.clock,
    )
    return Authorizations(world.engine, settings, world.grants)


def _allow(world: World, request_id: str, worker_id: str) -> Any:
    return _authorizations(world).approve(
        request_id,
        worker_id=worker_id,
        granted=[Item("uber", "ratings")],
        locale="en",
        notice_sha256="0" * 64,
        screen_sha256="1" * 64,
        amr=["pwd"],
    )


async def _ask(schema: ConsentSchema, worker: str, session: RequestSession | None = None) -> dict[str, Any]:
    answer = await ask(schema, session or asking(), ASK, worker=worker, details=DETAILS)
    found: dict[str, Any] = answer["data"]["requestConsent"]
    return found


async def test_an_actor_asks_and_learns_the_outcome(world: World, schema: ConsentSchema, anna: str) -> None:
    asked = await _ask(schema, anna)
    assert asked == {
        "id": asked["id"],
        "status": "PENDING",
        "worker": None,
        "grant": None,
        "purpose": {"id": "job_matching"},
        "items": [
            {"platform": "uber", "category": "engagements"},
            {"platform": "uber", "category": "ratings"},
        ],
    }
    outcome = _allow(world, asked["id"], anna)
    assert isinstance(outcome, Answered)
    answer = await ask(schema, asking(), READ, id=asked["id"])
    assert answer["data"]["request"] == {
        "status": "GRANTED",
        "worker": {"id": anna},
        "grant": {
            "status": "ACTIVE",
            "items": [{"category": "engagements", "granted": False}, {"category": "ratings", "granted": True}],
        },
    }
    assert world.grants.of_actor("acme", worker_id=anna, live=True)[0].id == outcome.grant_id


async def test_nobody_at_all_is_asked_like_somebody(world: World, schema: ConsentSchema, anna: str) -> None:
    real, none = await _ask(schema, anna), await _ask(schema, "∅")
    assert {**real, "id": ""} == {**none, "id": ""}
    answers = [await ask(schema, asking(), READ, id=each["id"]) for each in (real, none)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("session", "code"),
    [
        (own("0" * 32), "FORBIDDEN"),
        (RequestSession(request_id="r"), "FORBIDDEN"),
        (RequestSession(request_id="r", kind="operator"), "FORBIDDEN"),
        (asking(grant_id="f" * 32), "FORBIDDEN"),
        (asking(client_id="nobody"), "FORBIDDEN"),
    ],
)
async def test_only_an_actors_own_token_asks(
    schema: ConsentSchema, anna: str, session: RequestSession, code: str
) -> None:
    answer = await ask(schema, session, ASK, worker=anna, details=DETAILS)
    assert answer["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"platforms": ["nowhere"]},
        {"categories": ["earnings"]},
        {"categories": ["emotional_state"]},
        {"purpose": "training"},
        {"categories": []},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "tomorrow"},
        {"expiresAt": ""},
        {"expiresAt": "2099-01-01T00:00:00Z"},
    ],
)
async def test_details_are_read_strictly(
    world: World, schema: ConsentSchema, anna: str, changes: dict[str, Any]
) -> None:
    answer = await ask(schema, asking(), ASK, worker=anna, details=[{**DETAILS[0], **changes}])
    assert answer["errors"][0]["extensions"] == {
        "code": "BAD_USER_INPUT",
        "oauthError": "invalid_authorization_details",
    }
    assert (await ask(schema, own(anna), LIST))["data"]["viewer"]["requests"]["totalCount"] == 0


async def test_both_sides_page_through_theirs_and_nobody_elses(world: World, schema: ConsentSchema, anna: str) -> None:
    others = [world.worker() for _ in range(3)]
    made = []
    for worker in (anna, *others):
        made.append((await _ask(schema, worker))["id"])
        world.clock.advance(timedelta(minutes=1))
    page = (await ask(schema, asking(), LIST, first=3))["data"]["viewer"]["requests"]
    assert [edge["node"]["id"] for edge in page["edges"]] == made[:0:-1]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (4, True)
    rest = await ask(schema, asking(), LIST, after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["data"]["viewer"]["requests"]["edges"]] == made[:1]
    mine = (await ask(schema, own(anna), LIST))["data"]["viewer"]["requests"]
    assert [edge["node"]["id"] for edge in mine["edges"]] == made[:1]
    for session in (asking(actor_id="umbra"), own("0" * 32), RequestSession(request_id="r"), asking(grant_id="f" * 32)):
        assert (await ask(schema, session, LIST))["data"]["viewer"]["requests"]["totalCount"] == 0
        assert (await ask(schema, session, READ, id=made[0]))["data"] == {"request": None}
    none = (await ask(schema, asking(), LIST, status="GRANTED"))["data"]["viewer"]["requests"]
    assert none["totalCount"] == 0
    world.clock.advance(timedelta(days=15))
    old = (await ask(schema, asking(), LIST, status="EXPIRED"))["data"]["viewer"]["requests"]
    assert old["totalCount"] == 4


async def test_an_actor_takes_its_request_back(world: World, schema: ConsentSchema, anna: str) -> None:
    asked = await _ask(schema, anna)
    for session in (asking(actor_id="umbra"), own(anna), asking(grant_id="f" * 32)):
        answer = await ask(schema, session, CANCEL, id=asked["id"])
        assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
    assert (await ask(schema, asking(), CANCEL, id=asked["id"]))["data"] == {"cancelRequest": {"status": "CANCELLED"}}
    assert (await ask(schema, asking(), CANCEL, id=asked["id"]))["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
    assert not isinstance(_allow(world, asked["id"], anna), Answered)
    assert world.grants.of_worker(anna) == []


async def test_a_limit_is_told_with_when_to_come_back(schema: ConsentSchema, anna: str) -> None:
    for _ in range(3):
        await _ask(schema, anna)
    answer = await ask(schema, asking(), ASK, worker=anna, details=DETAILS)
    assert answer["errors"][0]["extensions"] == {"code": "RATE_LIMITED", "retryAfter": 86400}
