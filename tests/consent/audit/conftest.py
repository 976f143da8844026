"""A log with a worker's reads in it, and a witness that watches it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.cosignatures import Cosignatures
from consent.audit.keys import Cosigner
from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.audit.note import read_checkpoint
from consent.audit.witness import Witness
from tests.consent.conftest import World, about, asking

SIGNER = Signer("gigway.example/log", Ed25519PrivateKey.generate())
KEYS = [SIGNER.verifier]
COSIGNER = Cosigner("witness.example/1", Ed25519PrivateKey.generate())
OTHER_COSIGNER = Cosigner("other.example/1", Ed25519PrivateKey.generate())


@pytest.fixture
def audit(world: World) -> AuditLog:
    return AuditLog(world.engine, SIGNER, clock=world.clock)


@pytest.fixture
async def anna(world: World, audit: AuditLog) -> str:
    """A worker with a grant and seven reads, in the log."""
    world.actor()
    anna = world.worker(("u1", "uber"))
    world.give(anna, [("uber", "engagements")])
    await read(world, 7)
    assert audit.advance() == 8
    return anna


@pytest.fixture
def cosignatures(world: World) -> Cosignatures:
    return Cosignatures(world.engine, [COSIGNER.verifier, OTHER_COSIGNER.verifier], clock=world.clock)


@pytest.fixture
def witness(world: World, tmp_path: Path) -> Witness:
    return Witness(COSIGNER, logs=KEYS, memory=tmp_path / "witness.json", clock=world.clock)


async def read(world: World, times: int) -> None:
    """Let an actor read the worker's engagements, second after second."""
    for _ in range(times):
        (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
        await world.gate.release([decision.permit], asking(), {decision.permit: {"gig:engagements": 1}})
        await world.gate.acknowledge([decision.permit], asking())
        world.clock.advance(timedelta(seconds=1))


def newest(audit: AuditLog) -> str:
    """Return the newest checkpoint, which is there."""
    note = audit.latest()
    assert note is not None
    return note


def line_for(note: str, cosigner: Cosigner = COSIGNER, *, at: float = 1_900_000_000) -> str:
    """Return a cosignature of `note` by somebody who asks no questions."""
    return cosigner.signature(read_checkpoint(note, KEYS).body(), int(at))
