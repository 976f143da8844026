"""The stored tree, which has fewer nodes than there are: what it tells is what the whole tree says."""

from __future__ import annotations

from hashlib import sha256

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import NoResultFound
from sqlmodel import col

from consent.audit.events import HashedEvent
from consent.audit.log import AuditLog
from consent.audit.models import AuditLeaf, AuditNode
from consent.audit.stored_tree import LOWEST_STORED, growth_of, nodes_in
from consent.audit.tree import completed, consistency_proof, inclusion_proof, nodes_of, root
from consent.audit.verify import verify_log
from tests.consent.audit.conftest import KEYS, read
from tests.consent.audit.test_log import alter
from tests.consent.conftest import World

SIZE = 150
EVENTS: list[HashedEvent] = [
    ("2030-05-01T12:00:00.000000+00:00", "access" if i % 5 else "consent", i + 1, sha256(b"%d" % i).digest())
    for i in range(SIZE)
]
NODES = nodes_of([digest for *_, digest in EVENTS])


def grow(world: World, *batches: int) -> None:
    """Let an empty log grow by batches of so many leaves."""
    start = 0
    for batch in batches:
        with world.engine.begin() as connection:
            growth = growth_of(nodes_in(connection), start, EVENTS[start : start + batch])
            assert root(growth.nodes, growth.size) == root(NODES, growth.size), "known before it is stored"
            growth.store(connection)
        start += batch


@pytest.mark.parametrize(
    "batches", [[SIZE], [1] * SIZE, [31, 1, 33, 0, 64, 21], [64, 86], [7] * 21], ids=lambda batches: str(len(batches))
)
def test_stored_tree_is_the_whole_tree_however_it_grew(world: World, batches: list[int]) -> None:
    grow(world, *batches)
    with world.engine.connect() as connection:
        leaves = connection.execute(select(AuditLeaf.__table__).order_by(col(AuditLeaf.seq))).all()
        stored = connection.execute(select(AuditNode.__table__)).all()
        nodes = nodes_in(connection)
        size = len(leaves)
        places = {place for count in range(1, size + 1) for place in completed(count)}
        assert {place: nodes(*place) for place in places} == {place: NODES(*place) for place in places}
    assert [tuple(leaf) for leaf in leaves] == [
        (seq, kind, number, digest) for seq, (_, kind, number, digest) in enumerate(EVENTS[: sum(batches)])
    ]
    high = {(level, position) for level, position in places if level >= LOWEST_STORED}
    assert {(level, position): digest for level, position, digest in stored} == {place: NODES(*place) for place in high}
    assert len(stored) <= size / 16


def test_every_proof_is_that_of_the_whole_tree(world: World) -> None:
    grow(world, 100, 50)
    with world.engine.connect() as connection:
        for size in (1, 31, 32, 33, 97, 149, 150):
            nodes = nodes_in(connection)
            for index in range(size):
                assert inclusion_proof(nodes, index, size) == inclusion_proof(NODES, index, size)
            assert consistency_proof(nodes, size, SIZE) == consistency_proof(NODES, size, SIZE)


def test_what_is_missing_is_not_made_up(world: World) -> None:
    grow(world, 45)
    with world.engine.begin() as connection:
        alter(connection, "DELETE FROM audit_leaf WHERE seq = 36")
        nodes = nodes_in(connection)
        assert nodes(0, 35) == NODES(0, 35)
        assert nodes(2, 8) == NODES(2, 8)
        for place in ((0, 36), (0, 37), (1, 18), (2, 9), (3, 5), (4, 2), (0, 45), (0, 64), (5, 1)):
            with pytest.raises(NoResultFound):
                nodes(*place)


@pytest.mark.anyio
async def test_log_of_a_version_that_stored_all_nodes_goes_on(world: World, audit: AuditLog, anna: str) -> None:
    await read(world, 30)
    audit.advance()
    with world.engine.begin() as connection:
        leaves = list(connection.execute(select(col(AuditLeaf.hash)).order_by(col(AuditLeaf.seq))).scalars())
        nodes, size = nodes_of(leaves), len(leaves)
        low = {place for count in range(1, size + 1) for place in completed(count) if place[0] < LOWEST_STORED}
        connection.execute(
            insert(AuditNode), [{"level": level, "position": at, "hash": nodes(level, at)} for level, at in low]
        )
    await read(world, 30)
    assert audit.advance() == 30
    with world.engine.connect() as connection:
        assert verify_log(connection, KEYS) == []
    assert len(audit.consistency(size, size + 30)) > 1
