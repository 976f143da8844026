"""A process that starts disturbs those that serve as little as it can."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from gateway.cli.giving_way import STEPS, give_way
from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.storage.keyring import generate_key


def test_a_start_on_a_known_database_waits_for_no_lock(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "GIGWAY_DATABASE_URL": f"sqlite:///{tmp_path / 'gigway.db'}",
            "GIGWAY_MASTER_KEYS": generate_key("t1"),
            "GIGWAY_SANDBOX_URL": "http://127.0.0.1:9",
            "GIGWAY_DEMO_LOGIN": "true",
        }
    )
    create_app(settings)
    writer = sqlite3.connect(tmp_path / "gigway.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        create_app(settings)  # would fail after 15 seconds
    finally:
        writer.execute("ROLLBACK")
        writer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
def test_work_that_gives_way_has_a_lower_priority_and_what_follows_the_old_one() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    assert give_way(priority) == min(before + STEPS, 19)
    assert priority() == before
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(priority()))
    thread.start()
    thread.join()
    assert later == [before]


def test_what_goes_wrong_in_it_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        give_way(lambda: 1 / 0)
