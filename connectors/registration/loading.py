"""From an approval to being live: a version is live when every living process has loaded it (DESIGN §5).

    approved, rolled back ──► APPROVED: loaded by some of the processes ──► LIVE: by all of them

The row says LIVE from the approval on, since that is what processes load; what people are told comes from here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from connectors.observation import Loading, Observer
from connectors.registration.service import Registration
from connectors.registration.values import VersionView

_PAUSE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedVersion:
    """A version as it stands, APPROVED until it is live; and how far it has come, where it is or is to be live."""

    version: VersionView
    loading: Loading | None


class Loadings:
    """Tells how far approved versions have come. What is not `async` blocks; call it in a thread."""

    def __init__(self, registration: Registration, observer: Observer) -> None:
        self._registration = registration
        self._observer = observer

    def of(self, version: VersionView) -> Loading | None:
        """Return how many processes have loaded a version that is to be live; None for other versions."""
        if version.status not in ("LIVE", "APPROVED"):
            return None
        return self._observer.loading(self._registration.went_live(version.id))

    def placed(self, version: VersionView) -> PlacedVersion:
        """Return the version as it stands."""
        loading = self.of(version)
        if loading is not None and not loading.is_complete:
            version = replace(version, status="APPROVED")
        return PlacedVersion(version=version, loading=loading)

    async def wait(
        self, version_id: int, *, seconds: float, tell: Callable[[Loading], None] = lambda _: None
    ) -> Loading | None:
        """Wait until a version is live, `seconds` at most, and return how far it has come; `tell` hears of progress.

        None where it is to be live no more.
        """
        last, until = None, time.monotonic() + seconds
        while True:
            version = await asyncio.to_thread(self._registration.version, version_id)
            loading = await asyncio.to_thread(self.of, version) if version is not None else None
            if loading is None:
                return None
            if loading != last:
                tell(loading)
            if loading.is_complete or time.monotonic() >= until:
                return loading
            last = loading
            await asyncio.sleep(_PAUSE)
