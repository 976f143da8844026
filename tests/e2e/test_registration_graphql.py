"""A platform's engineer and an operator register a connector over GraphQL, in a running Gigway."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from connectors.sandbox import SandboxSettings, create_sandbox
from consent.console.members import ensure_operator
from consent.oauth.client_registry import ClientRegistry
from consent.oauth.models import ORGANIZATIONS
from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.server.loopback import loopback_socket
from gateway.storage.database import create_database_engine

FIVERR = (Path(__file__).parents[2] / "connectors/catalogue/fiverr.graphql").read_text(encoding="utf-8")

CHECK = """mutation ($sdl: String!, $samples: [ConnectorSample!]! = []) { checkConnector(sdl: $sdl, samples: $samples) {
  ok platform version problems { code message line column } breaking { description uses }
  samples { connect value problems { code } }
} }"""
SUBMIT = (
    "mutation ($sdl: String!) { submitConnector(sdl: $sdl) { ok problems { code } version { id status testing } } }"
)
TEST = """mutation ($id: ID!, $sandbox: ConnectorSandbox) {
  testConnector(id: $id, sandbox: $sandbox) { ok problems { code } version { status testing report } } }"""
APPROVE = "mutation ($id: ID!) { approveConnector(id: $id) { ok problems { code } version { status } } }"
BACK = "mutation ($id: ID!) { rollBackConnector(id: $id) { ok problems { code } version { version status } } }"
VERSIONS = '{ connectorVersions(platform: "fiverr") { id version status loadedEverywhere history { action by } } }'
SUSPEND = 'mutation { suspendConnector(platform: "fiverr", reason: "asked") { ok status problems { code } } }'
RESUME = 'mutation { resumeConnector(platform: "fiverr") { ok problems { code } } }'


@pytest.fixture(scope="module")
def sandbox():
    with loopback_socket() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(create_sandbox(SandboxSettings(public_url=url)), log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield url
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def environment(environment, sandbox):
    return {**environment, "GIGWAY_SANDBOX_URL": sandbox}


@pytest.fixture(scope="module")
def client(environment):
    with TestClient(create_app(load_settings(environment)), base_url="http://127.0.0.1:8700") as client:
        yield client


@pytest.fixture(scope="module")
def ask(client, environment):
    """Return a function that executes a document as one of four parties, or as nobody."""
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    tokens = {None: None}
    with engine.begin() as connection:
        ensure_operator(connection, name="Gigway", at=datetime.now(UTC))
        for platform in ("fiverr", "uber"):
            connection.execute(
                ORGANIZATIONS.insert().values(
                    id=platform * 2,
                    kind="platform",
                    name=platform,
                    platform=platform,
                    status="active",
                    created_at=datetime.now(UTC),
                )
            )
    registry = ClientRegistry(engine)
    for party, organization, kind, role in (
        ("fiverr", "fiverrfiverr", "platform", "developer"),
        ("uber", "uberuber", "platform", "owner"),
        ("auditor", "operator", "operator", "auditor"),
        ("administrator", "operator", "operator", "administrator"),
    ):
        made = registry.create_machine_client(organization, kind=kind, name=party, role=role)
        answer = client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(made.client_id, made.client_secret),
        )
        assert answer.status_code == 200, answer.text
        tokens[party] = answer.json()["access_token"]
    engine.dispose()

    def execute(document, party=None, **variables):
        headers = {"Authorization": f"Bearer {tokens[party]}"} if tokens[party] else {}
        return client.post("/graphql", json={"query": document, "variables": variables}, headers=headers).json()

    return execute


def version(number, *changes):
    text = FIVERR.replace('version: "1.0.0"', f'version: "{number}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def finished(ask, id):
    """Wait for the end of a conformance run."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        answer = ask("query ($id: ID!) { connectorVersion(id: $id) { status testing report } }", "fiverr", id=id)
        if not answer["data"]["connectorVersion"]["testing"]:
            return answer["data"]["connectorVersion"]
    raise AssertionError("the run does not end")


def test_a_client_may_check_and_problems_are_located(ask):
    answer = ask(
        CHECK, "fiverr", sdl=version("1.1.0", ("SellerLevel", "Level")) if "SellerLevel" in FIVERR else "type X {"
    )
    checked = answer["data"]["checkConnector"]
    assert checked["ok"] is False
    assert all(problem["code"] and problem["message"] for problem in checked["problems"])
    assert ask(CHECK, "auditor", sdl=FIVERR)["data"]["checkConnector"]["problems"][0]["code"] == "VERSION_NOT_NEWER"
    samples = [{"connect": "nothing", "body": "{}"}]
    good = ask(CHECK, "uber", sdl=version("1.1.0"), samples=samples)["data"]["checkConnector"]
    assert (good["ok"], good["platform"], good["version"]) == (True, "fiverr", "1.1.0")
    assert good["samples"][0]["problems"] == [{"code": "SAMPLE_INVALID"}]


@pytest.mark.parametrize("document", [CHECK, SUBMIT, TEST, APPROVE, BACK, VERSIONS, SUSPEND, RESUME])
def test_nobody_without_a_client_takes_a_step(ask, document):
    answer = ask(document, sdl=FIVERR, id="1")
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_version_goes_from_submission_to_being_live_and_back(ask):
    sdl = version("1.1.0")
    assert ask(SUBMIT, "uber", sdl=sdl)["data"]["submitConnector"]["problems"] == [{"code": "NOT_YOURS"}]
    assert ask(SUBMIT, "auditor", sdl=sdl)["data"]["submitConnector"]["problems"] == [{"code": "NOT_YOURS"}]
    submitted = ask(SUBMIT, "fiverr", sdl=sdl)["data"]["submitConnector"]
    assert (submitted["ok"], submitted["version"]["status"]) == (True, "SUBMITTED")
    id = submitted["version"]["id"]
    assert ask(APPROVE, "administrator", id=id)["data"]["approveConnector"]["problems"] == [{"code": "NOT_TESTED"}]
    assert ask(TEST, "uber", id=id)["data"]["testConnector"]["problems"] == [{"code": "VERSION_UNKNOWN"}]
    assert ask(TEST, "fiverr", id=id)["data"]["testConnector"]["ok"] is True
    tested = finished(ask, id)
    assert tested["status"] == "TESTED", tested["report"]
    assert "17 ok" in tested["report"][-1]
    for party, code in (("fiverr", "NOT_YOURS"), ("auditor", "NOT_YOURS"), ("uber", "VERSION_UNKNOWN")):
        assert ask(APPROVE, party, id=id)["data"]["approveConnector"]["problems"] == [{"code": code}]
    approved = ask(APPROVE, "administrator", id=id)["data"]["approveConnector"]
    assert approved == {"ok": True, "problems": [], "version": {"status": "LIVE"}}
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        newest, oldest = ask(VERSIONS, "fiverr")["data"]["connectorVersions"]
        if newest["loadedEverywhere"]:
            break
    assert (newest["status"], newest["loadedEverywhere"], oldest["status"]) == ("LIVE", True, "RETIRED")
    assert [event["action"] for event in newest["history"]] == ["APPROVE", "TEST", "SUBMIT"]
    assert newest["history"][0]["by"].startswith("operator:")
    assert ask(VERSIONS, "uber")["data"]["connectorVersions"] == []
    back = ask(BACK, "administrator", id=oldest["id"])["data"]["rollBackConnector"]
    assert back == {"ok": True, "problems": [], "version": {"version": "1.0.0", "status": "LIVE"}}


def test_platform_that_is_not_simulated_names_its_own_sandbox(ask, sandbox):
    sdl = version("1.2.0")
    id = ask(SUBMIT, "fiverr", sdl=sdl)["data"]["submitConnector"]["version"]["id"]
    for url in ("ftp://sandbox.fiverr.example", "http://10.0.0.1/"):
        given = {"url": url, "accessToken": "t"}
        answer = ask(TEST, "fiverr", id=id, sandbox=given)["data"]["testConnector"]
        if url.startswith("ftp"):
            assert answer["problems"] == [{"code": "SANDBOX_NEEDED"}]
        else:
            assert finished(ask, id)["status"] == "FAILED"
    reason = (
        "mutation ($id: ID!, $reason: String!) { rejectConnector(id: $id, reason: $reason) { ok version { status } } }"
    )
    assert ask(reason, "administrator", id=id, reason=" ")["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    rejected = ask(reason, "administrator", id=id, reason="no contract")["data"]["rejectConnector"]
    assert rejected == {"ok": True, "version": {"status": "REJECTED"}}


def test_platform_is_suspended_drained_and_resumed_by_operators_only(ask):
    for party in ("fiverr", "auditor"):
        assert ask(SUSPEND, party)["data"]["suspendConnector"]["problems"] == [{"code": "NOT_YOURS"}]
    suspended = ask(SUSPEND, "administrator")["data"]["suspendConnector"]
    assert suspended == {"ok": True, "status": "CONFIRMED", "problems": []}
    assert ask(RESUME, "administrator")["data"]["resumeConnector"]["ok"] is True


def test_health_is_for_everybody_and_drift_for_the_platform(ask):
    query = '{ platform(name: "fiverr") { health { requests breaker errorRate drifts } drift { path } } }'
    own = ask(query, "fiverr")
    assert own["data"]["platform"]["drift"] == []
    assert own["data"]["platform"]["health"]["breaker"] == "CLOSED"
    others = ask(query)
    assert others["data"]["platform"]["health"]["breaker"] == "CLOSED"
    assert others["data"]["platform"]["drift"] is None
    assert others["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert ask(query, "uber")["errors"][0]["extensions"]["code"] == "FORBIDDEN"
