"""Hears at once, on PostgreSQL, that another process has stopped something. Only speed depends on it.

On SQLite there is nothing to listen to: the lease keeper looks for stops every few milliseconds while permits are open.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine

from consent.ddl import STOP_CHANNEL

_log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class StopListener:
    """Calls `heard` for every notice on `STOP_CHANNEL`, from a thread of its own with a connection of its own."""

    def __init__(self, engine: Engine, heard: Callable[[], None]) -> None:
        self._engine = engine
        self._heard = heard
        self._closed = threading.Event()
        self.hears = False
        """Whether the database tells of stops at present, as far as can be known."""
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._thread = threading.Thread(target=self._run, name="consent-stops", daemon=True)

    def start(self) -> None:
        """Start listening; does nothing on a database that cannot notify."""
        if self._engine.dialect.name == "postgresql":
            self._ends = socket.socketpair()
            self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        if self._ends is not None:
            self._ends[0].send(b"\0")
            self._thread.join()
            for end in self._ends:
                end.close()
            self._ends = None

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                pooled = self._engine.raw_connection()
                connection: Any = pooled.driver_connection
                pooled.detach()
                try:
                    self._listen(connection)
                finally:
                    self.hears = False
                    with suppress(Exception):
                        connection.close()
            except Exception as error:
                _log.warning("consent:stops:deaf", extra={"error": type(error).__name__})
                self._closed.wait(_RETRY_SECONDS)

    def _listen(self, connection: Any) -> None:
        connection.rollback()
        connection.autocommit = True
        connection.execute(f"LISTEN {STOP_CHANNEL}")
        self.hears = True
        self._heard()
        woken = [self._ends[1]] if self._ends is not None else []
        while not self._closed.is_set():
            select.select([connection.fileno(), *woken], [], [])
            for _ in connection.notifies(timeout=0):
                self._heard()
