"""A witness: remembers the newest checkpoint that it has seen of each log and cosigns only what continues it.

It runs apart from the gateway, with a key and a file of its own. As long as one witness is honest, a log that shows
different people different histories is found out. Cosignatures are C2SP `tlog-cosignature` v1.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consent.audit.note import NoteError, VerifierKey, read_checkpoint
from consent.audit.tree import is_consistent
from consent.columns import utc_now

_COSIGNATURE = b"\x04"


class _Seen(TypedDict):
    size: int
    root: str


_Memory = dict[str, _Seen]


class WitnessError(Exception):
    """The witness does not cosign: `code` is `NOTE_INVALID`, `LOG_ROLLED_BACK` or `LOG_FORKED`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Witness:
    """Cosigns checkpoints. Its memory is one small file, replaced as a whole."""

    def __init__(
        self,
        name: str,
        key: Ed25519PrivateKey,
        *,
        logs: Iterable[VerifierKey],
        memory: Path,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._name = name
        self._key = key
        self._logs = list(logs)
        self._memory = memory
        self._clock = clock

    def seen(self, origin: str) -> int:
        """Return the size of the newest checkpoint seen of a log: where a consistency proof has to start."""
        last = self._recall().get(origin)
        return last["size"] if last is not None else 0

    def cosign(self, note: str, path: Sequence[bytes]) -> str:
        """Return a signature line for `note`, if `path` proves that it continues what was seen.

        Raises `WitnessError`.
        """
        try:
            checkpoint = read_checkpoint(note, self._logs)
        except NoteError as error:
            raise WitnessError("NOTE_INVALID", str(error)) from None
        memory = self._recall()
        last = memory.get(checkpoint.origin)
        if last is not None:
            if checkpoint.size < last["size"]:
                raise WitnessError("LOG_ROLLED_BACK", f"The log had {last['size']} leaves, now {checkpoint.size}.")
            old_root = base64.b64decode(last["root"])
            if not is_consistent(last["size"], checkpoint.size, old_root, checkpoint.root, path):
                raise WitnessError("LOG_FORKED", f"The log does not continue that of {last['size']} leaves.")
        memory[checkpoint.origin] = {
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
        }
        self._remember(memory)
        seconds = int(self._clock().timestamp())
        signature = self._key.sign(_message(checkpoint.body(), seconds))
        signed = _key_id(self._name, self._key.public_key()) + seconds.to_bytes(8, "big") + signature
        return f"— {self._name} {base64.b64encode(signed).decode()}\n"

    def _recall(self) -> _Memory:
        if not self._memory.exists():
            return {}
        memory: _Memory = json.loads(self._memory.read_text())
        return memory

    def _remember(self, memory: _Memory) -> None:
        fresh = self._memory.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(memory, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._memory)


def is_cosigned(body: str, line: str, name: str, key: Ed25519PublicKey) -> bool:
    """Whether `line` is the cosignature of the checkpoint `body` by the witness `name`."""
    prefix = f"— {name} "
    if not line.startswith(prefix):
        return False
    signed = base64.b64decode(line.removeprefix(prefix))
    if signed[:4] != _key_id(name, key):
        return False
    try:
        key.verify(signed[12:], _message(body, int.from_bytes(signed[4:12], "big")))
    except InvalidSignature:
        return False
    return True


def _message(body: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n" + _COSIGNATURE + raw).digest()[:4]
