"""The keyring, the vault and the sealer: what they open, and what they must not."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.storage.keyring import Keyring, KeyringError, generate_key, parse_keyring
from gateway.storage.sealer import NOTHING, PairwiseSealer
from gateway.storage.vault import Vault, VaultError

OLD = Keyring("a", {"a": b"1" * 32})
ROTATED = Keyring("b", {"b": b"2" * 32, "a": b"1" * 32})
OTHER = Keyring("a", {"a": b"3" * 32})


@dataclass(frozen=True)
class IdKeys:
    """Versions of the key for ids, the newest of which is everybody's."""

    versions: Keyring

    def keyring(self) -> Keyring:
        return self.versions

    def name_for(self, audience: str) -> str:
        return self.versions.current


@dataclass(frozen=True)
class Asker:
    actor_id: str | None = None
    worker_id: str | None = None


def test_a_generated_key_is_read_back():
    keyring = parse_keyring(f"{generate_key('n1')},{generate_key('o1')}")
    assert keyring.current == "n1"
    assert set(keyring.keys) == {"n1", "o1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No master key is set; make one with"),
        ("a:!!!", "not base64"),
        ("a:AAAA", "has 3 bytes"),
        ("A:AAAA", "not of the form"),
        (f"{generate_key('a')},{generate_key('a')}", "Two master keys"),
    ],
)
def test_a_broken_keyring_says_what_is_wrong_without_key_material(text, said):
    with pytest.raises(KeyringError, match=said) as raised:
        parse_keyring(text)
    assert "AAAA" not in str(raised.value)


def test_a_keyring_hides_its_keys():
    assert "1111" not in repr(OLD)


@given(st.binary(max_size=200), st.text(max_size=50))
def test_a_sealed_secret_opens_in_its_context(plaintext, context):
    vault = Vault(OLD)
    assert vault.open(vault.seal(plaintext, context), context) == plaintext


def test_a_secret_does_not_open_in_another_context_under_another_key_or_changed():
    vault = Vault(OLD)
    sealed = vault.seal(b"token", "worker:1")
    with pytest.raises(VaultError):
        vault.open(sealed, "worker:2")
    with pytest.raises(VaultError):
        Vault(OTHER).open(sealed, "worker:1")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(VaultError):
            vault.open(bytes(changed), "worker:1")


def test_rotation_keeps_secrets_and_moves_them_to_the_new_key():
    sealed = Vault(OLD).seal(b"token", "c")
    rotated = Vault(ROTATED)
    assert rotated.open(sealed, "c") == b"token"
    assert rotated.needs_rotation(sealed)
    again = rotated.rewrap(sealed)
    assert not rotated.needs_rotation(again)
    assert Vault(Keyring("b", {"b": b"2" * 32})).open(again, "c") == b"token"


def test_two_actors_know_a_worker_by_different_ids():
    sealer = PairwiseSealer(IdKeys(OLD))
    first, second = sealer.seal("w1", Asker(actor_id="x")), sealer.seal("w1", Asker(actor_id="y"))
    assert first != second
    assert first == sealer.seal("w1", Asker(actor_id="x"))
    assert sealer.unseal(first, Asker(actor_id="x")) == "w1"
    assert sealer.unseal(first, Asker(actor_id="y")) == NOTHING
    assert sealer.unseal(first, Asker(worker_id="x")) == NOTHING


@pytest.mark.parametrize("value", ["", "w1", "gwa_", "gwa_AAAA", "gwz_AAAAAAAAAAAAAAAAAAAAAAAA", "gwa_é", "\x00"])
def test_an_invented_id_opens_to_nothing(value):
    assert PairwiseSealer(IdKeys(OLD)).unseal(value, Asker(actor_id="x")) == NOTHING


def test_an_id_of_an_older_key_still_opens():
    old = PairwiseSealer(IdKeys(OLD)).seal("w1", Asker(actor_id="x"))
    assert PairwiseSealer(IdKeys(ROTATED)).unseal(old, Asker(actor_id="x")) == "w1"


def test_names_of_keys_tell_equal_names_apart_and_nothing_more():
    assert ROTATED.names().split(",")[1] == OLD.names()
    assert OLD.names() != OTHER.names()
    assert all(len(name) == len("a:01234567") for name in ROTATED.names().split(","))
