"""Asking without a browser in between, through a whole gateway: over HTTP, with sealed ids, to the worker's answer."""

import re

import pytest

from gateway.server.demo_workers import PERSONAS

ASK = """mutation ($worker: ID!, $purpose: String = "job_matching") {
  requestConsent(worker: $worker, details: [{platforms: ["uber"], categories: ["ratings"], purpose: $purpose}]) {
    id status worker { id }
  }
}"""
READ = "query ($id: ID!) { request(id: $id) { status worker { id grants { status } } grant { id } } }"
HEADERS = {"Origin": "http://127.0.0.1:8700"}


@pytest.fixture
def query(client, token):
    def send(document, **variables):
        answer = client.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {token}", "Accept": "application/graphql-response+json"},
        )
        return answer.json()

    return send


def submit(client, page, target, fields):
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(page).text)[1]
    return client.post(target, data={"csrf": csrf, **fields}, headers=HEADERS, follow_redirects=False)


@pytest.fixture
def worker(client):
    client.cookies.clear()
    submit(client, "/sign-in", "/sign-in/demo", {"persona": PERSONAS[0].key})
    yield lambda page, target, fields: submit(client, page, target, fields)
    client.cookies.clear()


def test_from_a_contact_code_to_a_grant_and_back_by_the_id_that_came_of_it(client, query, worker):
    code = re.search(r"GW-[0-9A-Z-]{14}", worker("/me", "/me/codes", {}).text)[0]
    asked = query(ASK, worker=code)["data"]["requestConsent"]
    nobody = query(ASK, worker="GW-0000-0000-0000")["data"]["requestConsent"]
    assert {**asked, "id": nobody["id"]} == nobody
    path = f"/consent/{asked['id']}"
    assert path in client.get("/me").text
    assert worker(path, path, {"item": "uber:ratings", "answer": "allow"}).status_code == 303
    told = query(READ, id=asked["id"])["data"]["request"]
    assert (told["status"], told["worker"]["grants"]) == ("GRANTED", [{"status": "ACTIVE"}])
    sealed = told["worker"]["id"]
    assert sealed != PERSONAS[0].worker_id
    again = query(ASK, worker=sealed)["data"]["requestConsent"]
    assert f"/consent/{again['id']}" in client.get("/me/requests").text
    refused = worker("/me/requests", f"/me/requests/{again['id']}/refuse", {})
    assert refused.headers["location"] == "/me/requests?done=refused"
    assert query(READ, id=again["id"])["data"]["request"] == {"status": "REFUSED", "worker": None, "grant": None}
    unsealed = query(ASK, worker=PERSONAS[0].worker_id)["data"]["requestConsent"]
    assert f"/consent/{unsealed['id']}" not in client.get("/me/requests").text


def test_what_is_asked_for_is_checked(query):
    (error,) = query(ASK, worker="GW-0000-0000-0001", purpose="training")["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["oauthError"] == "invalid_authorization_details"


def test_nobody_else_asks(client):
    answer = client.post("/graphql", json={"query": ASK, "variables": {"worker": "GW-0000-0000-0002"}}).json()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
