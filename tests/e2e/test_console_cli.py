"""`gigway operators` and what `gigway actors` decides, as an operator uses them at a terminal."""

import re

import pytest

from gateway.cli import main
from gateway.storage.keyring import generate_key


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", generate_key("t1"))
    monkeypatch.setenv("GIGWAY_DATABASE_URL", f"sqlite:///{tmp_path}/console.db")
    monkeypatch.setenv("GIGWAY_ISSUER", "http://127.0.0.1:8700")

    def call(*arguments):
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_the_first_operator_comes_by_a_link(run):
    code, out, _ = run("operators", "invite", "--role", "administrator", "--note", "Ada")
    assert code == 0
    assert re.match(r"http://127\.0\.0\.1:8700/console/invitations/gwv_[\w-]{43}\n", out)
    code, out, _ = run("operators", "list")
    assert (code, "administrator Ada" in out) == (0, True)
    code, _, err = run("operators", "remove", "nobody")
    assert (code, err.split(":")[0]) == (1, "MEMBER_UNKNOWN")


def test_actors_are_listed_suspended_and_resumed(run):
    _, out, _ = run("actors", "create", "--name", "Trial", "--test")
    actor = out.split()[1]
    run(
        "actors", "create", "--name", "Serious", "--jurisdiction", "SE", "--privacy-notice", "https://s.example/privacy"
    )
    code, out, _ = run("actors", "list")
    assert code == 0
    assert [line.split()[1:2] + line.split()[-1:] for line in out.splitlines()] == [
        ["live", "Serious"],
        ["test", "Trial"],
    ]
    code, out, _ = run("actors", "suspend", actor, "--reason", "complaints")
    assert (code, out.split(":")[0]) == (0, "confirmed")
    assert "suspended" in run("actors", "list", "trial")[1]
    assert run("actors", "resume", actor)[0] == 0
    code, _, err = run("actors", "resume", actor)
    assert (code, err.split(":")[0]) == (1, "NOT_SUSPENDED")
    code, _, err = run("actors", "suspend", "nobody", "--reason", "x")
    assert (code, err.split(":")[0]) == (1, "ACTOR_UNKNOWN")


def test_an_actors_people_get_a_link_into_its_own_organization(run):
    _, out, _ = run("actors", "create", "--name", "Serious")
    actor = out.split()[1]
    for _ in range(2):
        code, out, _ = run("actors", "invite", actor)
        assert code == 0
        assert "/console/invitations/gwv_" in out
    assert run("actors", "invite", "nobody")[0] == 1


def test_what_does_not_wait_is_not_decided(run):
    assert run("actors", "requests")[:2] == (0, "")
    for command in (("approve", "nothing"), ("refuse", "nothing", "--reason", "x")):
        code, _, err = run("actors", *command)
        assert (code, err.split(":")[0]) == (1, "NOT_PENDING")
