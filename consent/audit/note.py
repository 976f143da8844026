"""Checkpoints in the format of C2SP `tlog-checkpoint`, as C2SP `signed-note`s.

gigway.example/log          ← origin: which log
42                          ← how many leaves
CsUYapGGPo4dkMgIAUqom…=     ← the root, base64
                            ← an empty line ends what is signed
— gigway.example/log Az3g…  ← one line per signature: who, and base64(key id ‖ signature)
— witness.example/1 jWbP…   ← cosignatures stand among them

What is read here comes from strangers: it is measured first, and anything that is not written as it should be is a
`NoteError`. Lines of unknown keys are ignored, as the format wants.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from consent.audit.keys import MARK, KeyType, NoteError, VerifierKey, cosigned_at, is_key_name, signature_line

MAX_NOTE: Final = 131_072
"""The longest note that is read, in characters; C2SP wants room for 16 post-quantum signatures."""

MAX_SIGNATURES: Final = 64
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a log: its first `size` leaves have this `root`."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def text(self) -> str:
        """The line as it stands in a note."""
        return signature_line(self.name, self.key_id, self.value)

    @property
    def cosigned_at(self) -> int:
        """The POSIX time in a cosignature; has no meaning in other signatures."""
        return cosigned_at(self.value)

    def is_by(self, key: VerifierKey) -> bool:
        """Whether the line says that it is this key's; says nothing about whether it holds."""
        return self.name == key.name and self.key_id == key.id


def read_checkpoint(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint in `note` if a log's key among `keys` has signed it. Raises `NoteError`."""
    if not any(key.type is KeyType.LOG for key in signed_by(note, keys)):
        raise NoteError("No signature by a known key.")
    return _parse(split_note(note)[0])


def signed_by(note: str, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Return those of `keys` whose signature on `note` holds. Raises `NoteError` also where one of them does not."""
    body, signatures = split_note(note)
    good: list[VerifierKey] = []
    for key in keys:
        mine = [signature for signature in signatures if signature.is_by(key)]
        if not all(key.verifies(signature.value, body) for signature in mine):
            raise NoteError(f"The signature of {key.name} does not fit.")
        if mine:
            good.append(key)
    return good


def split_note(note: str) -> tuple[str, list[Signature]]:
    """Return the text that is signed, and the signatures. Raises `NoteError`."""
    if len(note) > MAX_NOTE:
        raise NoteError("The note is too long.")
    head, separator, tail = note.rpartition("\n\n")
    if not separator or not head:
        raise NoteError("A note has a body, an empty line and signatures.")
    if _CONTROL.search(head) or not _is_utf8(head):
        raise NoteError("A note has no control characters.")
    return head + "\n", read_signatures(tail)


def read_signatures(lines: str) -> list[Signature]:
    """Read signature lines, each with its line break. Raises `NoteError`."""
    texts = lines.split("\n")
    if texts.pop() or not texts:
        raise NoteError("Every signature is a line of its own.")
    if len(texts) > MAX_SIGNATURES:
        raise NoteError("The note has too many signatures.")
    return [_signature(text) for text in texts]


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(MARK).partition(" ")
    try:
        signed = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise NoteError("A signature cannot be read.") from None
    found = Signature(name=name, key_id=signed[:_KEY_ID_BYTES], value=signed[_KEY_ID_BYTES:])
    if not is_key_name(name) or not found.value or not _is_utf8(name) or found.text != f"{line}\n":
        raise NoteError("A signature cannot be read.")
    return found


def _parse(body: str) -> Checkpoint:
    lines = body.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError, binascii.Error):
        raise NoteError("The checkpoint cannot be read.") from None
    checkpoint = Checkpoint(origin=origin, size=size, root=root)
    # Extension lines, which C2SP does not recommend, are not written here and not read.
    if body != checkpoint.body() or not origin or len(root) != hashlib.sha256().digest_size or size < 0:
        raise NoteError("The checkpoint is not written as it should be.")
    return checkpoint


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
