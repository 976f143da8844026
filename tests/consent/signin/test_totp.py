"""One-time codes: the RFC's vectors, one use, little skew, few tries."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from consent.signin.models import CREDENTIALS, STATES
from consent.signin.totp import STEP, Totp, TotpSetup, one_time_code
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.vault import Vault

SECRET = base64.b32encode(b"12345678901234567890")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert one_time_code(SECRET, seconds // STEP) == code


class App:
    """A worker's authenticator app."""

    def __init__(self, door: Any, setup: TotpSetup) -> None:
        self.door, self.secret = door, setup.secret.encode()

    def code(self, steps: int = 0) -> str:
        return one_time_code(self.secret, int(self.door.clock().timestamp()) // STEP + steps)


@pytest.fixture
def totp(door: Any) -> Totp:
    return Totp(door.engine, door.settings, Vault(parse_keyring(generate_key("k1"))))


@pytest.fixture
def app(door: Any, totp: Totp) -> App:
    """An app that is set up, thirty seconds ago."""
    setup = totp.begin_setup(door.worker_id, "Alex")
    app = App(door, setup)
    assert totp.finish_setup(door.worker_id, setup.state, app.code())
    door.clock.advance(timedelta(seconds=STEP))
    return app


def _check(door: Any, totp: Totp, code: str) -> Any:
    return totp.check(totp.expect(door.worker_id), code, address="192.0.2.1")


def test_a_code_opens_once(door: Any, totp: Totp, app: App) -> None:
    code = app.code()
    assert _check(door, totp, f" {code[:3]} {code[3:]} ") == door.worker_id
    assert _check(door, totp, code) is None


def test_one_step_of_skew_is_forgiven(door: Any, totp: Totp, app: App) -> None:
    assert _check(door, totp, app.code(2)) is None
    assert _check(door, totp, app.code(1)) == door.worker_id
    assert _check(door, totp, app.code(0)) is None, "an earlier code does not count after a later one"


def test_66_tries_are_limited_and_each_needs_the_password_again(door: Any, totp: Totp, app: App) -> None:
    state = totp.expect(door.worker_id)
    assert totp.check(state, "000000", address="192.0.2.1") is None
    assert totp.check(state, app.code(), address="192.0.2.1") is None, "a state allows one try"
    for _ in range(4):
        assert _check(door, totp, "000000") is None
    assert _check(door, totp, app.code()) is None
    door.clock.advance(timedelta(minutes=15))
    assert _check(door, totp, app.code()) == door.worker_id


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "١٢٣٤٥٦", "0" * 5_000])
def test_what_is_no_code(door: Any, totp: Totp, app: App, code: str) -> None:
    assert _check(door, totp, code) is None


def test_setting_up_needs_a_right_code_of_the_same_worker(door: Any, totp: Totp) -> None:
    setup = totp.begin_setup(door.worker_id, "Alex")
    assert not totp.finish_setup(door.worker_id, setup.state, "000000")
    setup = totp.begin_setup(door.worker_id, "Alex")
    assert not totp.finish_setup(door.world.worker(), setup.state, App(door, setup).code())
    assert not totp.is_on(door.worker_id)


def test_turned_off_is_off(door: Any, totp: Totp, app: App) -> None:
    assert totp.is_on(door.worker_id)
    assert totp.turn_off(door.worker_id)
    assert not totp.is_on(door.worker_id)
    assert _check(door, totp, app.code()) is None


def test_the_secret_is_sealed_at_rest(door: Any, totp: Totp, app: App) -> None:
    totp.begin_setup(door.worker_id, "Alex")
    with door.engine.connect() as connection:
        dump = repr([connection.execute(table.select()).all() for table in (CREDENTIALS, STATES)])
    assert app.secret.decode() not in dump
