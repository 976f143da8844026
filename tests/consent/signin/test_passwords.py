"""Passwords: argon2id, one answer for every failure, and limits that hold across processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from consent.signin.demo import DemoLogin, DemoLoginError
from consent.signin.models import CREDENTIALS
from consent.signin.passwords import PasswordAccepted, PasswordError, PasswordRefused, Passwords

pytestmark = pytest.mark.anyio

WRONG, TOO_MANY = PasswordRefused(reason="wrong"), PasswordRefused(reason="too_many")


async def _verify(door: Any, login: str, password: str, address: str = "192.0.2.1") -> Any:
    return await door.passwords.verify(login, password, address=address)


async def test_a_login_is_forgiving_and_a_password_is_not(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "Alex@Worker.example", "long enough pässword")
    accepted = PasswordAccepted(worker_id=door.worker_id)
    assert await _verify(door, " alex@worker.EXAMPLE ", "long enough pa\u0308ssword") == accepted
    assert await _verify(door, "alex@worker.example", "Long enough pässword") == WRONG


async def test_66_unknown_login_and_wrong_password_answer_alike(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "alex", "long enough password")
    assert await _verify(door, "alex", "wrong") == await _verify(door, "nobody", "wrong") == WRONG
    assert await _verify(door, "", "") == WRONG
    assert await _verify(door, "a" * 10_000, "b" * 10_000) == WRONG


async def test_66_guessing_is_limited_per_login_and_address(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "alex", "long enough password")
    for _ in range(5):
        assert await _verify(door, "alex", "wrong") == WRONG
    assert await _verify(door, "alex", "long enough password") == TOO_MANY
    elsewhere = await _verify(door, "alex", "long enough password", "192.0.2.2")
    assert isinstance(elsewhere, PasswordAccepted), "a stranger cannot lock the owner out"
    door.clock.advance(timedelta(minutes=15))
    assert isinstance(await _verify(door, "alex", "long enough password"), PasswordAccepted)


async def test_66_simultaneous_guesses_cannot_slip_through(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "alex", "long enough password")
    results: list[Any] = []

    async def guess() -> None:
        results.append(await _verify(door, "alex", "wrong"))

    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(guess)
    assert 1 <= results.count(WRONG) <= 5


async def test_66_one_address_cannot_try_everybody(door: Any) -> None:
    results = [await _verify(door, f"login-{number}", "wrong") for number in range(51)]
    assert results == [WRONG] * 50 + [TOO_MANY]


async def test_success_forgets_earlier_failures(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "alex", "long enough password")
    for _ in range(3):
        for _ in range(4):
            assert await _verify(door, "alex", "wrong") == WRONG
        assert isinstance(await _verify(door, "alex", "long enough password"), PasswordAccepted)


async def test_hashes_are_argon2id_and_renewed_when_parameters_change(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "alex", "long enough password")
    stronger = Passwords(door.engine, door.settings, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    await stronger.verify("alex", "long enough password", address="192.0.2.1")
    with door.engine.connect() as connection:
        secret = connection.execute(select(CREDENTIALS.c.secret)).scalar_one()
    assert secret.startswith("$argon2id$v=19$m=16,t=2,p=1$")


async def test_what_cannot_be_a_login_or_password(door: Any) -> None:
    door.passwords.set_password(door.worker_id, "alex", "long enough password")
    for login, password in [
        ("", "long enough password"),
        ("a" * 201, "long enough password"),
        ("b", "short"),
        ("b", "x" * 201),
    ]:
        with pytest.raises(PasswordError):
            door.passwords.set_password(door.worker_id, login, password)
    with pytest.raises(PasswordError, match="another login"):
        door.passwords.set_password(door.world.worker(), "ALEX", "long enough password")


@pytest.mark.parametrize("issuer", ["https://gigway.example", "http://192.0.2.1"])
async def test_the_demo_login_exists_on_loopback_only(make_door: Any, issuer: str) -> None:
    with pytest.raises(DemoLoginError):
        DemoLogin(make_door(issuer).settings, [])
    assert DemoLogin(make_door("http://localhost:8700").settings, []).worker_of("x") is None
