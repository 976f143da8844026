"""What commands that seal anew ask first: whether every living process has the master keys for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Engine

from consent.leases.processes import living_processes
from gateway.cli.failure import CommandError
from gateway.storage.keyring import Keyring


def check_processes(engine: Engine, keyring: Keyring, suffices: Callable[[Sequence[str], str], bool]) -> None:
    """Refuse while a process lives whose master keys do not suffice. Raises `CommandError`.

    `suffices` is given the names of a process's keys, first the one that it seals with, and of the one used here.
    """
    wanted = keyring.names().split(",")[0]
    behind = [each for each in living_processes(engine) if not suffices(each.master_keys.split(","), wanted)]
    if behind:
        hosts = ", ".join(sorted(each.host for each in behind))
        raise CommandError(
            "KEY_NOT_IN_USE",
            f"{hosts} (machine:process) does not use the master key {keyring.current!r} yet; "
            "restart it with the GIGWAY_MASTER_KEYS of this command first.",
        )
