"""Keeps Python's garbage collector out of planning."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no collection run meanwhile.

    A plan is many small objects that all stay. Making a large one would set off collections that walk through the
    whole supergraph, find nothing, and take several times as long as the planning itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
