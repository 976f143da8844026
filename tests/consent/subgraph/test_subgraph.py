"""The consent subgraph: one answer for all workers that the asker may not know of, and no more than its own grants."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from graphql import build_ast_schema, parse, print_type

from consent.audit.cosignatures import Cosignatures
from consent.audit.keys import Cosigner
from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.audit.note import read_checkpoint
from consent.audit.tree import is_included
from consent.subgraph.schema import ConsentSchema, ConsentServices, build_schema
from gateway.server.session import RequestSession
from tests.consent.conftest import AUTHORIZE_URL, World, about, asking, own

pytestmark = pytest.mark.anyio
DESIGN = Path(__file__).parents[2] / "fixtures" / "design" / "consent.graphql"
SIGNER = Signer("gigway.example/log", Ed25519PrivateKey.generate())
WITNESS = Cosigner("witness.example/1", Ed25519PrivateKey.generate())
WORKER = "query ($id: ID!) { worker(id: $id) { id grants { status items { platform category granted } } } }"


@pytest.fixture
def audit(world: World) -> AuditLog:
    return AuditLog(world.engine, SIGNER, clock=world.clock)


@pytest.fixture
def cosignatures(world: World) -> Cosignatures:
    return Cosignatures(world.engine, [WITNESS.verifier], clock=world.clock)


@pytest.fixture
def schema(world: World, audit: AuditLog, cosignatures: Cosignatures) -> ConsentSchema:
    return build_schema(
        ConsentServices(
            world.engine,
            grants=world.grants,
            contacts=world.contacts,
            leases=world.leases,
            authorize_url=AUTHORIZE_URL,
            audit=audit,
            cosignatures=cosignatures,
            platforms=lambda: {"uber", "upwork"},
            clock=world.clock,
        )
    )


@pytest.fixture
def anna(world: World) -> str:
    world.actor()
    world.actor("umbra")
    return world.worker(("u1", "uber"))


async def ask(schema: ConsentSchema, session: RequestSession, document: str, **variables: Any) -> dict[str, Any]:
    result = await schema.execute(document, variable_values=deepcopy(variables), context_value={"session": session})
    errors = [{"message": error.message, "extensions": error.extensions} for error in result.errors or ()]
    return {"data": result.data} if not errors else {"data": result.data, "errors": errors}


def test_sdl_means_what_the_design_says(schema: ConsentSchema) -> None:
    ours = build_ast_schema(parse(schema.as_str()), assume_valid=True).type_map
    theirs = build_ast_schema(parse(DESIGN.read_text()), assume_valid=True).type_map
    for name, kind in theirs.items():
        if name == "Query":
            for field, definition in kind.fields.items():
                assert str(ours["Query"].fields[field].type) == str(definition.type)
                assert {key: str(value.type) for key, value in ours["Query"].fields[field].args.items()} == {
                    key: str(value.type) for key, value in definition.args.items()
                }
        elif name == "Viewer":
            assert set(_bare(print_type(kind))) <= set(_bare(print_type(ours[name])))
        elif not name.startswith("__"):
            assert _bare(print_type(ours[name])) == _bare(print_type(kind)), name
    for promise in ('@composeDirective(name: "@pairwise")', "worker(id: ID! @pairwise): Worker", '@key(fields: "id")'):
        assert promise in schema.as_str()


def _bare(text: str) -> list[str]:
    """A type's lines without descriptions."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith('"""')]


async def test_unknown_ungranted_and_malformed_workers_get_one_answer(
    world: World, schema: ConsentSchema, anna: str
) -> None:
    with world.engine.begin() as connection:
        code = world.contacts.create(connection, anna)
    session = asking()
    answers = [await ask(schema, session, WORKER, id=given) for given in (anna, code, "0" * 32, "", "∅", "GW-AAAA")]
    assert answers[0] == {
        "data": {"worker": None},
        "errors": [
            {
                "message": "No worker with this id has granted you anything. Ask them with the authorization URL.",
                "extensions": {
                    "code": "CONSENT_REQUIRED",
                    "reason": "NOT_GRANTED",
                    "authorizeUrl": AUTHORIZE_URL,
                },
            }
        ],
    }
    assert all(answer == answers[0] for answer in answers)
    assert [(event.worker_id, event.category, event.reason) for event in world.events()] == [
        (anna, "lookup", "NOT_GRANTED")
    ]


async def test_granted_worker_is_found_by_id_and_by_contact_code(
    world: World, schema: ConsentSchema, anna: str
) -> None:
    world.give(anna, [("uber", "engagements")], refused=[("uber", "ratings")])
    with world.engine.begin() as connection:
        code = world.contacts.create(connection, anna)
    expected = {
        "data": {
            "worker": {
                "id": anna,
                "grants": [
                    {
                        "status": "ACTIVE",
                        "items": [
                            {"platform": "uber", "category": "engagements", "granted": True},
                            {"platform": "uber", "category": "ratings", "granted": False},
                        ],
                    }
                ],
            }
        }
    }
    for given in (anna, code, code.lower().replace("-", "")):
        assert await ask(schema, asking(), WORKER, id=given) == expected


@pytest.mark.parametrize(
    "session",
    [
        asking(actor_id="umbra", client_id="umbra-app"),
        asking(purpose="training"),
        asking(purpose=None),
        asking(grant_id="f" * 32),
        own("0" * 32),
        RequestSession(request_id="r"),
    ],
)
async def test_others_do_not_find_the_worker(
    world: World, schema: ConsentSchema, anna: str, session: RequestSession
) -> None:
    world.give(anna, [("uber", "engagements")])
    answer = await ask(schema, session, WORKER, id=anna)
    assert answer["data"] == {"worker": None}
    listed = await ask(schema, session, "{ workers { totalCount edges { node { id } } } }")
    assert anna not in [edge["node"]["id"] for edge in listed["data"]["workers"]["edges"]]
    assert world.accounts.visible(anna, session) == []


async def test_accounts_are_visible_where_an_item_is_granted(world: World, anna: str) -> None:
    with world.engine.begin() as connection:
        world.subject_gates.open(connection, account_id="w1", worker_id=anna, platform="upwork")
    grant = world.give(anna, [("uber", "engagements")], refused=[("upwork", "engagements")])
    assert world.accounts.visible(anna, asking()) == ["u1"]
    assert world.accounts.visible(anna, asking(grant_id=grant.id)) == ["u1"]
    assert world.accounts.visible(anna, own(anna)) == ["u1", "w1"]
    with world.engine.begin() as connection:
        world.subject_gates.close(connection, account_id="u1", reason="unlinked")
    assert world.accounts.visible(anna, asking()) == []


async def test_workers_and_grants_are_paged(world: World, schema: ConsentSchema, anna: str) -> None:
    workers = [world.worker() for _ in range(4)]
    for worker in workers:
        world.give(worker, [("uber", "engagements")])
    document = (
        "query ($after: String) { workers(first: 3, after: $after) { totalCount edges { node { id } } "
        "pageInfo { hasNextPage hasPreviousPage endCursor } } "
        "viewer { kind actor { tradingName } worker { id } purpose grants(first: 4) { edges { cursor } "
        "pageInfo { hasNextPage } } } }"
    )
    first = (await ask(schema, asking(), document))["data"]
    assert first["workers"]["totalCount"] == 4
    assert first["workers"]["pageInfo"]["hasNextPage"] is True
    assert first["viewer"]["kind"] == "ACTOR"
    assert first["viewer"]["actor"] == {"tradingName": "Acme"}
    assert len(first["viewer"]["grants"]["edges"]) == 4
    assert first["viewer"]["grants"]["pageInfo"] == {"hasNextPage": False}
    after = first["workers"]["pageInfo"]["endCursor"]
    second = (await ask(schema, asking(), document, after=after))["data"]["workers"]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)
    seen = [edge["node"]["id"] for page in (first["workers"], second) for edge in page["edges"]]
    assert sorted(seen) == sorted(workers)
    refused = await ask(schema, asking(), '{ workers(first: 1000, after: "x") { totalCount } }')
    assert refused["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_entities_show_a_grant_to_its_parties_only(world: World, schema: ConsentSchema, anna: str) -> None:
    grant = world.give(anna, [("uber", "engagements")])
    document = (
        "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Grant { id purpose { id text version } "
        "actor { legalName } } ... on Worker { id grants { id } } } }"
    )
    of = [{"__typename": "Grant", "id": grant.id}, {"__typename": "Worker", "id": anna}]
    shown = {
        "id": grant.id,
        "purpose": {
            "id": "job_matching",
            "text": "To find work that suits you and to judge whether you suit it.",
            "version": 1,
        },
        "actor": {"legalName": "acme AB"},
    }
    for session in (asking(), own(anna), asking(grant_id=grant.id)):
        assert (await ask(schema, session, document, of=of))["data"] == {
            "_entities": [shown, {"id": anna, "grants": [{"id": grant.id}]}]
        }
    for session in (asking(actor_id="umbra"), own("0" * 32), RequestSession(request_id="r")):
        assert (await ask(schema, session, document, of=of))["data"] == {
            "_entities": [None, {"id": anna, "grants": []}]
        }


REVOKE = "mutation ($id: ID!) { revokeGrant(id: $id) { status openFetches } }"
EVENTS = (
    "query ($first: Int, $after: String, $category: String, $decision: AccessDecision) { viewer { accessEvents("
    "first: $first, after: $after, category: $category, decision: $decision) { totalCount "
    "pageInfo { hasNextPage endCursor } edges { node { actor platform category decision reason records "
    "proof { leafHash leafIndex treeSize path checkpoint } } } } } }"
)


@pytest.mark.parametrize("who", ["worker", "actor", "bound token"])
async def test_either_party_revokes(world: World, schema: ConsentSchema, anna: str, who: str) -> None:
    grant = world.give(anna, [("uber", "engagements")])
    session = {"worker": own(anna), "actor": asking(), "bound token": asking(grant_id=grant.id)}[who]
    answer = await ask(schema, session, REVOKE, id=grant.id)
    assert answer == {"data": {"revokeGrant": {"status": "CONFIRMED", "openFetches": 0}}}
    ended = world.grants.find(grant.id)
    assert ended is not None
    assert ended.status == ("withdrawn" if who == "worker" else "revoked")


async def test_nobody_else_revokes_or_learns_that_there_is_a_grant(
    world: World, schema: ConsentSchema, anna: str
) -> None:
    grant = world.give(anna, [("uber", "engagements")])
    unknown = await ask(schema, asking(), REVOKE, id="0" * 32)
    assert unknown["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
    for session in (
        own("0" * 32),
        asking(actor_id="umbra"),
        asking(grant_id="f" * 32),
        RequestSession(request_id="r"),
        RequestSession(request_id="r", kind="operator"),
    ):
        assert await ask(schema, session, REVOKE, id=grant.id) == unknown
    found = world.grants.find(grant.id)
    assert found is not None
    assert found.status == "active"


async def test_workers_read_their_log_with_proofs(
    world: World, schema: ConsentSchema, audit: AuditLog, anna: str
) -> None:
    world.give(anna, [("uber", "engagements")])
    for _ in range(3):
        (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
        await world.gate.release([decision.permit], asking(), {decision.permit: {"gig:engagements": 2}})
        await world.gate.acknowledge([decision.permit], asking())
    await world.gate.acquire([about("u1", "ratings")], asking())
    page = (await ask(schema, own(anna), EVENTS, first=2))["data"]["viewer"]["accessEvents"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (4, True)
    assert [edge["node"] for edge in page["edges"]][:1] == [
        {
            "actor": "Acme",
            "platform": "uber",
            "category": "ratings",
            "decision": "DENY",
            "reason": "NOT_GRANTED",
            "records": 0,
            "proof": None,
        }
    ]
    audit.advance()
    rest = await ask(schema, own(anna), EVENTS, after=page["pageInfo"]["endCursor"], decision="ALLOW")
    nodes = [edge["node"] for edge in rest["data"]["viewer"]["accessEvents"]["edges"]]
    assert len(nodes) == 2
    for node in nodes:
        proof = node["proof"]
        checkpoint = read_checkpoint(proof["checkpoint"], [SIGNER.verifier])
        assert is_included(
            bytes.fromhex(proof["leafHash"]),
            proof["leafIndex"],
            proof["treeSize"],
            [bytes.fromhex(step) for step in proof["path"]],
            checkpoint.root,
        )


async def test_a_proof_by_what_a_witness_has_signed(
    world: World, schema: ConsentSchema, audit: AuditLog, cosignatures: Cosignatures, anna: str
) -> None:
    document = (
        "{ viewer { accessEvents { edges { node { proof { treeSize } "
        "cosigned: proof(cosigned: true) { leafHash leafIndex treeSize path checkpoint } } } } } }"
    )

    async def proofs() -> list[dict[str, Any]]:
        answer = await ask(schema, own(anna), document)
        return [edge["node"] for edge in answer["data"]["viewer"]["accessEvents"]["edges"]]

    world.give(anna, [("uber", "engagements")])
    await world.gate.acquire([about("u1", "ratings")], asking())
    audit.advance()
    note = audit.latest()
    assert note is not None
    assert await proofs() == [{"proof": {"treeSize": 2}, "cosigned": None}]
    line = WITNESS.signature(read_checkpoint(note, [SIGNER.verifier]).body(), 1)
    assert cosignatures.take(2, line) is None
    await world.gate.acquire([about("u1", "earnings")], asking())
    audit.advance()
    latest, first = await proofs()
    assert latest == {"proof": {"treeSize": 3}, "cosigned": None}
    proof = first["cosigned"]
    assert (proof["treeSize"], proof["checkpoint"]) == (2, note + line)
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = read_checkpoint(note, [SIGNER.verifier]).root
    assert is_included(bytes.fromhex(proof["leafHash"]), proof["leafIndex"], 2, path, root)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ('actor: "acme"', 1),
        ('actor: "umbra"', 0),
        ('purpose: "job_matching"', 1),
        ('purpose: "training"', 0),
        ('search: "ACME"', 1),
        ('search: "nobody"', 0),
        ('since: "2030-05-01T00:00:00Z", until: "2030-05-02T00:00:00Z"', 1),
        ('until: "2030-05-01T00:00:00Z"', 0),
        ('since: "2030-05-02T02:00:00+02:00"', 0),
    ],
)
async def test_workers_filter_their_log(
    world: World, schema: ConsentSchema, anna: str, filters: str, count: int
) -> None:
    await world.gate.acquire([about("u1", "engagements")], asking())
    answer = await ask(schema, own(anna), f"{{ viewer {{ accessEvents({filters}) {{ totalCount }} }} }}")
    assert answer["data"]["viewer"]["accessEvents"]["totalCount"] == count


async def test_an_instant_without_offset_is_refused(schema: ConsentSchema, anna: str) -> None:
    answer = await ask(schema, own(anna), '{ viewer { accessEvents(since: "2030-05-01T00:00:00") { totalCount } } }')
    assert answer["errors"][0] == {
        "message": "since needs an offset, such as Z.",
        "extensions": {"code": "BAD_USER_INPUT"},
    }


@pytest.mark.parametrize("session", [asking(), own("0" * 32), RequestSession(request_id="r")])
async def test_others_read_none_of_it(world: World, schema: ConsentSchema, anna: str, session: RequestSession) -> None:
    await world.gate.acquire([about("u1", "engagements")], asking())
    assert len(world.events()) == 1
    answer = await ask(schema, session, EVENTS)
    assert answer["data"]["viewer"]["accessEvents"]["totalCount"] == 0


@pytest.mark.parametrize("after", ["x", "bm9wZQ", "4pyT"])
async def test_foreign_cursor_is_refused(schema: ConsentSchema, anna: str, after: str) -> None:
    answer = await ask(schema, own(anna), EVENTS, after=after)
    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
