"""Which processes of this Gigway live: known elsewhere, by proof and not by their last sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class ProcessRoll(Protocol):
    """Tells living processes by number. Asking blocks."""

    def here(self) -> int | None:
        """Return this process's own number; None while it holds no proof that it lives."""
        ...

    def living(self) -> Mapping[int, str]:
        """Return the processes that are not proven dead, and a name of each for people."""
        ...
