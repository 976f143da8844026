"""What ends a command: coded errors that the user can act on."""

from __future__ import annotations

import errno
import socket

from gateway.config import SettingsError
from gateway.storage.database import DatabaseError
from gateway.storage.keyring import KeyringError


class CommandError(Exception):
    """A command cannot go on. `code` is stable; the message says what to do next."""

    def __init__(self, code: str, message: str, *, exit_code: int = 1) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.exit_code = exit_code


def exit_code(error: Exception) -> int | None:
    """Return the exit code for an error that needs no traceback; None for a defect of ours."""
    match error:
        case SettingsError() | KeyringError():
            return 2
        case DatabaseError():
            return 1
        case _:
            return None


def check_port(host: str, port: int, setting: str) -> None:
    """Raise `CommandError` when nothing can listen on `host`:`port`; `setting` is what to change then."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    "PORT_BUSY",
                    f"Something listens on {host}:{port} already; stop it or choose another port with {setting}.",
                ) from None
            raise CommandError(
                "ADDRESS_UNUSABLE", f"Cannot listen on {host}:{port} ({error.strerror}); choose another with {setting}."
            ) from None
