"""`/me/graphql`: a worker's own browser, and no page elsewhere, asks with its session; a stream ends with it."""

import asyncio
import http.client
import json
import threading

import pytest

from consent.contact import ContactCodes
from consent.models import AccessEvent
from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.server.demo_workers import PERSONAS
from gateway.server.loopback import loopback_socket, serve_on
from gateway.storage.database import create_database_engine

ORIGIN = "http://127.0.0.1:8700"
WHO = {"query": "{ viewer { kind purpose worker { id } } workers { totalCount } }"}
SAME = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


def sign_in(client, persona="alex"):
    client.cookies.clear()
    page = client.get("/sign-in")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    client.post("/sign-in/demo", data={"persona": persona, "csrf": csrf}, headers={"Origin": ORIGIN})


@pytest.fixture
def signed_in(client):
    sign_in(client)
    yield client
    client.cookies.clear()


def test_a_worker_asks_for_what_is_theirs(signed_in):
    data = signed_in.post("/me/graphql", json=WHO, headers=SAME).json()["data"]
    assert (data["viewer"]["kind"], data["viewer"]["purpose"]) == ("WORKER", "self")
    assert data["workers"]["totalCount"] == 1
    sign_in(signed_in, "robin")
    other = signed_in.post("/me/graphql", json=WHO, headers=SAME).json()["data"]
    assert other["viewer"]["worker"]["id"] != data["viewer"]["worker"]["id"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_59_a_page_elsewhere_cannot_ask(signed_in, headers):
    answer = signed_in.post("/me/graphql", json=WHO, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "CROSS_ORIGIN")
    assert "access-control-allow-origin" not in answer.headers


def test_59_what_says_nothing_of_where_it_is_from_is_a_post_of_json(signed_in):
    assert signed_in.post("/me/graphql", json=WHO).status_code == 200
    assert signed_in.get("/me/graphql", params=WHO).status_code == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert signed_in.post("/me/graphql", content="query={viewer{kind}}", headers=form).status_code == 415


def test_a_token_is_worth_nothing_here_and_a_session_nothing_there(client, signed_in, token):
    there = signed_in.post("/graphql", json=WHO, headers=SAME).json()["data"]
    assert there["viewer"]["kind"] == "ANONYMOUS"
    client.cookies.clear()
    answer = client.post("/me/graphql", json=WHO, headers={**SAME, "Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


class Following(threading.Thread):
    """Reads a stream as it comes; `lines` grows, `ended` is set with it."""

    def __init__(self, port, cookie):
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        body = json.dumps({"query": "subscription { accessEvents { category decision actor } }"})
        headers = {"Accept": "text/event-stream", "Content-Type": "application/json", "Cookie": cookie, **SAME}
        self._connection.request("POST", "/me/graphql", body, headers)
        self._answer = self._connection.getresponse()
        self.lines, self.changed = [], threading.Condition()

    def run(self):
        while line := self._answer.readline():
            with self.changed:
                self.lines.append(line.decode().strip())
                self.changed.notify_all()
        self._answer.close()
        self._connection.close()
        with self.changed:
            self.lines.append("END")
            self.changed.notify_all()

    def until(self, text):
        with self.changed:
            assert self.changed.wait_for(lambda: any(text in line for line in self.lines), 10), self.lines


@pytest.fixture
def port(environment):
    """The same Gigway on a real socket: a test client hands a stream over when it has ended."""
    found, ready, stop = [], threading.Event(), []

    async def serve():
        app = create_app(load_settings(environment))
        with loopback_socket() as listening:
            async with serve_on(listening, app):
                ended = asyncio.Event()
                stop.append((asyncio.get_running_loop(), ended))
                found.append(listening.getsockname()[1])
                ready.set()
                await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    loop, ended = stop[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join()


def test_a_worker_follows_their_log_until_they_sign_out(signed_in, token, environment, port):
    database = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    with database.begin() as connection:
        codes = [ContactCodes(database).create(connection, persona.worker_id) for persona in PERSONAS]

    def look(code):
        query = {"query": "query ($w: ID!) { worker(id: $w) { id } }", "variables": {"w": code}}
        signed_in.post("/graphql", json=query, headers={"Authorization": f"Bearer {token}"})

    following = Following(port, "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items()))
    following.start()
    following.until(":")
    look(codes[1])
    look(codes[0])
    following.until('"accessEvents"')
    (told,) = [json.loads(line[6:]) for line in following.lines if line.startswith("data: ")]
    assert told["data"]["accessEvents"] == {"category": "lookup", "decision": "DENY", "actor": "Test Staffing"}

    page = signed_in.get("/me")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    signed_in.post("/sign-out", data={"csrf": csrf}, headers={"Origin": ORIGIN})
    with database.begin() as connection:
        row = connection.execute(AccessEvent.__table__.select()).mappings().all()[-1]
        connection.execute(AccessEvent.__table__.insert().values({**row, "id": None, "salt": "0" * 32}))
    following.until("END")
    assert any("TOKEN_ENDED" in line for line in following.lines)
    assert sum('"accessEvents"' in line for line in following.lines) == 1
    database.dispose()
