"""Waiting for SQLite's write lock: soon when it is free, and not for ever when it is not."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from consent.leases.write_lock import begin_immediate


def _open(tmp_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(tmp_path / "lock.db", isolation_level=None, timeout=0, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


def test_the_lock_is_taken_as_soon_as_it_is_free(tmp_path: Path) -> None:
    holder, waiter = _open(tmp_path), _open(tmp_path)
    holder.execute("BEGIN IMMEDIATE")
    taken = threading.Event()
    thread = threading.Thread(target=lambda: (begin_immediate(waiter, patience=10), taken.set()))
    thread.start()
    assert not taken.wait(0.05)
    holder.execute("COMMIT")
    assert taken.wait(5)
    thread.join()
    assert waiter.in_transaction
    holder.close()
    waiter.close()


def test_patience_ends(tmp_path: Path) -> None:
    holder, waiter = _open(tmp_path), _open(tmp_path)
    holder.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        begin_immediate(waiter, patience=0.02)
    assert time.monotonic() - started < 5
    holder.close()
    waiter.close()


def test_other_failures_are_not_waited_for(tmp_path: Path) -> None:
    connection = _open(tmp_path)
    connection.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        begin_immediate(connection, patience=60)
    connection.close()
