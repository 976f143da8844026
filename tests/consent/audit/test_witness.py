"""A witness: signs what continues all that it has seen, and never anything else."""

import json
from pathlib import Path

import pytest

from consent.audit.log import AuditLog
from consent.audit.note import Checkpoint, read_checkpoint, read_signatures
from consent.audit.witness import Witness, WitnessError
from tests.consent.audit.conftest import COSIGNER, KEYS, SIGNER, newest, read
from tests.consent.conftest import World

pytestmark = pytest.mark.anyio
LOG = "gigway.example/log"


def refusal(witness: Witness, note: str, path: list[bytes]) -> str:
    with pytest.raises(WitnessError) as refused:
        witness.cosign(note, path)
    return refused.value.code


async def test_it_cosigns_only_what_continues(world: World, audit: AuditLog, anna: str, witness: Witness) -> None:
    first = newest(audit)
    (line,) = read_signatures(witness.cosign(first, []))
    body = read_checkpoint(first, KEYS).body()
    assert COSIGNER.verifier.verifies(line.value, body)
    assert not COSIGNER.verifier.verifies(line.value, body.replace("8", "9"))
    assert line.cosigned_at == int(world.clock().timestamp())
    await read(world, 3)
    audit.advance()
    second = newest(audit)
    assert witness.seen(LOG) == 8
    assert refusal(witness, second, []) == "LOG_FORKED"
    assert witness.cosign(second, audit.consistency(8, 11))
    assert refusal(witness, first, []) == "LOG_ROLLED_BACK"


async def test_no_fork_is_signed_however_often_it_is_shown(
    world: World, audit: AuditLog, anna: str, witness: Witness, tmp_path: Path
) -> None:
    witness.cosign(newest(audit), [])
    fork = SIGNER.sign(Checkpoint(origin=LOG, size=8, root=b"f" * 32))
    longer = SIGNER.sign(Checkpoint(origin=LOG, size=9, root=b"f" * 32))
    before = (tmp_path / "witness.json").read_bytes()
    for _ in range(2):
        assert refusal(witness, fork, []) == "LOG_FORKED"
        assert refusal(witness, longer, [b"x" * 32] * 3) == "LOG_FORKED"
    assert (tmp_path / "witness.json").read_bytes() == before
    assert witness.cosign(newest(audit), [])


def test_what_no_known_log_signed_is_not_looked_at(witness: Witness) -> None:
    assert refusal(witness, "eA==", []) == "NOTE_INVALID"
    empty = SIGNER.sign(Checkpoint(origin=LOG, size=0, root=b"f" * 32))
    assert refusal(witness, empty, []) == "NOTE_INVALID"


@pytest.mark.parametrize(
    "memory", ["", "{", "[]", '{"gigway.example/log": {}}', json.dumps({LOG: {"size": 1, "root": "ö"}})]
)
async def test_a_witness_that_lost_its_memory_does_not_start_anew(
    world: World, audit: AuditLog, anna: str, witness: Witness, tmp_path: Path, memory: str
) -> None:
    (tmp_path / "witness.json").write_text(memory)
    assert refusal(witness, newest(audit), []) == "MEMORY_UNREADABLE"
    assert (tmp_path / "witness.json").read_text() == memory
