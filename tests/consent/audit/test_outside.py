"""A log checked with nothing but its public notes and proofs."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.audit.note import Checkpoint
from consent.audit.outside import verify_from_outside
from tests.consent.audit.conftest import COSIGNER, KEYS, OTHER_COSIGNER, SIGNER, line_for, newest, read
from tests.consent.conftest import World

pytestmark = pytest.mark.anyio


async def test_a_log_that_grew_and_was_cosigned_is_fine(world: World, audit: AuditLog, anna: str) -> None:
    first = newest(audit)
    cosigned = first + line_for(first)
    await read(world, 4)
    audit.advance()
    kept = [first, cosigned, newest(audit)]
    assert verify_from_outside(newest(audit), kept, audit.consistency, KEYS, demanded=[COSIGNER.verifier]) == []


async def test_each_way_of_lying_is_found(world: World, audit: AuditLog, anna: str) -> None:
    first = newest(audit)
    await read(world, 4)
    audit.advance()
    origin, other = SIGNER.name, Signer(SIGNER.name, Ed25519PrivateKey.generate())
    longer = SIGNER.sign(Checkpoint(origin=origin, size=13, root=b"f" * 32))
    fork = SIGNER.sign(Checkpoint(origin=origin, size=8, root=b"f" * 32))
    beside = SIGNER.sign(Checkpoint(origin=origin, size=12, root=b"f" * 32))
    elsewhere = SIGNER.sign(Checkpoint(origin="other/log", size=8, root=b"f" * 32))
    strange = other.sign(Checkpoint(origin=origin, size=8, root=b"f" * 32))
    forged = first + line_for(longer)
    kept = [longer, fork, beside, elsewhere, strange, forged, first]
    witnesses = [COSIGNER.verifier, OTHER_COSIGNER.verifier]
    found = verify_from_outside(newest(audit), kept, audit.consistency, KEYS, demanded=witnesses)
    assert sorted(finding.code for finding in found) == [
        *("COSIGNATURE_WRONG", "FORKED", "FORKED", "FORKED", "NOTE_WRONG", "NOT_COSIGNED", "NOT_COSIGNED", "TRUNCATED"),
    ]
    assert [each.code for each in verify_from_outside(strange, [first], audit.consistency, KEYS)] == ["NOTE_WRONG"]
