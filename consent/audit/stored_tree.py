"""The tree as the database has it: every leaf, and the inner nodes from `LOWEST_STORED` up.

A node below that is worked out from the leaves under it when a proof or the next leaf wants it: they stand together,
and are read at once. Rows of lower nodes, which earlier versions wrote, are never read but by who verifies the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import NoResultFound
from sqlmodel import col

from consent.audit.events import HashedEvent
from consent.audit.leaf import EventKind
from consent.audit.models import AuditLeaf, AuditNode
from consent.audit.tree import Nodes, extended, grow, nodes_of
from consent.bulk_insert import insert_rows
from consent.driver_statement import driver_errors

LOWEST_STORED = 5
"""The lowest level of stored inner nodes: one row for sixteen leaves, where all levels would be one for each."""

_RUN = 1 << LOWEST_STORED

_NODE = select(col(AuditNode.hash)).where(
    col(AuditNode.level) == bindparam("level"), col(AuditNode.position) == bindparam("position")
)
_LEAVES = (
    select(col(AuditLeaf.seq), col(AuditLeaf.hash))
    .where(col(AuditLeaf.seq) >= bindparam("begin"), col(AuditLeaf.seq) < bindparam("end"))
    .order_by(col(AuditLeaf.seq))
)

NODE_COLUMNS = {"level": "int", "position": "bigint", "hash": "bytea"}
"""The columns of inner nodes, in order, with their PostgreSQL types."""

# Few parameters, however many leaves: the number of the first, their kind, all hashes in a row, and of each leaf the
# number of its event, or null where it is of another kind.
_APPEND = {
    "sqlite": (
        "INSERT INTO audit_leaf (seq, kind, event_id, hash) "
        "SELECT ? + key, ?, value, substr(?, key * 32 + 1, 32) FROM json_each(?) WHERE value IS NOT NULL"
    ),
    "postgresql": (
        "INSERT INTO audit_leaf (seq, kind, event_id, hash) "
        "SELECT %s::bigint + place - 1, %s, number::bigint, substr(%s::bytea, place::int * 32 - 31, 32) "
        "FROM json_array_elements_text(%s::json) WITH ORDINALITY AS each (number, place) WHERE number IS NOT NULL"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The leaves that follow a tree, and the tree with them. `numbers` are a JSON array for each kind of event."""

    start: int
    numbers: Mapping[EventKind, str]
    hashes: Sequence[bytes]
    inner: Sequence[tuple[int, int, bytes]]
    nodes: Nodes

    @property
    def size(self) -> int:
        """The number of leaves that the tree has then."""
        return self.start + len(self.hashes)

    def store(self, connection: Connection) -> None:
        """Write the leaves, and the inner nodes that are stored. Raises SQLAlchemy's errors."""
        if not self.hashes:
            return
        dialect, hashes = connection.dialect.name, b"".join(self.hashes)
        with driver_errors(connection) as driver:
            cursor = driver.cursor()
            for kind, numbers in self.numbers.items():
                cursor.execute(_APPEND[dialect], (self.start, kind, hashes, numbers))
            if self.inner:
                insert_rows(cursor, "audit_node", NODE_COLUMNS, self.inner, is_sqlite=dialect == "sqlite")


def growth_of(stored: Nodes, start: int, events: Sequence[HashedEvent]) -> Growth:
    """Work out what is to be written when `events` follow a tree of `start` leaves, of which nothing is written yet."""
    hashes = [digest for _, _, _, digest in events]
    levels = grow(stored, start, hashes)
    return Growth(
        start=start,
        numbers={
            own: orjson.dumps([number if kind == own else None for _, kind, number, _ in events]).decode()
            for own in sorted({kind for _, kind, _, _ in events})
        },
        hashes=hashes,
        inner=[
            (level, position, digest)
            for level, (first, fresh) in enumerate(levels[LOWEST_STORED:], LOWEST_STORED)
            for position, digest in enumerate(fresh, first)
        ],
        nodes=extended(stored, levels),
    )


def nodes_in(connection: Connection) -> Nodes:
    """Return the nodes of the stored tree. They raise `NoResultFound` for what is not there."""
    runs: dict[int, Nodes] = {}

    def node(level: int, index: int) -> bytes:
        if level >= LOWEST_STORED:
            digest: bytes = connection.execute(_NODE, {"level": level, "position": index}).scalar_one()
            return digest
        number, place = divmod(index, _RUN >> level)
        if number not in runs:
            runs[number] = nodes_of(_run(connection, number * _RUN))
        try:
            return runs[number](level, place)
        except IndexError:
            raise NoResultFound(f"no leaves of node {level}/{index}") from None

    return node


def _run(connection: Connection, begin: int) -> list[bytes]:
    """Return leaf hashes from `begin` on, up to the first that is missing."""
    rows = connection.execute(_LEAVES, {"begin": begin, "end": begin + _RUN})
    return [row.hash for place, row in enumerate(rows, begin) if row.seq == place]
