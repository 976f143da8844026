"""A whole Gigway behind a real socket, in a thread of this process, without any platform behind it."""

import socket
import threading

import pytest
import uvicorn

from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.storage.keyring import generate_key


@pytest.fixture(scope="session")
def serve():
    """Run ASGI applications; `serve(app)` returns the URL that one listens on."""
    running = []

    def run(app, **options):
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, ws="none", log_level="warning", server_header=False, **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, listening))
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield run
    for server, thread, listening in running:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="session")
def gigway(serve, tmp_path_factory):
    """The URL of a running Gigway."""
    settings = load_settings(
        {
            "GIGWAY_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('server')}/server.db",
            "GIGWAY_MASTER_KEYS": generate_key("t1"),
            "GIGWAY_SANDBOX_URL": "http://127.0.0.1:1",
        }
    )
    return serve(create_app(settings))
