"""Requests for the same thing at the same moment, by the same asker, become one request to the subgraph.

Off unless a subgraph is wrapped. Only calls without permits are shared, since what needs a permit is fetched under its
own, and never mutations. Askers are told apart by a function of the session that the application gives: what it
returns must differ whenever the answers may.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from typing import Any

import orjson

from gateway.executor.merge import copy_containers
from gateway.subgraph import Answer, StreamingSubgraph, Subgraph, SubgraphCall

Identity = Callable[[Any], Hashable]
"""session → what tells askers apart; None: never share."""


class SharingSubgraph:
    """A subgraph whose equal calls are made once while they are under way."""

    def __init__(self, subgraph: Subgraph, identity: Identity) -> None:
        self._subgraph = subgraph
        self._identity = identity
        self._running: dict[Hashable, _Shared] = {}

    @property
    def name(self) -> str:
        """The name under which it is composed."""
        return self._subgraph.name

    @property
    def sdl(self) -> str:
        """Its SDL."""
        return self._subgraph.sdl

    @property
    def url(self) -> str:
        """Where it answers, if it is behind a URL."""
        return getattr(self._subgraph, "url", "")

    async def execute(self, call: SubgraphCall) -> Answer:
        """Answer `call`, with an answer that may have been fetched for another request."""
        identity = self._identity(call.session)
        if identity is None or call.permits or call.document.startswith("mutation"):
            return await self._subgraph.execute(call)
        key = (identity, call.document, orjson.dumps(call.variables, option=orjson.OPT_SORT_KEYS, default=str))
        shared = self._running.get(key)
        if shared is None:
            shared = self._running[key] = _Shared(asyncio.ensure_future(self._subgraph.execute(call)))
            shared.task.add_done_callback(lambda _: self._running.pop(key, None))
        return await shared.join()

    def subscribe(self, call: SubgraphCall) -> AsyncGenerator[Answer, None]:
        """Subscriptions are not shared. Raises `AttributeError` where the subgraph has none."""
        subgraph: StreamingSubgraph = self._subgraph  # type: ignore[assignment]
        return subgraph.subscribe(call)


class _Shared:
    """A call that is under way, and how many wait for it."""

    def __init__(self, task: asyncio.Future[Answer]) -> None:
        self.task = task
        self._waiting = 0

    async def join(self) -> Answer:
        """Wait for the answer; the call is given up when nobody waits any more. Everybody gets their own copy."""
        self._waiting += 1
        try:
            answer: Answer = copy_containers(await asyncio.shield(self.task))
            return answer
        finally:
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self.task.cancel()
