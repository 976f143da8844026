"""Another's object at every route that names one: it is not there, and it stays as it was.

The list is made of the application's routes: one that names an object and is not in `NAMED` fails. Over GraphQL it is
made of the public schema: a field that names an object and is not in `FIELDS` fails.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type
from sqlalchemy import select, text
from starlette.routing import Route

from connectors.accounts.models import LinkedAccount
from consent.columns import utc_now
from consent.console.actions import COMMAND_LINE
from consent.console.members import Members
from consent.contact import ContactCodes
from consent.grants.lifecycle import GrantService
from consent.grants.visibility import SubjectGates
from consent.inbox.models import ActorBlock, ConsentRequest
from consent.leases.keeper import LeaseKeeper
from consent.models import ContactCode
from consent.oauth.actors import ActorRegistry
from consent.oauth.machine_secrets import fingerprint
from consent.oauth.models import ORGANIZATIONS, TOKENS
from consent.signin.models import CREDENTIALS
from consent.stops.stopping import Stops
from gateway.cli.operators import NoBrowser
from gateway.server.demo_workers import PERSONAS
from gateway.storage.database import create_database_engine

ORIGIN = "http://127.0.0.1:8700"
ALEX, ROBIN = (persona.worker_id for persona in PERSONAS[:2])

NAMED = {
    "/consent/{handle}": {"handle": "request"},
    "/me/grants/{grant_id}": {"grant_id": "grant"},
    "/me/grants/{grant_id}/revoke": {"grant_id": "grant"},
    "/me/grants/{grant_id}/keep": {"grant_id": "grant"},
    "/me/grants/{grant_id}/receipt": {"grant_id": "grant"},
    "/me/accounts/{platform}/unlink": {"platform": "platform"},
    "/me/codes/{ref}/revoke": {"ref": "code"},
    "/me/requests/{request_id}/refuse": {"request_id": "request"},
    "/me/blocked/{actor_id}/unblock": {"actor_id": "actor"},
    "/me/security/passkeys/{passkey}/remove": {"passkey": "passkey"},
}
"""Routes of workers, and which of the other worker's objects each is tried with."""

ELSEWHERE = {
    "/oauth/grants/{grant_id}": "consent/oauth/test_grant_management.py::test_57_another_clients_grant_is_not_there",
    "/oauth/register/{client}": "consent/console/test_registration.py::test_a_token_is_good_for_its_own_things_only",
    "/console": "consent/console/test_access.py::test_to_everybody_else_an_organization_is_not_there",
    "/console/{organization}/connectors": "test_a_platforms_connectors_are_its_own",
}
"""Routes of others, by how they begin, and the tests that try them (the consoles' go through their own routes)."""

NAMES = {"name", "platform", "account", "worker", "actor", "client", "grant"}
"""Arguments that name an object, whatever their type."""

PUBLIC = {"/link/{platform}", "/link/{platform}/prove", "/link/{platform}/callback"}
"""Routes that name no object: a platform is anybody's, its account is the session's."""

FIELDS = {
    "Query.worker": ("query ($id: ID!) { worker(id: $id) { id } }", "worker"),
    "Query.request": ("query ($id: ID!) { request(id: $id) { id } }", "request"),
    "Query.connectorVersion": ("query ($id: ID!) { connectorVersion(id: $id) { id } }", "version"),
    "Mutation.revokeGrant": ("mutation ($id: ID!) { revokeGrant(id: $id) { status } }", "grant"),
    "Mutation.cancelRequest": ("mutation ($id: ID!) { cancelRequest(id: $id) { id } }", "request"),
    "Mutation.testConnector": ("mutation ($id: ID!) { testConnector(id: $id) { version { id } } }", "version"),
    "Mutation.approveConnector": ("mutation ($id: ID!) { approveConnector(id: $id) { version { id } } }", "version"),
    "Mutation.rejectConnector": (
        'mutation ($id: ID!) { rejectConnector(id: $id, reason: "x") { version { id } } }',
        "version",
    ),
    "Mutation.rollBackConnector": ("mutation ($id: ID!) { rollBackConnector(id: $id) { version { id } } }", "version"),
    "Mutation.suspendConnector": (
        'mutation ($id: String!) { suspendConnector(platform: $id, reason: "x") { status } }',
        "platform",
    ),
    "Mutation.resumeConnector": (
        "mutation ($id: String!) { resumeConnector(platform: $id) { version { id } } }",
        "platform",
    ),
}
"""Fields that name an object, and which of somebody else's each is tried with, by an actor who has no part in it."""

FIELDS_ELSEWHERE = {
    "Mutation.requestConsent": "test_nobody_at_all_is_asked_like_somebody: whoever is named, the answer is the same",
    "Subscription.accessEvents": "test_others_read_none_of_it: a place in one's own log",
    "Viewer.accessEvents": "test_others_read_none_of_it: a filter of one's own log",
    "Query.connectorVersions": "test_health_is_for_everybody_and_drift_for_the_platform: what is live is public",
}
FIELDS_PUBLIC = {"demand", "payGuidance", "skill", "occupation", "training", "trainingProvider", "opportunities"}
FIELDS_PUBLIC |= {"opportunity", "platform", "match"}
"""Fields that name something of the catalogue, which is everybody's."""

WATCHED = (
    "consent_grant",
    "contact_code",
    "consent_request",
    "actor_block",
    "worker_credential",
    "linked_account",
    "subject_gate",
    "takeout_upload",
    "connector_version",
    "platform_gate",
)


@pytest.fixture(scope="module")
def database(environment, client):
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def objects(database, actor):
    """One of everything of Alex's, by name."""
    now = utc_now()
    with database.begin() as connection:
        grant = GrantService(database, Stops(database, LeaseKeeper(database))).grant(
            connection,
            worker_id=ALEX,
            client_id=actor.client_id,
            actor_id=actor.actor_id,
            purpose="job_matching",
            granted=[("uber", "ratings")],
            expires_at=now + timedelta(days=1),
            locale="en",
            notice_sha256="0" * 64,
            screen_sha256="1" * 64,
            amr=["pwd"],
        )
        ContactCodes(database).create(connection, ALEX)
        ref = connection.execute(select(ContactCode.code_hash).where(ContactCode.worker_id == ALEX)).scalars().first()
        details = {
            "purpose": "job_matching",
            "purpose_version": 1,
            "items": [["uber", "ratings"]],
            "expires_at": (now + timedelta(days=1)).isoformat(),
        }
        connection.execute(
            ConsentRequest.__table__.insert().values(
                id="r" * 32,
                client_id=actor.client_id,
                actor_id=actor.actor_id,
                worker_id=ALEX,
                addressee_hash="a" * 64,
                purpose="job_matching",
                details=details,
                status="pending",
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
        connection.execute(
            ActorBlock.__table__.insert().values(worker_id=ALEX, actor_id=actor.actor_id, created_at=now)
        )
        connection.execute(
            CREDENTIALS.insert().values(
                id="p" * 32, worker_id=ALEX, kind="passkey", name="key-of-alex", public={}, created_at=now
            )
        )
        connection.execute(
            LinkedAccount.__table__.insert().values(
                id="acct_alex",
                worker_id=ALEX,
                platform="uber",
                reference_digest="d",
                linked_at=now,
                updated_at=now,
            )
        )
        SubjectGates().open(connection, account_id="acct_alex", worker_id=ALEX, platform="uber")
        version = connection.execute(text("SELECT max(id) FROM connector_version")).scalar_one()
    return {
        "worker": ALEX,
        "version": str(version),
        "grant": grant.id,
        "code": ref[:16],
        "request": "r" * 32,
        "actor": actor.actor_id,
        "passkey": "p" * 32,
        "platform": "uber",
        "account": "acct_alex",
    }


@pytest.fixture
def robin(client):
    client.cookies.clear()
    csrf = _csrf(client.get("/sign-in").text)
    client.post("/sign-in/demo", data={"persona": PERSONAS[1].key, "csrf": csrf}, headers={"Origin": ORIGIN})
    yield client
    client.cookies.clear()


def _csrf(page):
    return re.search(r'name="csrf" value="(\w+)"', page).group(1)


def _state(database):
    with database.connect() as connection:
        return {name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")).all())) for name in WATCHED}


def routes(app):
    for route in app.routes:
        if isinstance(route, Route) and "{" in route.path:
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path


def test_every_route_that_names_an_object_is_tried(client):
    for _, path in routes(client.app):
        tried = path in NAMED or path in PUBLIC or any(path.startswith(begin) for begin in ELSEWHERE)
        assert tried, f"{path}: add it to NAMED, with an object of another's to try it with"
    known = {path for _, path in routes(client.app)}
    assert NAMED.keys() | PUBLIC <= known


def test_anothers_object_is_not_there_and_stays_as_it_was(robin, objects, database):
    csrf, before, tried = _csrf(robin.get("/me").text), _state(database), 0
    for method, path in routes(robin.app):
        if path not in NAMED:
            continue
        theirs = path.format(**{name: objects[kind] for name, kind in NAMED[path].items()})
        invented = path.format(**{name: "0" * len(objects[kind]) for name, kind in NAMED[path].items()})
        answers = []
        for address in (theirs, invented):
            if method == "GET":
                answers.append(robin.get(address, follow_redirects=False))
            else:
                form = {"csrf": csrf, "answer": "allow", "item": "uber:ratings"}
                answers.append(robin.post(address, data=form, headers={"Origin": ORIGIN}, follow_redirects=False))
            assert answers[-1].status_code != 403, "the form counted"
        seen, unknown = answers
        assert seen.status_code == unknown.status_code, f"{method} {path} tells that it is there"
        assert seen.status_code in (303, 404, 409, 410), f"{method} {path}: {seen.status_code}"
        assert "key-of-alex" not in seen.text
        tried += 1
    assert tried >= len(NAMED)
    assert _state(database) == before


def test_an_account_named_in_a_form_is_ones_own(robin, objects, database):
    before = _state(database)
    csrf = _csrf(robin.get("/me").text)
    form = {"csrf": csrf, "account": objects["account"], "account_id": objects["account"]}
    robin.post("/link/unlink", data=form, headers={"Origin": ORIGIN}, follow_redirects=False)
    assert _state(database) == before


def _fields_that_name_an_object():
    schema = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                if any(get_named_type(each.type).name == "ID" or arg in NAMES for arg, each in field.args.items()):
                    yield f"{kind.name}.{name}"


def test_every_field_that_names_an_object_is_tried():
    found = {name for name in _fields_that_name_an_object() if name.partition(".")[2] not in FIELDS_PUBLIC}
    assert found == FIELDS.keys() | FIELDS_ELSEWHERE.keys()


def test_another_actors_token_opens_nothing_over_graphql(client, objects, database):
    registry = ActorRegistry(database)
    other = registry.create_actor(
        legal_name="Other Ltd", trading_name="Other", categories=["ratings"], purposes=["job_matching"]
    )
    made = registry.create_client(other, name="Other")
    now = utc_now()
    with database.begin() as connection:
        connection.execute(
            TOKENS.insert().values(
                token_hash=fingerprint("gwa_" + "x" * 43),
                kind="access",
                client_id=made.client_id,
                family_id="f",
                purpose="job_matching",
                scopes=["gig:ratings", "grant_management_query", "grant_management_revoke", "consent:manage"],
                authorization_details=[],
                issued_at=now,
                expires_at=now + timedelta(minutes=5),
            )
        )
    headers = {"Authorization": "Bearer gwa_" + "x" * 43}
    before = _state(database)
    for name, (query, kind) in FIELDS.items():
        sent = {"query": query, "variables": {"id": objects[kind]}}
        answer = client.post("/graphql", json=sent, headers=headers).json()
        assert not any((answer.get("data") or {}).values()), f"{name}: {answer}"
        codes = {error["extensions"]["code"] for error in answer["errors"]} if "errors" in answer else set()
        assert not any(code.startswith("GRAPHQL_") for code in codes), f"{name} was not even asked: {answer}"
    assert client.get(f"/oauth/grants/{objects['grant']}", headers=headers).status_code in (403, 404)
    assert client.delete(f"/oauth/grants/{objects['grant']}", headers=headers).status_code in (403, 404)
    assert _state(database) == before


def test_a_platforms_connectors_are_its_own(robin, objects, database):
    """Robin speaks for Fiverr; everything that a page of connectors names is Uber's, or the operator's."""
    with database.begin() as connection:
        made = {"kind": "platform", "name": "Fiverr", "platform": "fiverr", "status": "active"}
        connection.execute(ORGANIZATIONS.insert().values(id="fiverr", created_at=utc_now(), **made))
        Members(database, NoBrowser()).join(connection, "fiverr", ROBIN, "owner", by=COMMAND_LINE)
        foreign = connection.execute(text("SELECT max(id) FROM connector_version WHERE platform = 'uber'")).scalar_one()
    assert robin.get("/console/fiverr/connectors").status_code == 200
    csrf, before, tried = _csrf(robin.get("/me").text), _state(database), 0
    for method, path in routes(robin.app):
        if not path.startswith("/console/{organization}/connectors"):
            continue
        address = path.replace(":int", "")
        for organization in ("fiverr", "operator"):
            if organization == "fiverr" and address.count("{") == 1:
                continue
            theirs = address.format(organization=organization, id=foreign, platform="uber")
            form = {"csrf": csrf, "reason": "mine", "sdl": "type X { a: Int }", "do": "check"}
            answer = (
                robin.get(theirs, follow_redirects=False)
                if method == "GET"
                else robin.post(theirs, data=form, headers={"Origin": ORIGIN}, follow_redirects=False)
            )
            assert answer.status_code in (403, 404), f"{method} {theirs}: {answer.status_code}"
            assert "form was sent" not in answer.text, "the form counted"
            tried += 1
    assert tried > 15
    assert _state(database) == before
