"""A connector goes live in a running Gigway, and stops: nothing is restarted."""

import threading
from functools import partial
from pathlib import Path

import pytest
import uvicorn

from connectors.sandbox import SandboxSettings, create_sandbox
from gateway.server.loopback import loopback_socket

FIVERR = Path(__file__).parent.parent.parent / "connectors" / "catalogue" / "fiverr.graphql"
VERSION = '{ platform(name: "fiverr") { connectorVersion } }'


@pytest.fixture(scope="module")
def sandbox():
    with loopback_socket() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_sandbox(SandboxSettings(public_url=url))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield url
        server.should_exit = True
        thread.join()


@pytest.fixture
def run(command):
    return partial(command, "connectors")


@pytest.fixture
def changed(tmp_path):
    file = tmp_path / "fiverr.graphql"
    text = FIVERR.read_text()
    assert 'version: "1.0.0"' in text
    file.write_text(text.replace('version: "1.0.0"', 'version: "1.1.0"'))
    return file


def served(client):
    """Return the version that a query meets now."""
    return client.post("/graphql", json={"query": VERSION}).json()["data"]["platform"]["connectorVersion"]


def test_a_version_is_tested_approved_live_and_rolled_back(client, run, sandbox, changed):
    assert served(client) == "1.0.0"
    code, out, err = run("publish", str(changed), "--sandbox-url", sandbox)
    assert (code, err) == (0, "")
    number = out.split("gigway connectors approve ")[1].strip()
    code, out, err = run("publish", str(FIVERR), "--sandbox-url", sandbox)
    assert code == 1
    assert err.startswith("VERSION_NOT_NEWER")
    code, out, err = run("approve", number)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "live in all 1 processes"
    assert served(client) == "1.1.0"
    code, out, _ = run("versions", "fiverr")
    first = out.splitlines()[-1].split()
    assert (first[1], first[2]) == ("1.0.0", "RETIRED")
    code, out, _ = run("rollback", "fiverr", first[0])
    assert (code, out.splitlines()[-1]) == (0, "live in all 1 processes")
    assert served(client) == "1.0.0"


def test_a_version_that_was_not_tested_cannot_go_live(run, tmp_path):
    file = tmp_path / "fiverr.graphql"
    file.write_text(FIVERR.read_text().replace('version: "1.0.0"', 'version: "1.2.0"'))
    code, out, _ = run("publish", str(file), "--sandbox-url", "http://127.0.0.1:1")
    assert code == 1
    number = out.split("version ")[1].split()[0]
    code, _, err = run("approve", number)
    assert code == 1
    assert err.startswith("NOT_TESTED")


def test_a_platform_is_suspended_and_resumed(run):
    code, out, _ = run("suspend", "fiverr", "--reason", "test")
    assert (code, out) == (0, "confirmed: nothing reads this platform any more\n")
    assert run("resume", "fiverr")[0] == 0
    code, _, err = run("suspend", "nothing", "--reason", "test")
    assert code == 1
    assert err.startswith("NOT_LIVE")


def test_checking_says_what_it_would_break_of_what_is_live(run, client, tmp_path):
    assert served(client) == "1.0.0"
    file, text = tmp_path / "fiverr.graphql", FIVERR.read_text()
    own = "performance"
    file.write_text(text.replace('version: "1.0.0"', 'version: "1.9.0"').replace(f"{own}:", "standing:"))
    code, out, err = run("check", str(file))
    assert (code, err) == (0, "")
    assert "fiverr: breaking: Field FiverrAccount.performance was removed. Not used in the last 30 days." in out
