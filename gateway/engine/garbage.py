"""Keeps Python's garbage collector out of composing, loading and planning."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no collection run meanwhile.

    A supergraph, and a plan, is many small objects that all stay. Making them sets off collections that walk through
    all that is there already, find nothing, and can take longer than the work itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
