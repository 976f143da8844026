"""The permission under which a request is made. Consent's leases satisfy it; so do the worker's own acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from connectors.transport.failure import PermitEndedError

T = TypeVar("T")


class Permit(Protocol):
    """A permission that can end and never comes back."""

    @property
    def ended(self) -> bool:
        """Whether the permission is gone."""
        ...

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once when it ends; returns an unsubscriber."""
        ...


class OpenAct:
    """A permission without a grant behind it: open until `end` is called."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the act is over."""
        return self._ended

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` when the act is over; returns an unsubscriber."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def end(self) -> None:
        """Close the permission."""
        self._ended = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class WorkerAct(OpenAct):
    """What a signed-in worker does themselves, such as linking an account."""


def require_open(permit: Permit | None) -> Permit:
    """Return `permit` if it is open. Raises `PermitEndedError` otherwise, also when there is none."""
    if permit is None:
        raise PermitEndedError("There is no permission for this request.")
    if permit.ended:
        raise PermitEndedError("The permission for this request has ended.")
    return permit


async def run_under(permit: Permit, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` until it is done or `permit` ends, whichever comes first. Raises `PermitEndedError`."""
    if permit.ended:
        work.close()
        raise PermitEndedError("The permission for this request has ended.")
    task = asyncio.ensure_future(work)

    def drop() -> None:
        task.cancel()

    unsubscribe = permit.on_end(drop)
    try:
        return await task
    except asyncio.CancelledError:
        task.cancel()
        if _is_cancelled_from_outside():
            raise
        raise PermitEndedError("The permission ended while the request was on its way.") from None
    finally:
        unsubscribe()


def _is_cancelled_from_outside() -> bool:
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0
