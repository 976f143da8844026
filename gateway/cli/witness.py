"""`gigway audit witness`: watch a log from the outside and cosign what continues it.

A round asks for the newest checkpoint and the proof that it continues the one seen last. What is new is cosigned and,
with `--submit`, left at the gateway. A log that cannot be reached is asked again with `--every`; one that was rolled
back or forked is never signed, in this round or any later one, because the memory stays at what was good.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from consent.audit.keys import Cosigner, KeyType, NoteError, VerifierKey
from consent.audit.note import read_checkpoint, signed_by
from consent.audit.witness import Witness, WitnessError
from gateway.cli.failure import CommandError
from gateway.cli.files import read_text
from gateway.cli.public_log import LogUnreachableError, PublicLog


def add_parser(commands: Any) -> None:
    """Add `witness`."""
    witness = commands.add_parser("witness", help="watch a log from the outside and cosign what continues it")
    witness.add_argument("url", help="the Gigway's address, for instance https://gigway.example")
    witness.add_argument(
        "--key", action="append", required=True, help="the log's verifier key, from a source that you trust; repeatable"
    )
    witness.add_argument("--name", required=True, help="the witness's own name, for instance witness.example/1")
    witness.add_argument("--folder", type=Path, default=Path("witness"), help="where it keeps its key and memory")
    witness.add_argument("--every", type=float, help="look every so many seconds (default: once)")
    witness.add_argument("--submit", action="store_true", help="leave the cosignatures at the Gigway, which shows them")
    witness.set_defaults(run=_witness)


def read_key(text: str, kind: KeyType, option: str, where: str) -> VerifierKey:
    """Read a key from the command line. Raises `CommandError`."""
    try:
        key = VerifierKey.read(text)
    except NoteError:
        raise CommandError("KEY_INVALID", f"{option} is not a verifier key; see {where}", exit_code=2) from None
    if key.type is not kind:
        raise CommandError("KEY_INVALID", f"{option} is a key of another kind; see {where}", exit_code=2)
    return key


def _witness(options: argparse.Namespace) -> int:
    logs = [read_key(each, KeyType.LOG, "--key", "GET /audit/key") for each in options.key]
    if options.every is not None and options.every <= 0:
        raise CommandError("INTERVAL_INVALID", "--every is a number of seconds above 0", exit_code=2)
    with _folder(options.folder), closing(PublicLog(options.url)) as public:
        cosigner = _cosigner(options.name, options.folder)
        rounds = _Rounds(public, logs, cosigner, options.folder / "memory.json", submit=options.submit)
        shown = trouble = ""
        while True:
            try:
                note = rounds.look()
                if note != shown:
                    print(note, end="", flush=True)
                shown, trouble = note, ""
            except LogUnreachableError as error:
                if options.every is None:
                    raise
                if str(error) != trouble:
                    print(f"{error}; trying every {options.every:g} s", file=sys.stderr, flush=True)
                trouble = str(error)
            if options.every is None:
                return 0
            time.sleep(options.every)


class _Rounds:
    def __init__(
        self, public: PublicLog, logs: Sequence[VerifierKey], cosigner: Cosigner, memory: Path, *, submit: bool
    ) -> None:
        self._public = public
        self._logs = logs
        self._cosigner = cosigner
        self._witness = Witness(cosigner, logs=logs, memory=memory)
        self._submit = submit

    def look(self) -> str:
        """Return the newest checkpoint, cosigned. Raises `CommandError`."""
        note = self._public.checkpoint()
        own = self._cosigner.verifier
        try:
            checkpoint = read_checkpoint(note, self._logs)
        except NoteError as error:
            raise CommandError("NOTE_INVALID", f"what {self._public.url} answers is not this log's: {error}") from None
        try:
            is_signed = bool(signed_by(note, [own]))
        except NoteError:
            message = f"what {self._public.url} shows as the signature of this witness is not: somebody changed it"
            raise CommandError("COSIGNATURE_WRONG", message) from None
        try:
            seen = self._witness.seen(checkpoint.origin)
            path = self._public.consistency(seen, checkpoint.size) if 0 < seen < checkpoint.size else []
            line = self._witness.cosign(note, path)
        except WitnessError as error:
            raise CommandError(error.code, f"{error} Nothing was signed.") from None
        except OSError as error:
            raise CommandError("FOLDER_UNUSABLE", f"the memory cannot be kept: {error.strerror}") from None
        if is_signed:
            return note
        if self._submit:
            try:
                self._public.submit(checkpoint.size, line)
            except CommandError as error:
                if error.code == "WITNESS_UNKNOWN":
                    raise CommandError(error.code, f"{error.message} Its key: {own.text()}") from None
                raise
        return note + line


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Have the folder alone: two processes with one memory could sign a fork each."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise CommandError("FOLDER_UNUSABLE", f"{folder}: {error.strerror}", exit_code=2) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError("WITNESS_RUNNING", f"another process is the witness of {folder} already") from None
        yield


def _cosigner(name: str, folder: Path) -> Cosigner:
    """Return the witness that lives in `folder`; its public key stands in `key.pub`, for whoever runs the log."""
    try:
        cosigner = Cosigner(name, _own_key(folder / "key"))
    except ValueError:
        raise CommandError("NAME_INVALID", "--name has neither spaces nor a plus sign", exit_code=2) from None
    public, text = folder / "key.pub", f"{cosigner.verifier.text()}\n"
    if not public.exists():
        public.write_text(text, encoding="utf-8")
        print(f"the key of this witness, to give to whoever runs the log: {text}", end="", file=sys.stderr, flush=True)
    elif read_text(public) != text:
        message = f"{public} is of another name or key: a witness keeps its name; take another --folder for another"
        raise CommandError("WITNESS_DIFFERS", message, exit_code=2)
    return cosigner


def _own_key(file: Path) -> Ed25519PrivateKey:
    if file.exists():
        try:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(read_text(file), validate=True))
        except ValueError:
            raise CommandError("KEY_INVALID", f"{file} does not hold the key of a witness", exit_code=2) from None
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(base64.b64encode(raw).decode())
    return key
