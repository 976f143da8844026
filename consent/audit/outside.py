"""Checks a log without its database: by its public notes and proofs, the public keys, and what was kept of earlier.

It shows that the log has only grown since, and that witnesses vouch for it; what is in it, `verify.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from consent.audit.keys import NoteError, VerifierKey
from consent.audit.note import Checkpoint, read_checkpoint, signed_by
from consent.audit.tree import is_consistent
from consent.audit.verify import Finding

Prove = Callable[[int, int], Sequence[bytes]]
"""Returns the log's consistency proof between two sizes, the smaller first."""


def verify_from_outside(
    newest: str,
    kept: Iterable[str],
    prove: Prove,
    keys: Iterable[VerifierKey],
    *,
    demanded: Iterable[VerifierKey] = (),
) -> list[Finding]:
    """Check that the note `newest` continues every one of `kept`, and that each `demanded` witness signed one of them.

    A note that is no longer than another, but another, is a fork.
    """
    logs, witnesses = list(keys), list(demanded)
    findings: list[Finding] = []
    cosigned: set[str] = set()
    read: list[Checkpoint] = []
    for note in (newest, *kept):
        try:
            read.append(read_checkpoint(note, logs))
        except NoteError:
            findings.append(Finding("NOTE_WRONG", _heading(note)))
            if note is newest:
                return findings
            continue
        try:
            cosigned |= {key.text() for key in signed_by(note, witnesses)}
        except NoteError:
            findings.append(Finding("COSIGNATURE_WRONG", _heading(note)))
    current, *earlier = read
    for checkpoint in earlier:
        where = f"checkpoint of {checkpoint.size}"
        if checkpoint.size > current.size:
            findings.append(Finding("TRUNCATED", where))
        elif checkpoint.origin != current.origin or not _continues(checkpoint, current, prove):
            findings.append(Finding("FORKED", where))
    return findings + [Finding("NOT_COSIGNED", key.name) for key in witnesses if key.text() not in cosigned]


def _continues(old: Checkpoint, new: Checkpoint, prove: Prove) -> bool:
    path = prove(old.size, new.size) if 0 < old.size < new.size else ()
    return is_consistent(old.size, new.size, old.root, new.root, path)


def _heading(note: str) -> str:
    return note.split("\n\n")[0].replace("\n", " ")[:200]
