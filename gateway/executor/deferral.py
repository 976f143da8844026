"""`@defer`: the answer first, then each of its deferred parts as soon as its fetches are done.

The payloads follow the incremental delivery format that is negotiated as `multipart/mixed; deferSpec=20220824`:
`{"data": …, "hasNext": true}`, then `{"incremental": [{"path", "label", "data", "errors"}], "hasNext": …}`.

Fetches that only deferred parts need start when the answer has been handed over. Permits are open while what they
brought is on its way: those of the answer are closed after it (unless a part repeats gated data of it), those of
a part after that part. Before each delivery its permits are looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from gateway.errors import GraphQLErrorDict
from gateway.executor.compiled import CompiledPart, CompiledPlan
from gateway.executor.context import ExecutionResult, RequestContext
from gateway.executor.gated import GatedRun
from gateway.executor.merge import copy_containers, merge_deep
from gateway.executor.paths import ClientPath, Place, is_null_at, walk
from gateway.executor.projection import Anomaly, project_object_exactly
from gateway.executor.run import Run
from gateway.planner.nodes import LIST


async def execute_in_parts(plan: CompiledPlan, context: RequestContext) -> AsyncGenerator[ExecutionResult, None]:
    """Execute a plan with deferred parts; yields the answer and then its parts.

    Asking for the next one says that the one before is with the socket. Close the generator when the client leaves.
    """
    run = GatedRun(plan, context) if plan.is_gated else Run(plan, context)
    delivery = _Delivery(run)
    try:
        yield await delivery.first()
        fetching = asyncio.create_task(run.fetch_held())
        try:
            await delivery.acknowledge_first()
            while delivery.pending:
                yield await delivery.following(fetching)
                await delivery.acknowledge()
            await fetching
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
    finally:
        await run.close()


class _Delivery:
    """Which parts are still to come, and what has been delivered so far."""

    def __init__(self, run: Run) -> None:
        self.pending = list(range(len(run.plan.parts)))
        self._run = run
        self._delivered: Any = None
        self._sent: dict[int, GraphQLErrorDict] = {}

    async def first(self) -> ExecutionResult:
        """Return the answer without its deferred parts."""
        run = self._run
        await run.fetch_all(run.plan.deferred)
        await run.look_again()
        self._delivered = run.project()
        first = ExecutionResult(self._delivered, self._new_errors(), run.extensions(), has_next=True)
        first.cut = run.reporter.cut
        return first

    async def acknowledge_first(self) -> None:
        """The answer is with the socket."""
        if not any(part.rereads for part in self._run.plan.parts):
            await self._run.acknowledge(frozenset(range(len(self._run.plan.fetches))) - self._run.plan.deferred)

    async def following(self, fetching: asyncio.Task[None]) -> ExecutionResult:
        """Wait until a part is ready, and return all that are."""
        run = self._run
        while not (ready := self._ready()):
            run.progress.clear()
            waiting = asyncio.ensure_future(run.progress.wait())
            try:
                await asyncio.wait((fetching, waiting), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
            if fetching.done() and not self._ready():
                fetching.result()
                ready = list(self.pending)
                break
        await run.look_again(_Permitted(run.plan.parts, ready, run.plan.deferred))
        errors = self._new_errors()
        entries = [entry for number in ready for entry in self._entries(run.plan.parts[number], errors)]
        if errors and entries:
            entries[0].setdefault("errors", []).extend(errors)
        self.pending = [number for number in self.pending if number not in ready]
        later = ExecutionResult(None, [], run.extensions(), has_next=bool(self.pending), incremental=entries)
        later.cut = run.reporter.cut
        return later

    async def acknowledge(self) -> None:
        """The last part is with the socket: nothing that still waits needs the permits of its fetches."""
        parts = self._run.plan.parts
        needed = {index for number in self.pending for index in parts[number].fetches}
        await self._run.acknowledge(self._run.done & self._run.plan.deferred - needed)

    def _ready(self) -> list[int]:
        parts, done = self._run.plan.parts, self._run.done
        return [
            number
            for number in self.pending
            if parts[number].fetches <= done and parts[number].part.parent not in self.pending
        ]

    def _new_errors(self) -> list[GraphQLErrorDict]:
        new = [error for error in self._run.reporter.errors if id(error) not in self._sent]
        self._sent.update({id(error): error for error in new})
        return new

    def _entries(self, part: CompiledPart, errors: list[GraphQLErrorDict]) -> list[dict[str, Any]]:
        """Return a payload for every object of a part; the errors that belong to one are taken out of the list."""
        entries = []
        for place in walk(self._run.tree, part.part.path):
            path = _client_path(part, place)
            if path and is_null_at(self._delivered, path):
                continue
            own: list[GraphQLErrorDict] = [each for each in errors if each.get("path", [])[: len(path)] == path]
            errors[:] = [each for each in errors if each not in own]
            entry = self._entry(part, place, path, own)
            if entry["data"] != {} or "errors" in entry:
                entries.append(entry)
        return entries

    def _entry(
        self, part: CompiledPart, place: Place, path: ClientPath, errors: list[GraphQLErrorDict]
    ) -> dict[str, Any]:
        run = self._run
        data: dict[str, Any] | None
        try:
            data = part.projection.project({part.key: place.value}, run.state(part.projection))[part.key]
        except Anomaly:
            data, found = project_object_exactly(
                part.shape[0],
                place.value,
                run.state(part.projection),
                run.context.variables,
                run.reporter.known,
                run.context.max_errors,
                tuple(path),
            )
            errors += found
        errors += run.reporter.causes(path, data)
        if data is not None:
            _graft_data(self._delivered, path, data)
        entry: dict[str, Any] = {"data": data, "path": path}
        if part.part.label is not None:
            entry["label"] = part.part.label
        if errors:
            entry["errors"] = errors
        return entry


class _Permitted:
    """The fetches whose permits a delivery needs: those of its parts, and the answer's if a part repeats it."""

    def __init__(self, parts: Sequence[CompiledPart], ready: Sequence[int], deferred: frozenset[int]) -> None:
        self._fetches = frozenset(index for number in ready for index in parts[number].fetches)
        self._repeats = any(parts[number].rereads for number in ready)
        self._deferred = deferred

    def __contains__(self, fetch: object) -> bool:
        return fetch in self._fetches or (self._repeats and fetch not in self._deferred)


def _client_path(part: CompiledPart, place: Place) -> ClientPath:
    """Return where the client reads an object of a part."""
    keys = iter([step for step in part.part.response_path if step != LIST])
    return [step if isinstance(step, int) else next(keys) for step in place.path]


def _graft_data(delivered: Any, path: ClientPath, data: dict[str, Any]) -> None:
    """Add a part to what has been delivered, so that parts inside it find their place."""
    for step in path:
        delivered = delivered[step]
    if type(delivered) is dict:
        merge_deep(delivered, copy_containers(data), frozenset())
