"""Notes and keys: read as C2SP writes them, refused when not, whatever strangers send."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.keys import Cosigner, KeyType, NoteError, VerifierKey
from consent.audit.log_signer import Signer
from consent.audit.note import (
    MAX_NOTE,
    Checkpoint,
    Signature,
    read_checkpoint,
    read_signatures,
    signed_by,
    split_note,
)

SIGNER = Signer("gigway.example/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
WITNESS = Cosigner("witness.example/1", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
KEYS = [SIGNER.verifier]
CHECKPOINT = Checkpoint(origin="gigway.example/log", size=3, root=b"r" * 32)
NOTE = SIGNER.sign(CHECKPOINT)
COSIGNED = NOTE + WITNESS.signature(CHECKPOINT.body(), 1_679_315_147)

# The example of C2SP signed-note, "Verifier keys".
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

# A checkpoint of a public Certificate Transparency log of May 2026, with its own key's signature, one of another type,
# and those of four witnesses that run others' software.
CT_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
CT_WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
CT_NOTE = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501


def test_the_example_of_the_specification_verifies() -> None:
    key = VerifierKey.read(C2SP_KEY)
    assert (key.text(), key.type) == (C2SP_KEY, KeyType.LOG)
    assert signed_by(C2SP_NOTE, [key]) == [key]
    with pytest.raises(NoteError, match="does not fit"):
        signed_by(C2SP_NOTE.replace("an example", "another"), [key])


def test_a_real_log_and_its_witness_verify() -> None:
    log, witness = VerifierKey.read(CT_LOG), VerifierKey.read(CT_WITNESS)
    assert (log.type, witness.type, witness.text()) == (KeyType.LOG, KeyType.WITNESS, CT_WITNESS)
    assert signed_by(CT_NOTE, [log, witness]) == [log, witness]
    assert read_checkpoint(CT_NOTE, [log]).size == 1_432_088_532
    (line,) = [each for each in split_note(CT_NOTE)[1] if each.is_by(witness)]
    assert line.cosigned_at == 1_779_573_024
    for key in (log, witness):
        with pytest.raises(NoteError, match="does not fit"):
            signed_by(CT_NOTE.replace("1432088532", "42"), [key])


def test_a_checkpoint_is_read_only_with_its_logs_key() -> None:
    assert VerifierKey.read(SIGNER.verifier.text()) == SIGNER.verifier
    assert read_checkpoint(NOTE, KEYS) == CHECKPOINT
    other = Signer("gigway.example/log", Ed25519PrivateKey.generate())
    with pytest.raises(NoteError, match="known key"):
        read_checkpoint(NOTE, [other.verifier])
    rotated = NOTE + other.signature(CHECKPOINT.body())
    assert read_checkpoint(rotated, [other.verifier]) == read_checkpoint(rotated, KEYS) == CHECKPOINT


def test_a_witness_alone_makes_no_checkpoint() -> None:
    """Its signature says that it saw the log's; without that there is nothing that it could have seen."""
    alone = f"{CHECKPOINT.body()}\n{WITNESS.signature(CHECKPOINT.body(), 1)}"
    assert signed_by(alone, [WITNESS.verifier]) == [WITNESS.verifier]
    with pytest.raises(NoteError, match="known key"):
        read_checkpoint(alone, [WITNESS.verifier])
    assert signed_by(COSIGNED, [*KEYS, WITNESS.verifier]) == [*KEYS, WITNESS.verifier]


def test_a_key_signs_one_kind_of_thing_only() -> None:
    """The same key and name as a log's and as a witness's: two ids, and neither signature counts as the other."""
    key = Ed25519PrivateKey.generate()
    log, witness = Signer("both.example", key), Cosigner("both.example", key)
    assert log.verifier.id != witness.verifier.id
    (own,) = read_signatures(log.signature(CHECKPOINT.body()))
    (seen,) = read_signatures(witness.signature(CHECKPOINT.body(), 7))
    assert not witness.verifier.verifies(own.value, CHECKPOINT.body())
    assert not log.verifier.verifies(seen.value, CHECKPOINT.body())
    (late,) = read_signatures(witness.signature(CHECKPOINT.body(), 2**63))
    assert not witness.verifier.verifies(late.value, CHECKPOINT.body())


@pytest.mark.parametrize(
    "forged",
    [
        NOTE.replace("\n3\n", "\n4\n"),
        NOTE.replace("\n3\n", "\n03\n"),
        NOTE.replace("\n3\n", "\n３\n"),
        NOTE.replace("\n3\n", "\n3\r\n"),
        NOTE.removesuffix("\n"),
        NOTE + "\n",
        NOTE + "— x y",
        NOTE + "— x y\n",
        NOTE + "— witness.example AAAA\n",
        NOTE + "— witness example AAAAAAAA\n",
        NOTE + "— \u2028 AAAAAAAA\n",
        NOTE.replace("— ", "- "),
        NOTE + NOTE.rpartition("\n\n")[2] * 64,
        NOTE.replace("gigway", "g" * MAX_NOTE),
        "",
        "\n\n",
        "x\n\n— y z",
        "\ud800\n\n— y AAAAAAAA\n",
    ],
)
def test_what_is_not_written_as_it_should_be_is_refused(forged: str) -> None:
    with pytest.raises(NoteError):
        read_checkpoint(forged, KEYS)


@pytest.mark.parametrize(
    "body",
    [
        "log\n-1\n{root}\n",
        "\n3\n{root}\n",
        "log\n3\n{root}\nextension\n",
        "log\n3\n{short}\n",
        "log\n3\n",
        "log\n1e3\n{root}\n",
    ],
)
def test_a_log_that_signs_nonsense_is_not_believed(body: str) -> None:
    text = body.format(root=base64.b64encode(b"r" * 32).decode(), short=base64.b64encode(b"r").decode())
    with pytest.raises(NoteError):
        read_checkpoint(f"{text}\n{SIGNER.signature(text)}", KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a+b",
        "a+b+c",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
        "example.com/foo+530d903a+",
        "two words+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "of.another/kind+00000000+Bv8yeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "\ud800+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.read(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u2003b", "a\nb", "x" * 201])
def test_what_cannot_be_a_name_signs_nothing(name: str) -> None:
    for make in (Signer, Cosigner):
        with pytest.raises(ValueError, match="name"):
            make(name, Ed25519PrivateKey.generate())


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    for read in (
        lambda: read_checkpoint(text, [*KEYS, WITNESS.verifier]),
        lambda: read_signatures(text),
        lambda: VerifierKey.read(text),
    ):
        with pytest.raises(NoteError):
            read()


LINES = st.text(st.sampled_from("— +/=AQz09\n\r\t\x85\u2028\ud800٣x"), max_size=40)


@given(LINES, st.integers(0, len(COSIGNED)), st.integers(0, 12))
def test_a_note_that_was_changed_anywhere_is_refused_or_the_same(put: str, at: int, drop: int) -> None:
    """Whatever stands where: the note says what its log signed, or nothing."""
    changed = COSIGNED[:at] + put + COSIGNED[at + drop :]
    try:
        found = read_checkpoint(changed, KEYS)
        assert found == CHECKPOINT
    except NoteError:
        pass


@given(st.lists(st.tuples(st.sampled_from(["a", "b.example/1", "ö"]), st.binary(min_size=5, max_size=80)), min_size=1))
def test_signature_lines_are_read_as_they_were_written(lines: list[tuple[str, bytes]]) -> None:
    written = [Signature(name=name, key_id=signed[:4], value=signed[4:]) for name, signed in lines][:64]
    assert read_signatures("".join(line.text for line in written)) == written
