"""What is answered when nothing else does: no traceback, and nothing of what was being written."""

import logging

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.server.errors import on_database_failure, on_defect


async def full(_):
    raise OperationalError("INSERT INTO worker (name) VALUES (?)", {"name": "Alex"}, Exception("disk is full"))


async def broken(_):
    raise RuntimeError("Alex's token")


@pytest.fixture
def client():
    app = Starlette(
        routes=[
            Route("/full", full),
            Route("/broken", broken),
            Route("/full/{secret}/open", full),
            Route("/broken/{secret}", broken),
        ],
        exception_handlers={SQLAlchemyError: on_database_failure, Exception: on_defect},
    )
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(("path", "status"), [("/full", 503), ("/broken", 500)])
def test_a_failure_tells_nothing_of_what_it_was_about(client, path, status, accept):
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    for word in ("Alex", "INSERT", "Traceback", "disk"):
        assert word not in answer.text


def test_the_log_has_the_kind_of_a_databases_failure_only(client, caplog):
    caplog.set_level(logging.DEBUG)
    assert client.get("/full").headers["retry-after"] == "5"
    (record,) = [record for record in caplog.records if record.name == "gigway.server"]
    assert (record.message, record.error, record.exc_info) == ("server:database:fail", "OperationalError", None)
    assert "Alex" not in caplog.text


@pytest.mark.parametrize(
    ("path", "logged"), [("/full/gwq_a%20b/open", "/full/{secret}/open"), ("/broken/gwv_1", "/broken/{secret}")]
)
def test_the_log_has_no_secret_that_stands_in_an_address(client, caplog, path, logged):
    caplog.set_level(logging.DEBUG)
    client.get(path)
    (record,) = [record for record in caplog.records if record.name == "gigway.server"]
    assert record.path == logged
    assert "gw" not in record.path
