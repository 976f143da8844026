"""The console of a whole Gigway: an operator and a platform by machine, a test actor's consent by people."""

import re

import pytest


def token_of(page):
    return re.search(r'name="csrf" value="(\w+)"', page.text).group(1)


@pytest.fixture
def sign_in(client):
    def go(persona):
        client.cookies.clear()
        token = token_of(client.get("/sign-in?again=1"))
        done = client.post(
            "/sign-in/demo",
            data={"csrf": token, "persona": persona, "next": "/console"},
            follow_redirects=False,
        )
        assert done.status_code == 303

    return go


def post(client, path, **fields):
    token = token_of(client.get("/console"))
    return client.post(path, data={"csrf": token, **fields})


def viewer(client, page):
    client_id, secret = re.findall(r"<code>([^<]+)</code>", page.text)[:2]
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))
    answer = client.post(
        "/graphql",
        json={
            "query": "{ viewer { kind platformName role scopes purpose actor { id } worker { id } } "
            "workers { totalCount } platforms { name } }"
        },
        headers={"authorization": f"Bearer {token.json()['access_token']}"},
    ).json()
    assert answer["data"]["workers"]["totalCount"] == 0
    assert len(answer["data"]["platforms"]) > 5
    found = answer["data"]["viewer"]
    assert (found.pop("scopes"), found.pop("purpose"), found.pop("actor"), found.pop("worker")) == (
        [],
        None,
        None,
        None,
    )
    return found


def test_the_demo_operator_makes_a_machine_client(client, sign_in):
    sign_in("olivia")
    assert "Operating this Gigway" in client.get("/console/operator").text
    made = post(client, "/console/operator/clients", name="Bot", role="approver")
    assert viewer(client, made) == {"kind": "OPERATOR", "platformName": None, "role": "approver"}
    assert "Uber" in client.get("/console/operator/platforms").text


def test_a_platform_has_one_too(client, sign_in):
    sign_in("noor")
    page = post(client, "/console/new/platform", name="Tides", platform="tides")
    base = str(page.url.path)
    made = post(client, f"{base}/clients", name="CI", role="developer")
    assert viewer(client, made) == {"kind": "PLATFORM", "platformName": "tides", "role": "developer"}


def test_neither_reads_a_worker(client, sign_in):
    sign_in("olivia")
    made = post(client, "/console/operator/clients", name="Curious", role="administrator")
    client_id, secret = re.findall(r"<code>([^<]+)</code>", made.text)[:2]
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))
    answer = client.post(
        "/graphql",
        json={"query": '{ worker(id: "d0000000000000000000000000000001") { id accounts { id } } }'},
        headers={"authorization": f"Bearer {token.json()['access_token']}"},
    ).json()
    assert answer["data"]["worker"] is None
    assert answer["errors"][0]["extensions"]["code"] == "CONSENT_REQUIRED"


def test_who_waits_for_a_platform_sees_nothing_of_it(client, sign_in):
    sign_in("noor")
    page = post(client, "/console/new/platform", name="So-called Uber", platform="uber")
    base = str(page.url.path)
    assert "has not admitted" in page.text
    assert f"{base}/connectors" not in page.text
    assert client.get(f"{base}/connectors").status_code in (403, 404)
