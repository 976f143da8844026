"""The permit of a search: at first about nobody, it grows by the leases of those whom the search shows.

    gate ─► SearchPermit ─(the search admits whom it would show)─► + a LeasePermit each ─► released, closed together

A search does not know its subjects before it runs, so it cannot be asked about them before. It shows nobody without
having admitted them here, and all that it shows stands or falls together: when one of the leases ends before the
answer has left, the search's field goes, and the client may search again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from consent.leases.decision import Asker, Question
from consent.leases.keeper import LeaseKeeper
from consent.leases.permit import LeasePermit
from consent.leases.transactions import Inquiry, LeasesUnavailableError


class SearchPermit:
    """Satisfies the engine's `Permit`. Used in the event loop only."""

    __slots__ = ("_acquiring", "_callbacks", "_closed", "_ended", "_leases", "asker", "category", "members", "parents")

    def __init__(
        self, leases: LeaseKeeper, *, asker: Asker, category: str, parents: tuple[LeasePermit, ...] = ()
    ) -> None:
        self.asker = asker
        self.category = category
        self.parents = parents
        self.members: list[LeasePermit] = []
        self._leases = leases
        self._callbacks: dict[object, Callable[[], None]] = {}
        self._acquiring: set[asyncio.Task[list[bool]]] = set()
        self._ended = False
        self._closed = False

    @property
    def ended(self) -> bool:
        """Whether any of the leases has ended."""
        return self._ended or any(member.ended for member in self.members)

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once when a lease ends; returns its removal."""
        key = object()
        self._callbacks[key] = callback
        return lambda: self._forget(key)

    async def admit(self, asked: Sequence[tuple[str, str]]) -> list[bool]:
        """Lease each (grant id, worker id), all in one transaction, and tell who was let in.

        A cancelled search leaves nothing open: what is on its way is waited for when the permit is closed.
        """
        if self._closed or self.ended or not asked:
            return [False] * len(asked)
        task = asyncio.ensure_future(self._admit(asked))
        self._acquiring.add(task)
        task.add_done_callback(self._acquiring.discard)
        return await asyncio.shield(task)

    async def close(self) -> list[LeasePermit]:
        """Let nobody in any more, and return the leases that are to be closed."""
        self._closed = True
        await asyncio.gather(*self._acquiring, return_exceptions=True)
        return list(self.members)

    async def _admit(self, asked: Sequence[tuple[str, str]]) -> list[bool]:
        inquiries = [
            Inquiry(
                question=Question(
                    asker=Asker(
                        kind=self.asker.kind,
                        actor_id=self.asker.actor_id,
                        client_id=self.asker.client_id,
                        purpose=self.asker.purpose,
                        grant_id=grant_id,
                        request_id=self.asker.request_id,
                        token_ref=self.asker.token_ref,
                    ),
                    worker_id=worker_id,
                    categories=frozenset({self.category}),
                ),
                inherited=self.parents,
            )
            for grant_id, worker_id in asked
        ]
        try:
            answers = await self._leases.acquire(inquiries)
        except LeasesUnavailableError:
            return [False] * len(asked)
        for answer in answers:
            if answer.permit is not None:
                self.members.append(answer.permit)
                answer.permit.on_end(self._end)
        return [self.category in answer.allowed for answer in answers]

    def _end(self) -> None:
        self._ended = True
        for key in list(self._callbacks):
            callback = self._callbacks.pop(key, None)
            if callback is not None:
                callback()

    def _forget(self, key: object) -> None:
        self._callbacks.pop(key, None)


class SearchAdmission:
    """Lets a search admit whom it would show. Satisfies the skill graph's `Admission`."""

    async def admit(self, permit: object, asked: Sequence[tuple[str, str]]) -> Sequence[bool]:
        """Admit under a search's permit; under anything else nobody."""
        return await permit.admit(asked) if isinstance(permit, SearchPermit) else [False] * len(asked)
