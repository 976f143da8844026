"""Finds what was done to the log: rows edited, deleted or slipped in, leaves reordered, the end cut off, forks.

`verify_log` reads a whole database, as the operator or an auditor with access can. `verify_consistency` and
`verify_inclusion` need nothing but public notes, a proof and the log's public keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select
from sqlmodel import col

from consent.audit.events import EVENTS, read_events
from consent.audit.keys import NoteError, VerifierKey
from consent.audit.leaf import EventKind, event_hash
from consent.audit.log import FORGET_EVENT, InclusionProof
from consent.audit.models import AuditCheckpoint, AuditCosignature, AuditLeaf, AuditNode
from consent.audit.note import read_checkpoint, read_signatures, signed_by, split_note
from consent.audit.stored_tree import LOWEST_STORED
from consent.audit.tree import completed, is_consistent, is_included, nodes_of, root
from consent.models import ConsentEvent, Worker

Code = Literal[
    "EDITED",
    "DELETED",
    "SLIPPED_IN",
    "GAP",
    "NODE_WRONG",
    "ROOT_WRONG",
    "NOTE_WRONG",
    "KEY_OUTDATED",
    "TRUNCATED",
    "FORKED",
    "COSIGNATURE_WRONG",
    "NOT_COSIGNED",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the log says. `where` names a leaf, an event or a checkpoint."""

    code: Code
    where: str


def verify_log(
    connection: Connection,
    keys: Iterable[VerifierKey],
    *,
    earlier: Sequence[str] = (),
    witnesses: Iterable[VerifierKey] = (),
    demanded: Iterable[VerifierKey] = (),
) -> list[Finding]:
    """Check everything in the database against itself and against `earlier` checkpoints kept elsewhere.

    `keys` are the versions of the log's key, the oldest first: once a checkpoint bears a newer one, the next ones must.
    Cosignatures are checked as far as they are by `witnesses`, or by `demanded` ones, each of which must have cosigned
    something.
    """
    known = list(keys)
    leaves = connection.execute(
        select(col(AuditLeaf.seq), col(AuditLeaf.kind), col(AuditLeaf.event_id), col(AuditLeaf.hash)).order_by(
            col(AuditLeaf.seq)
        )
    ).all()
    findings = [Finding("GAP", f"leaf {leaf.seq}") for place, leaf in enumerate(leaves) if leaf.seq != place][:1]
    findings += _compare_events(connection, {(leaf.kind, leaf.event_id): leaf.hash for leaf in leaves})
    hashes = [leaf.hash for leaf in leaves]
    nodes = nodes_of(hashes)
    stored = {
        (node.level, node.position): node.hash
        for node in connection.execute(select(col(AuditNode.level), col(AuditNode.position), col(AuditNode.hash)))
    }
    expected = {place: nodes(*place) for size in range(1, len(hashes) + 1) for place in completed(size)}
    findings += [
        Finding("NODE_WRONG", f"node {level}/{position}")
        for level, position in sorted(stored.keys() | expected.keys())
        if (level >= LOWEST_STORED or (level, position) in stored)
        and stored.get((level, position)) != expected.get((level, position))
    ]
    signed = connection.execute(select(col(AuditCheckpoint.note)).order_by(col(AuditCheckpoint.size))).scalars().all()
    findings += _outdated(signed, known)
    for note in (*signed, *earlier):
        try:
            checkpoint = read_checkpoint(note, known)
        except NoteError:
            findings.append(Finding("NOTE_WRONG", note.split("\n\n")[0].replace("\n", " ")))
            continue
        where = f"checkpoint of {checkpoint.size}"
        if checkpoint.size > len(hashes):
            findings.append(Finding("TRUNCATED", where))
        elif root(nodes, checkpoint.size) != checkpoint.root:
            findings.append(Finding("ROOT_WRONG" if note in signed else "FORKED", where))
    return findings + _check_cosignatures(connection, earlier, list(witnesses), list(demanded))


def _outdated(notes: Sequence[str], keys: Sequence[VerifierKey]) -> list[Finding]:
    """Return the checkpoints that only an older key has signed than one before them: who has that key made them."""
    findings, newest = [], -1
    for note in notes:
        try:
            version = max((place for place, key in enumerate(keys) if signed_by(note, [key])), default=newest)
        except NoteError:
            continue  # told as NOTE_WRONG
        if version < newest:
            findings.append(Finding("KEY_OUTDATED", f"checkpoint of {note.splitlines()[1]}"))
        newest = max(newest, version)
    return findings


def verify_consistency(old: str, new: str, path: Sequence[bytes], keys: Iterable[VerifierKey]) -> bool:
    """Whether `path` proves that the log of the note `new` continues that of `old`. Raises `NoteError`."""
    known = list(keys)
    first, second = read_checkpoint(old, known), read_checkpoint(new, known)
    return first.origin == second.origin and is_consistent(first.size, second.size, first.root, second.root, path)


def verify_inclusion(
    kind: EventKind, event: Mapping[str, Any], proof: InclusionProof, keys: Iterable[VerifierKey]
) -> bool:
    """Whether `proof` proves that exactly this event is in the log. Raises `NoteError`."""
    checkpoint = read_checkpoint(proof.note, keys)
    leaf = event_hash(kind, event)
    return checkpoint.size == proof.size and is_included(leaf, proof.index, proof.size, proof.path, checkpoint.root)


def _check_cosignatures(
    connection: Connection, earlier: Sequence[str], witnesses: Sequence[VerifierKey], demanded: Sequence[VerifierKey]
) -> list[Finding]:
    findings: list[Finding] = []
    seen: set[str] = set()
    known = {(key.name, key.id.hex()): key for key in (*witnesses, *demanded)}
    rows = connection.execute(
        select(AuditCosignature.__table__, col(AuditCheckpoint.note))  # type: ignore[attr-defined]
        .outerjoin(AuditCheckpoint, col(AuditCheckpoint.size) == col(AuditCosignature.size))
        .order_by(col(AuditCosignature.size), col(AuditCosignature.witness), col(AuditCosignature.key_id))
    )
    for row in rows:
        key = known.get((row.witness, row.key_id))
        if not _is_whole(row, key):
            findings.append(Finding("COSIGNATURE_WRONG", f"{row.witness}, checkpoint of {row.size}"))
        elif key is not None:
            seen.add(key.text())
    for note in earlier:
        with suppress(NoteError):  # told already, as NOTE_WRONG
            body, signatures = split_note(note)
            for signature in signatures:
                key = known.get((signature.name, signature.key_id.hex()))
                if key is not None and not key.verifies(signature.value, body):
                    findings.append(Finding("COSIGNATURE_WRONG", f"{key.name}, a checkpoint kept elsewhere"))
    return findings + [Finding("NOT_COSIGNED", key.name) for key in demanded if key.text() not in seen]


def _is_whole(row: Any, key: VerifierKey | None) -> bool:
    """Whether a stored cosignature is what its columns say, and the key's, as far as the key is known."""
    try:
        (signature,) = read_signatures(row.line)
        body, _ = split_note(row.note or "")
    except ValueError:
        return False
    if (signature.name, signature.key_id.hex()) != (row.witness, row.key_id):
        return False
    return key is None or key.verifies(signature.value, body)


def _compare_events(connection: Connection, leaves: dict[tuple[str, int], bytes]) -> list[Finding]:
    findings: list[Finding] = []
    missing = dict(leaves)
    for kind in EVENTS:
        last = max((event_id for owner, event_id in leaves if owner == kind), default=0)
        after: int | None = None  # ours begin with 1, but who slips one in may choose any number
        while events := list(read_events(connection, kind, after=after, until=last, limit=2_000)):
            for event_id, event in events:
                digest = missing.pop((kind, event_id), None)
                if digest is None:
                    findings.append(Finding("SLIPPED_IN", f"{kind} event {event_id}"))
                elif digest != event_hash(kind, event):
                    findings.append(Finding("EDITED", f"{kind} event {event_id}"))
            after = events[-1][0]
    forgotten = _forgotten(connection)
    findings += [
        Finding("DELETED", f"{kind} event {event_id}")
        for kind, event_id in sorted(missing)
        if (kind, event_id) not in forgotten
    ]
    return findings


def _forgotten(connection: Connection) -> set[tuple[str, int]]:
    """Return the events whose deletion the log itself records, for workers who are erased."""
    payloads = connection.execute(
        select(col(ConsentEvent.payload))
        .join(Worker, col(Worker.id) == col(ConsentEvent.worker_id))
        .where(col(ConsentEvent.type) == FORGET_EVENT, col(Worker.status) == "erased")
    ).scalars()
    return {("access", event_id) for payload in payloads for event_id in payload["access"]}
