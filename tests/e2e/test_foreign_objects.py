"""Another's object at every route that names one: it is not there, and it stays as it was.

The list is made of the application's routes: one that names an object and is not in `NAMED` fails.
"""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from starlette.routing import Route

from connectors.accounts.models import LinkedAccount
from consent.columns import utc_now
from consent.contact import ContactCodes
from consent.grants.lifecycle import GrantService
from consent.grants.visibility import SubjectGates
from consent.inbox.models import ActorBlock, ConsentRequest
from consent.leases.keeper import LeaseKeeper
from consent.models import ContactCode
from consent.oauth.actors import ActorRegistry
from consent.oauth.machine_secrets import fingerprint
from consent.oauth.models import TOKENS
from consent.signin.models import CREDENTIALS
from consent.stops.stopping import Stops
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
}
"""Routes of others, by how they begin, and the tests that try them (the console's goes through its own routes)."""

PUBLIC = {"/link/{platform}", "/link/{platform}/prove", "/link/{platform}/callback"}
"""Routes that name no object: a platform is anybody's, its account is the session's."""

WATCHED = (
    "consent_grant",
    "contact_code",
    "consent_request",
    "actor_block",
    "worker_credential",
    "linked_account",
    "subject_gate",
    "takeout_upload",
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
    return {
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
    queries = (
        ("query ($id: ID!) { request(id: $id) { id } }", objects["request"]),
        ("query ($id: ID!) { worker(id: $id) { id } }", ALEX),
        ("mutation ($id: ID!) { revokeGrant(id: $id) { status } }", objects["grant"]),
        ("mutation ($id: ID!) { cancelRequest(id: $id) { id } }", objects["request"]),
    )
    for query, identifier in queries:
        answer = client.post("/graphql", json={"query": query, "variables": {"id": identifier}}, headers=headers)
        assert not any((answer.json().get("data") or {}).values()), answer.text
    assert client.get(f"/oauth/grants/{objects['grant']}", headers=headers).status_code in (403, 404)
    assert client.delete(f"/oauth/grants/{objects['grant']}", headers=headers).status_code in (403, 404)
    assert _state(database) == before
