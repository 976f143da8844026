"""A witness: remembers the newest checkpoint that it has seen of each log and cosigns only what continues it.

It runs apart from the gateway, with a key and a file of its own. As long as one witness is honest, a log that shows
different people different histories is found out.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from consent.audit.keys import Cosigner, NoteError, VerifierKey
from consent.audit.note import read_checkpoint
from consent.audit.tree import EMPTY_ROOT, is_consistent
from consent.columns import utc_now


class _Seen(TypedDict):
    size: int
    root: str


_Memory = dict[str, _Seen]


class WitnessError(Exception):
    """The witness does not cosign.

    `code` is `NOTE_INVALID`, `LOG_ROLLED_BACK`, `LOG_FORKED` or `MEMORY_UNREADABLE`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Witness:
    """Cosigns checkpoints. Its memory is one small file, replaced as a whole; one process at a time may have it."""

    def __init__(
        self,
        cosigner: Cosigner,
        *,
        logs: Iterable[VerifierKey],
        memory: Path,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._cosigner = cosigner
        self._logs = list(logs)
        self._memory = memory
        self._clock = clock

    def seen(self, origin: str) -> int:
        """Return the size of the newest checkpoint seen of a log: where a consistency proof has to start.

        Raises `WitnessError`.
        """
        last = self._recall().get(origin)
        return last["size"] if last is not None else 0

    def cosign(self, note: str, path: Sequence[bytes]) -> str:
        """Return a signature line for `note`, if `path` proves that it continues what was seen.

        Raises `WitnessError`; nothing is signed then, and nothing forgotten.
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
        elif checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
            raise WitnessError("NOTE_INVALID", "The root of an empty log is another.")
        memory[checkpoint.origin] = {
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
        }
        self._remember(memory)
        return self._cosigner.signature(checkpoint.body(), int(self._clock().timestamp()))

    def _recall(self) -> _Memory:
        if not self._memory.exists():
            return {}
        try:
            memory: _Memory = {
                origin: {"size": int(seen["size"]), "root": str(seen["root"])}
                for origin, seen in json.loads(self._memory.read_text(encoding="utf-8")).items()
            }
            for seen in memory.values():
                base64.b64decode(seen["root"], validate=True)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, binascii.Error):
            raise WitnessError(
                "MEMORY_UNREADABLE", f"{self._memory} cannot be read; a witness without its memory must not go on."
            ) from None
        return memory

    def _remember(self, memory: _Memory) -> None:
        fresh = self._memory.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(memory, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._memory)
