"""Work that gives way: a process that starts takes what processor time those that serve leave over.

Starting takes seconds of it. On a machine with few processors, requests and revocations at the other processes would
wait for a turn meanwhile. Linux has a priority per thread, and what was lowered needs no right to be lowered again:
the work is done by a thread of its own, and all that comes after it has the priority of before.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

STEPS: Final = 10
"""How much lower the priority is; each step is about a tenth less of a contended processor, so a tenth is left."""


def give_way(work: Callable[[], T]) -> T:
    """Do `work` in a thread of low priority, and return or raise what it does. Elsewhere than on Linux, just do it."""
    if sys.platform != "linux":
        return work()
    done: Future[T] = Future()

    def run() -> None:
        with suppress(OSError):
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + STEPS)
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="start", daemon=True).start()
    return done.result()
