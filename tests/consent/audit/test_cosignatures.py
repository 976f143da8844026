"""Cosignatures in a real database: taken when they hold, shown with what they sign, found when they were changed."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from consent.audit.cosignatures import SILENT_AFTER, CosignatureRefused, Cosignatures
from consent.audit.keys import Cosigner, VerifierKey
from consent.audit.log import AuditLog
from consent.audit.models import AuditCosignature
from consent.audit.note import read_checkpoint, signed_by
from consent.audit.verify import verify_log
from consent.audit.witness import Witness
from tests.consent.audit.conftest import COSIGNER, KEYS, OTHER_COSIGNER, SIGNER, line_for, newest, read
from tests.consent.audit.test_log import alter
from tests.consent.conftest import World

pytestmark = pytest.mark.anyio
WITNESSES = [COSIGNER.verifier, OTHER_COSIGNER.verifier]


def findings(world: World, *demanded: VerifierKey, earlier: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    with world.engine.connect() as connection:
        found = verify_log(connection, KEYS, witnesses=WITNESSES, demanded=demanded, earlier=earlier)
    return [(each.code, each.where) for each in found]


def stored(world: World) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(select(func.count(col(AuditCosignature.size)))).scalar_one())


async def test_a_cosignature_is_shown_with_its_checkpoint(
    world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures, witness: Witness
) -> None:
    first = newest(audit)
    assert (cosignatures.newest(), cosignatures.cosigned()) == (first, None)
    line = witness.cosign(first, [])
    assert cosignatures.take(8, line) is None
    assert cosignatures.newest() == cosignatures.cosigned() == first + line
    assert signed_by(first + line, [*KEYS, *WITNESSES]) == [*KEYS, COSIGNER.verifier]
    await read(world, 1)
    audit.advance()
    assert cosignatures.newest() == newest(audit)
    assert cosignatures.cosigned() == first + line
    assert (cosignatures.cosigned("witness.example/1"), cosignatures.cosigned("other.example/1")) == (
        first + line,
        None,
    )
    assert (cosignatures.cosigned_size(), cosignatures.lines(8), cosignatures.lines(9)) == (8, line, "")
    assert findings(world, COSIGNER.verifier) == []


async def test_what_is_there_already_is_taken_again_without_a_write(
    world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures
) -> None:
    note = newest(audit)
    both = line_for(note) + line_for(note, OTHER_COSIGNER)
    assert cosignatures.take(8, line_for(note)) is None
    assert cosignatures.take(8, both) is None
    assert cosignatures.take(8, both + both) is None
    assert cosignatures.take(8, line_for(note, at=1_900_000_060)) is None
    assert cosignatures.lines(8) == line_for(note, OTHER_COSIGNER) + line_for(note)
    assert stored(world) == 2


async def test_one_bad_line_keeps_all_out(world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures) -> None:
    note = newest(audit)
    good, stranger = line_for(note), Cosigner("witness.example/1", Ed25519PrivateKey.generate())
    body = read_checkpoint(note, KEYS).body()
    fork = COSIGNER.signature(body.replace("\n8\n", "\n9\n"), 1_900_000_000)
    late = COSIGNER.signature(body, int(world.clock().timestamp()) + 301)
    refused = [
        (8, good + "x", "COSIGNATURE_MALFORMED"),
        (8, "", "COSIGNATURE_MALFORMED"),
        (8, good * 17, "COSIGNATURE_MALFORMED"),
        (8, good + stranger.signature(body, 1), "WITNESS_UNKNOWN"),
        (8, good + SIGNER.signature(body), "WITNESS_UNKNOWN"),
        (7, good, "CHECKPOINT_UNKNOWN"),
        (10**17, good, "CHECKPOINT_UNKNOWN"),
        (8, line_for(note, OTHER_COSIGNER) + fork, "COSIGNATURE_WRONG"),
        (8, line_for(note, OTHER_COSIGNER) + late, "COSIGNATURE_WRONG"),
    ]
    for size, lines, code in refused:
        found = cosignatures.take(size, lines)
        assert isinstance(found, CosignatureRefused)
        assert found.code == code
    assert stored(world) == 0


async def test_only_witnesses_that_are_named_count(
    world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures
) -> None:
    note = newest(audit)
    assert cosignatures.take(8, line_for(note)) is None
    for keys in ([], [OTHER_COSIGNER.verifier]):
        others = Cosignatures(world.engine, keys)
        assert (others.newest(), others.cosigned(), others.lines(8)) == (note, None, "")
    with pytest.raises(ValueError, match="0x04"):
        Cosignatures(world.engine, [SIGNER.verifier])


async def test_a_witness_that_waits_too_long_is_silent(
    world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures
) -> None:
    def standing() -> list[tuple[str, int | None, int, bool]]:
        return [(each.name, each.size, each.behind, each.is_silent) for each in cosignatures.standing()]

    at = world.clock()
    assert cosignatures.take(8, line_for(newest(audit), at=at.timestamp())) is None
    assert standing() == [("witness.example/1", 8, 0, False), ("other.example/1", None, 8, False)]
    assert [each.at for each in cosignatures.standing()] == [at.replace(microsecond=0), None]
    world.clock.advance(SILENT_AFTER + timedelta(seconds=1))
    assert standing() == [("witness.example/1", 8, 0, False), ("other.example/1", None, 8, True)]
    await read(world, 2)
    audit.advance()
    assert standing()[0] == ("witness.example/1", 8, 2, False)
    world.clock.advance(SILENT_AFTER + timedelta(seconds=1))
    assert standing()[0] == ("witness.example/1", 8, 2, True)
    assert cosignatures.take(10, line_for(newest(audit))) is None
    assert standing()[0] == ("witness.example/1", 10, 0, False)


async def test_rows_of_cosignatures_stay(world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures) -> None:
    assert cosignatures.take(8, line_for(newest(audit))) is None
    for statement in ("DELETE FROM audit_cosignature", "UPDATE audit_cosignature SET line = ''"):
        with pytest.raises(DBAPIError, match="only added to"), world.engine.begin() as connection:
            connection.execute(text(statement))


ALTERATIONS = {
    "of another time": "UPDATE audit_cosignature SET line = :forged",
    "unreadable": "UPDATE audit_cosignature SET line = 'x'",
    "two lines": "UPDATE audit_cosignature SET line = line || line",
    "of another name": "UPDATE audit_cosignature SET witness = 'other.example/1'",
    "of another key": "UPDATE audit_cosignature SET key_id = '00000000'",
    "of no key": "UPDATE audit_cosignature SET key_id = 'x'",
}


@pytest.mark.parametrize("name", ALTERATIONS)
async def test_a_cosignature_that_was_changed_is_found(
    world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures, name: str
) -> None:
    note = newest(audit)
    assert cosignatures.take(8, line_for(note)) is None
    line = line_for(note)
    forged = line.replace(line[-8:], "AAAAAA==\n"[-8:])
    with world.engine.begin() as connection:
        alter(connection, ALTERATIONS[name].replace(":forged", f"'{forged}'"))
    assert [code for code, _ in findings(world)] == ["COSIGNATURE_WRONG"]
    assert [each.behind for each in cosignatures.standing()]


async def test_a_fork_that_was_signed_anew_lacks_its_witness(
    world: World, audit: AuditLog, anna: str, cosignatures: Cosignatures
) -> None:
    """The operator rebuilds the log over changed events and keeps the cosignatures: they sign another history."""
    assert cosignatures.take(8, line_for(newest(audit))) is None
    kept = cosignatures.cosigned()
    assert kept is not None
    with world.engine.begin() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON" if "sqlite" in str(world.engine.url) else "SELECT 1"))
        alter(
            connection,
            "CREATE TABLE kept AS SELECT * FROM audit_cosignature; DELETE FROM audit_cosignature WHERE size > 0; "
            "UPDATE access_event SET records = 0; DELETE FROM audit_leaf WHERE seq >= 0; "
            "DELETE FROM audit_node WHERE level > 0; DELETE FROM audit_checkpoint WHERE size > 0",
        )
    assert audit.advance() == 8
    with world.engine.begin() as connection:
        alter(connection, "INSERT INTO audit_cosignature SELECT * FROM kept; DROP TABLE kept")
    assert findings(world) == [("COSIGNATURE_WRONG", "witness.example/1, checkpoint of 8")]
    assert ("FORKED", "checkpoint of 8") in findings(world, earlier=(kept,))


async def test_a_demanded_witness_that_signed_nothing_is_missed(world: World, audit: AuditLog, anna: str) -> None:
    assert findings(world) == []
    assert findings(world, COSIGNER.verifier) == [("NOT_COSIGNED", "witness.example/1")]


async def test_a_kept_note_with_a_forged_cosignature_is_found(world: World, audit: AuditLog, anna: str) -> None:
    body = read_checkpoint(newest(audit), KEYS).body()
    forged = newest(audit) + COSIGNER.signature(body.replace("8", "9"), 1)
    assert findings(world, earlier=(forged,)) == [
        ("COSIGNATURE_WRONG", "witness.example/1, a checkpoint kept elsewhere")
    ]
