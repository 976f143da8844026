"""Proof that a process lives: a lock that the operating system or the database drops when it dies.

On SQLite it is a locked file beside the database, on PostgreSQL a session advisory lock held by the very
connection that commits leases: a process that lost the lock can commit nothing more.
A lease of another process ends early only when its lock could be taken, never because time has passed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import uuid
from pathlib import Path
from typing import Protocol


class Proof(Protocol):
    """What a process holds while it lives."""

    @property
    def kind(self) -> str:
        """`file_lock` or `advisory_lock`."""
        ...

    @property
    def name(self) -> str:
        """What others need in order to test it."""
        ...

    def drop(self) -> None:
        """Give it up: the process holds no lease any more."""
        ...

    def abandon(self) -> None:
        """Give it up while leases may be left: others may prove the process dead and take them away."""
        ...


class FileProof:
    """An exclusively locked file, named at random so that it is never taken over."""

    kind = "file_lock"

    def __init__(self, beside: Path) -> None:
        self._path = beside.with_name(f"{beside.name}-process-{uuid.uuid4().hex}.lock")
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def name(self) -> str:
        """The file's name; it lies beside the database."""
        return self._path.name

    def drop(self) -> None:
        """Remove the file and the lock with it. Call only after the process's row says that it ended."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def abandon(self) -> None:
        """Unlock the file and leave it where others look for it."""
        os.close(self._descriptor)


class AdvisoryProof:
    """A session advisory lock under a random key. It goes with the connection that took it."""

    kind = "advisory_lock"

    def __init__(self) -> None:
        self.key = secrets.randbits(62)
        self.name = str(self.key)

    def drop(self) -> None:
        """Nothing to do: closing the connection drops it."""

    def abandon(self) -> None:
        """Nothing to do: closing the connection drops it."""


def take_dead_file(folder: Path, name: str) -> int | None:
    """Lock another process's file and return the descriptor if that process is dead, else None.

    A missing file proves nothing. Close the descriptor, and remove the file, after its leases are gone.
    """
    try:
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def host_name() -> str:
    """Return this machine's name and the process's number, for people who read the table."""
    return f"{socket.gethostname()}:{os.getpid()}"
