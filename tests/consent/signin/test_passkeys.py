"""Passkeys, with a software authenticator that can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

from consent.signin.passkeys import Challenge, Passkeys

ORIGIN = "https://gigway.example"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One passkey on one device."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0

    def create(self, challenge: Challenge, /, *, flags: int = PRESENT | VERIFIED, **changes: str) -> str:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(changes.get("rp_id", "gigway.example"), flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", challenge, changes)
        return self._answer({"clientDataJSON": client, "attestationObject": attestation})

    def get(self, challenge: Challenge, /, *, flags: int = PRESENT | VERIFIED, grow: int = 1, **changes: str) -> str:
        self.count += grow
        data = self._data(changes.get("rp_id", "gigway.example"), flags)
        client = self._client("webauthn.get", challenge, changes)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    @staticmethod
    def _client(kind: str, challenge: Challenge, changes: dict[str, str]) -> bytes:
        asked = changes.get("challenge", json.loads(challenge.options)["challenge"])
        client = {"type": changes.get("kind", kind), "challenge": asked, "origin": changes.get("origin", ORIGIN)}
        return json.dumps(client | {"crossOrigin": False}).encode()

    def _answer(self, parts: dict[str, bytes]) -> str:
        name = bytes_to_base64url(self.id)
        response = {key: bytes_to_base64url(value) for key, value in parts.items()}
        answer = {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(answer)


@pytest.fixture
def passkeys(door: Any) -> Passkeys:
    return Passkeys(door.engine, door.settings)


@pytest.fixture
def device(door: Any, passkeys: Passkeys) -> Authenticator:
    """A device whose passkey is registered."""
    device = Authenticator()
    challenge = passkeys.begin_registration(door.worker_id, "Alex")
    assert passkeys.finish_registration(door.worker_id, challenge.state, device.create(challenge))
    return device


def test_a_passkey_signs_its_worker_in(door: Any, passkeys: Passkeys, device: Authenticator) -> None:
    challenge = passkeys.begin_authentication()
    assert json.loads(challenge.options)["userVerification"] == "required"
    assert passkeys.finish_authentication(challenge.state, device.get(challenge)) == door.worker_id
    assert passkeys.of_worker(door.worker_id)[0].last_used_at == door.clock()


def test_registration_asks_for_a_discoverable_verified_passkey(door: Any, passkeys: Passkeys, device: Any) -> None:
    options = json.loads(passkeys.begin_registration(door.worker_id, "Alex").options)
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert options["attestation"] == "none"
    assert [entry["id"] for entry in options["excludeCredentials"]] == [bytes_to_base64url(device.id)]
    assert door.worker_id not in json.dumps(options)


@pytest.mark.parametrize("grow", [1, 0])
def test_66_a_challenge_counts_once(passkeys: Passkeys, device: Authenticator, grow: int) -> None:
    """The counter of a passkey that is kept in several devices stays at zero: there the challenge alone tells."""
    challenge = passkeys.begin_authentication()
    answer = device.get(challenge, grow=grow)
    assert passkeys.finish_authentication(challenge.state, answer) is not None
    for again in (answer, device.get(challenge, grow=grow)):
        assert passkeys.finish_authentication(challenge.state, again) is None


def test_66_a_challenge_expires(door: Any, passkeys: Passkeys, device: Authenticator) -> None:
    challenge = passkeys.begin_authentication()
    door.clock.advance(timedelta(minutes=10))
    assert passkeys.finish_authentication(challenge.state, device.get(challenge)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://gigway.example"},
        {"rp_id": "evil.example"},
        {"challenge": "AAAA"},
        {"kind": "webauthn.create"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
)
def test_66_wrong_origin_relying_party_challenge_or_no_verification(
    passkeys: Passkeys, device: Authenticator, wrong: dict[str, Any]
) -> None:
    challenge = passkeys.begin_authentication()
    assert passkeys.finish_authentication(challenge.state, device.get(challenge, **wrong)) is None


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"flags": PRESENT}])
def test_66_a_passkey_is_not_registered_from_elsewhere_or_unverified(
    door: Any, passkeys: Passkeys, wrong: dict[str, Any]
) -> None:
    challenge = passkeys.begin_registration(door.worker_id, "Alex")
    assert not passkeys.finish_registration(door.worker_id, challenge.state, Authenticator().create(challenge, **wrong))
    assert passkeys.of_worker(door.worker_id) == []


def test_66_a_counter_that_does_not_grow_is_a_clone(passkeys: Passkeys, device: Authenticator) -> None:
    for grow, accepted in [(5, True), (0, False), (-3, False), (4, True)]:
        challenge = passkeys.begin_authentication()
        found = passkeys.finish_authentication(challenge.state, device.get(challenge, grow=grow))
        assert (found is not None) is accepted


def test_another_key_or_worker_opens_nothing(door: Any, passkeys: Passkeys, device: Authenticator) -> None:
    stranger = Authenticator()
    challenge = passkeys.begin_authentication()
    assert passkeys.finish_authentication(challenge.state, stranger.get(challenge)) is None
    stranger.id = device.id
    challenge = passkeys.begin_authentication()
    assert passkeys.finish_authentication(challenge.state, stranger.get(challenge)) is None
    mine = passkeys.begin_registration(door.worker_id, "Alex")
    other = door.world.worker()
    assert not passkeys.finish_registration(other, mine.state, Authenticator().create(mine))


def test_one_passkey_belongs_to_one_worker(door: Any, passkeys: Passkeys, device: Authenticator) -> None:
    other = door.world.worker()
    challenge = passkeys.begin_registration(other, "Kim")
    assert not passkeys.finish_registration(other, challenge.state, device.create(challenge))


def test_a_removed_passkey_opens_nothing(door: Any, passkeys: Passkeys, device: Authenticator) -> None:
    (passkey,) = passkeys.of_worker(door.worker_id)
    assert not passkeys.remove(door.world.worker(), passkey.id)
    assert passkeys.remove(door.worker_id, passkey.id)
    challenge = passkeys.begin_authentication()
    assert passkeys.finish_authentication(challenge.state, device.get(challenge)) is None
    assert passkeys.of_worker(door.worker_id) == []


@pytest.mark.parametrize("answer", ["", "x", "[]", "{}", '{"id": 1}', '{"id": "x", "response": null}', "[" * 9_000])
def test_answers_that_are_none(passkeys: Passkeys, device: Authenticator, answer: str) -> None:
    challenge = passkeys.begin_authentication()
    assert passkeys.finish_authentication(challenge.state, answer) is None
    assert passkeys.finish_authentication("nonsense", answer) is None


def test_browsers_know_no_passkeys_for_an_ip_address(make_door: Any) -> None:
    for issuer, available in [("http://127.0.0.1:8700", False), ("http://localhost:8700", True), (ORIGIN, True)]:
        door = make_door(issuer)
        assert Passkeys(door.engine, door.settings).is_available is available
