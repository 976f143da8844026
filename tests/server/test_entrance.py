"""The short way to the query endpoint: what fails there is answered, logged and raised as by way of Starlette."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.server.entrance import Entrance

START = {"type": "http.response.start", "status": 200, "headers": []}


class Endpoint:
    """An ASGI application that begins an answer, fails, or answers in full, as it is told to."""

    def __init__(self):
        self.starts = False
        self.error = None

    async def __call__(self, scope, receive, send):
        if self.starts:
            await send(START)
        if self.error is not None:
            raise self.error
        answer = PlainTextResponse(f"{scope['method']} {scope['path']}")
        await answer(scope, receive, send)


def lost():
    return OperationalError("SELECT name FROM worker", {}, Exception("Alex"))


def broken():
    return RuntimeError("Alex")


async def page(_):
    return PlainTextResponse("a page")


@pytest.fixture
def endpoint():
    return Endpoint()


@pytest.fixture
def lived():
    return []


@pytest.fixture
def app(endpoint, lived):
    @asynccontextmanager
    async def lifespan(_):
        lived.append("start")
        yield
        lived.append("end")

    return Entrance([Route("/graphql", endpoint), Route("/page", page)], lifespan, direct="/graphql")


@pytest.fixture(params=["direct", "through Starlette"])
def way(request, app):
    """Each way into the application."""
    if request.param == "direct":
        return app
    return Starlette(routes=app.routes, exception_handlers=app.exception_handlers)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(("error", "status"), [(lost, 503), (broken, 500)])
def test_a_failure_is_answered(way, endpoint, error, status, accept):
    endpoint.error = error()
    client = TestClient(way, raise_server_exceptions=False)
    answer = client.post("/graphql", headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)
    assert "Alex" not in answer.text
    assert "gigway.css" in answer.text if accept == "text/html" else answer.json()["errors"]


def test_a_lost_database_is_no_defect(way, endpoint, caplog):
    endpoint.error = lost()
    assert TestClient(way).post("/graphql").status_code == 503
    (record,) = [record for record in caplog.records if record.name == "gigway.server"]
    assert (record.message, record.error, record.path) == ("server:database:fail", "OperationalError", "/graphql")
    assert "Alex" not in caplog.text


def test_a_defect_is_logged_and_raised_to_the_server(way, endpoint, caplog):
    endpoint.error = broken()
    with pytest.raises(RuntimeError, match="Alex"):
        TestClient(way).post("/graphql")
    (record,) = [record for record in caplog.records if record.name == "gigway.server"]
    assert (record.message, record.path, record.method) == ("request failed", "/graphql", "POST")
    assert record.exc_info[1] is endpoint.error


@pytest.mark.parametrize("error", [lost, broken])
def test_what_has_begun_is_not_answered_once_more(way, endpoint, caplog, error):
    endpoint.starts, endpoint.error, sent = True, error(), []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": []}
    with pytest.raises((OperationalError, RuntimeError)):
        asyncio.run(way(scope, None, send))
    assert sent == [START]
    (record,) = [record for record in caplog.records if record.name == "gigway.server"]
    assert (record.message, record.path) == ("request failed", "/graphql")


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyboardInterrupt])
def test_what_ends_the_request_or_the_process_passes(app, endpoint, caplog, error):
    endpoint.error, sent = error(), []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": []}
    with pytest.raises(error):
        asyncio.run(app(scope, None, send))
    assert (sent, caplog.records) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("POST", "/graphql", 200, "POST /graphql"),
        ("OPTIONS", "/graphql", 200, "OPTIONS /graphql"),
        ("DELETE", "/graphql?a=b", 200, "DELETE /graphql"),
        ("GET", "/page", 200, "a page"),
        ("POST", "/page", 405, None),
        ("GET", "/graphqls", 404, None),
        ("GET", "/graphql/x", 404, None),
        ("POST", "/graphql/", 307, None),
    ],
)
def test_every_path_is_found(app, method, path, status, text):
    answer = TestClient(app, follow_redirects=False).request(method, path)
    assert answer.status_code == status
    if text is not None:
        assert answer.text == text
    elif status in (404, 405):
        assert answer.json()["errors"]
    else:
        assert answer.headers["location"].endswith("/graphql")


@pytest.mark.parametrize(
    ("root_path", "path", "status"),
    [("/gw", "/gw/graphql", 200), ("/gw", "/graphql", 200), ("/graphql", "/graphql", 404)],
)
def test_below_a_root_path_the_route_is_what_follows_it(app, root_path, path, status):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "root_path": root_path,
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(app(scope, None, send))
    assert sent[0]["status"] == status


def test_a_websocket_is_closed(app):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/graphql", "query_string": b"", "headers": []}
    asyncio.run(app(scope, None, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_the_lifespan_is_that_of_the_application(app, lived):
    with TestClient(app) as client:
        assert client.post("/graphql").status_code == 200
        assert lived == ["start"]
    assert lived == ["start", "end"]


def test_what_starlette_raises_is_answered_as_ever(app):
    async def refuse(_):
        raise HTTPException(418)

    app.add_route("/tea", refuse)
    assert TestClient(app).get("/tea").json()["errors"][0]["extensions"]["code"] == "I'M_A_TEAPOT"
