"""Runs a compiled plan: every fetch starts when its own dependencies are done.

    gather representations → (gate) → call the subgraph → merge → start the dependents
    … → (release) → project → ExecutionResult

Fetches never wait for siblings. A fetch that fails costs its own fields.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from gateway.errors import ResponseTooLargeError, SubgraphError, SubgraphTimeoutError, SubgraphUnavailableError
from gateway.executor.compiled import MANY, CompiledEntities, CompiledFetch, CompiledPlan
from gateway.executor.context import ExecutionResult, RequestContext
from gateway.executor.contexts import ContextGroup, context_groups
from gateway.executor.failures import FailureReporter, Sink, failure_of
from gateway.executor.finder import Finder
from gateway.executor.merge import copy_containers, merge_deep, merge_entity
from gateway.executor.projection import Anomaly, ProjectionState, project_exactly
from gateway.executor.projection.compiled import CompiledProjection, size_of
from gateway.executor.projection.exact import INVALID_DATA
from gateway.planner.nodes import Condition
from gateway.subgraph import LargeAnswer, SubgraphCall

logger = logging.getLogger(__name__)

JsonObject = dict[str, Any]


class Run:
    """One execution of one plan. `GatedRun` adds the gate.

    `event` is what a subscription's source has sent: it stands for the answer of the plan's first fetch.
    """

    def __init__(
        self, plan: CompiledPlan, context: RequestContext, event: Mapping[str, Any] | SubgraphError | None = None
    ) -> None:
        self.plan = plan
        self._event = event
        self.context = context
        self.tree: JsonObject = {"__typename": plan.plan.root_type}
        self.finder = Finder(plan, self.tree, context.variables)
        self.reporter = FailureReporter(plan, self.tree, self.finder, context.max_errors)
        self.reporter.errors.extend(context.known_errors)
        self._waiting = list(plan.dependencies)
        self._group: asyncio.TaskGroup | None = None
        self._held_back: frozenset[int] = frozenset()
        self._waiting_later: list[int] = []
        self._is_large = False
        self.done: set[int] = set()
        self.progress = asyncio.Event()

    async def execute(self) -> ExecutionResult:
        """Fetch everything, look again, project what is left. A large answer takes long and is shaped before."""
        try:
            await self.fetch_all()
            if self._is_large:
                data = await self._shaped()
                if await self.look_again():
                    data = await self._shaped()
            else:
                await self.look_again()
                data = self.project()
            return self.answer(data)
        finally:
            await self.close()

    async def _shaped(self) -> JsonObject | None:
        """Return `data`; a large one is shaped aside, unless a sealer takes part, who need not bear threads."""
        aside, sealer = self.context.aside, self.context.sealer
        return await aside(self.project) if self._is_large and aside and sealer is None else self.project()

    async def look_again(self, fetches: Container[int] | None = None) -> bool:
        """Nothing to look at without a gate."""
        return False

    def answer(self, data: JsonObject | None) -> ExecutionResult:
        """Return the whole answer."""
        return ExecutionResult(data, self.reporter.errors, self.extensions())

    async def close(self) -> None:
        """Nothing to close without a gate."""

    async def acknowledge(self, fetches: Container[int]) -> None:
        """Nothing to close without a gate."""

    async def fetch_all(self, held: frozenset[int] = frozenset()) -> None:
        """Run the fetches of the plan but those that are `held` back for later."""
        self._held_back = held
        if self.plan.is_linear and not held:
            for index in self.plan.initial:
                await self._chain(index)
            return
        await self._run_together([index for index in self.plan.initial if index not in held])
        self._waiting_later += [index for index in self.plan.initial if index in held]

    async def fetch_held(self) -> None:
        """Run the fetches that were held back."""
        self._held_back = frozenset()
        ready, self._waiting_later = self._waiting_later, []
        await self._run_together(ready)

    async def _run_together(self, indexes: Sequence[int]) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            for index in indexes:
                group.create_task(self._chain(index))

    async def _chain(self, index: int) -> None:
        """Run a fetch and, in the same task, the first of the fetches that it makes ready."""
        following: int | None = index
        while following is not None:
            fetch = self.plan.fetches[following]
            if self.holds(fetch.fetch.conditions):
                await self.run_fetch(fetch)
            following, *others = self._complete(fetch) or (None,)
            for other in others:
                assert self._group is not None
                self._group.create_task(self._chain(other))

    def _complete(self, fetch: CompiledFetch) -> list[int]:
        """Return the fetches that can start now that `fetch` is done."""
        ready: list[int] = []
        done = [fetch]
        while done:
            made: list[CompiledFetch] = []
            for each in done:
                self.done.add(each.index)
                for crowd in each.crowds:
                    ready += self.finder.wanted(crowd)
                for dependent in each.dependents:
                    self._waiting[dependent] -= 1
                    if not self._waiting[dependent]:
                        made.append(self.plan.fetches[dependent])
            done = self.finder.absent(made) if len(made) >= MANY else []
            absent = {each.index for each in done}
            ready += [each.index for each in made if each.index not in absent]
        self.progress.set()
        if self._held_back:
            self._waiting_later += [index for index in ready if index in self._held_back]
            ready = [index for index in ready if index not in self._held_back]
        return ready

    def holds(self, conditions: tuple[Condition, ...]) -> bool:
        """Evaluate the conditions of a fetch or of one of its `_entities` fields."""
        return self.finder.holds(conditions)

    async def run_fetch(self, fetch: CompiledFetch) -> None:
        """Make one fetch and merge its answer. One with context variables takes a request for each set of values."""
        if not fetch.entities:
            await self.fetch_root(fetch)
        elif not fetch.has_contexts:
            await self.fetch_entities(fetch, None)
        else:
            groups = context_groups(self.tree, fetch.fetch)
            await asyncio.gather(*(self.fetch_entities(fetch, group) for group in groups))

    async def fetch_entities(self, fetch: CompiledFetch, group: ContextGroup | None) -> None:
        """Fetch the entities of a fetch, those of one group only if it is given."""
        variables: JsonObject = {}
        active: list[int] = []
        sinks: list[tuple[CompiledEntities, list[list[JsonObject]]]] = []
        for number, entities, (representations, sent) in self.finder.gather(fetch, group):
            active.append(number)
            sinks.append((entities, sent))
            variables[entities.variable] = representations
        if not active:
            return
        document, names = fetch.document(tuple(active))
        self.add_client_variables(variables, names)
        if group is not None:
            variables.update(group.values)
        answer = await self.call(
            fetch,
            SubgraphCall(
                document=document,
                variables=variables,
                session=self.context.session,
                deadline=self.context.deadline,
            ),
        )
        if isinstance(answer, SubgraphError):
            self.reporter.fetch_failed(fetch, sinks, answer)
            return
        self.merge_entities(fetch, [(entities, entities.key, sent) for entities, sent in sinks], answer)

    async def fetch_root(self, fetch: CompiledFetch) -> None:
        """Fetch root fields."""
        document, names = fetch.document(())
        variables: JsonObject = {}
        self.add_client_variables(variables, names)
        answer = await self.call(
            fetch,
            SubgraphCall(
                document=document,
                variables=variables,
                session=self.context.session,
                deadline=self.context.deadline,
            ),
        )
        if isinstance(answer, SubgraphError):
            self.reporter.fetch_failed(fetch, (), answer)
        else:
            self.merge_root(fetch, answer)

    def add_client_variables(self, variables: JsonObject, names: Sequence[str]) -> None:
        """Add those of the client's variables that a document declares and the request has."""
        given = self.context.variables
        for name in names:
            if name in given:
                variables[name] = given[name]

    async def call(self, fetch: CompiledFetch, call: SubgraphCall) -> Mapping[str, Any] | SubgraphError:
        """Call the subgraph; a failure of the whole call is a value."""
        if self._event is not None and fetch.fetch.kind == "subscription":
            return self._event
        subgraph = self.context.subgraphs.get(fetch.subgraph)
        if subgraph is None:
            return SubgraphUnavailableError("The subgraph is not available.")
        try:
            if call.deadline is None:
                answer = await subgraph.execute(call)
            else:
                async with asyncio.timeout_at(call.deadline):
                    answer = await subgraph.execute(call)
        except SubgraphError as error:
            return error
        except TimeoutError:
            return SubgraphTimeoutError("The subgraph did not answer in time.")
        except OSError:
            return SubgraphUnavailableError("The subgraph is not available.")
        except Exception:
            logger.exception("subgraph call failed", extra={"subgraph": fetch.subgraph})
            return SubgraphError("The subgraph failed.")
        if type(answer) is LargeAnswer:
            self._is_large = True
        return answer if _is_response(answer) else _no_data()

    def merge_root(self, fetch: CompiledFetch, answer: Mapping[str, Any]) -> None:
        """Merge the answer of a root fetch."""
        data = answer.get("data")
        errors = answer.get("errors")
        if type(data) is dict:
            objects = self.plan.schema.object_types
            if not fetch.fetch.path:
                merge_deep(self.tree, data, objects)
            else:
                for into in fetch.collect(self.tree):
                    merge_deep(into, copy_containers(data), objects)
        if errors:
            self._report(fetch, (), data, errors)
        elif type(data) is not dict:
            self.reporter.fetch_failed(fetch, (), _no_data())

    def merge_entities(
        self,
        fetch: CompiledFetch,
        sinks: Sequence[tuple[CompiledEntities, str, list[list[JsonObject]]]],
        answer: Mapping[str, Any],
    ) -> None:
        """Merge the answer of an entity fetch: per `_entities` key, one element for each representation."""
        data = answer.get("data")
        errors = answer.get("errors")
        objects = self.plan.schema.object_types
        broken: list[tuple[CompiledEntities, Sequence[Sink]]] = []
        for entities, key, sent in sinks:
            found = data.get(key) if type(data) is dict else None
            if type(found) is not list or len(found) != len(sent):
                broken.append((entities, sent))
                continue
            composites = entities.composites
            for entity, sink in zip(found, sent, strict=True):
                if type(entity) is not dict:
                    if entity is not None:
                        broken.append((entities, (sink,)))
                    continue
                for into in sink:
                    if entities.copies:
                        entity = copy_containers(entity)
                    merge_entity(into, entity, composites, objects)
        if errors:
            self._report(fetch, sinks, data, errors)
        if broken and not (errors and type(data) is not dict):
            self.reporter.fetch_failed(fetch, broken, _no_data())

    def _report(
        self,
        fetch: CompiledFetch,
        sinks: Sequence[tuple[CompiledEntities, str, list[list[JsonObject]]]],
        data: Any,
        errors: Any,
    ) -> None:
        if type(errors) is not list:
            errors = [errors]
        if type(data) is not dict and not any(type(each) is dict and each.get("path") for each in errors):
            # Nothing came and no error says what it is about: all fields of the fetch have failed.
            first = failure_of(errors[0], fetch.subgraph)
            self.reporter.fetch_failed(fetch, [(entities, sent) for entities, _, sent in sinks], first)
            errors = errors[1:]
        self.reporter.from_answer(fetch, sinks, errors)

    def project(self) -> JsonObject | None:
        """Return `data`; errors found on the way are reported."""
        plan, context = self.plan, self.context
        data: JsonObject | None
        try:
            state = self.state(plan.projection)
            data = plan.projection.project(self.tree, state)
            if plan.projection.multiplies and state.repeats and size_of(data, {}) > context.max_response_bytes:
                raise ResponseTooLargeError
        except Anomaly:
            data, errors = project_exactly(
                plan.shape,
                self.tree,
                self.state(plan.projection),
                context.variables,
                self.reporter.known,
                context.max_errors,
            )
            for error in errors:
                self.reporter.add(error)
        self.reporter.settle(data)
        return data

    def state(self, projection: CompiledProjection) -> ProjectionState:
        """Return a fresh state for one pass of a projection."""
        context = self.context
        return projection.state(context.variables, _sealing(context), context.introspection)

    def extensions(self) -> dict[str, Any]:
        """Return the response's extensions."""
        extensions: dict[str, Any] = {}
        if self.reporter.missing:
            extensions["missing"] = self.reporter.missing
        if self.reporter.suppressed:
            extensions["suppressedErrors"] = self.reporter.suppressed
        return extensions


def _sealing(context: RequestContext) -> Callable[[Any], Any]:
    sealer, session = context.sealer, context.session

    def seal(value: Any) -> Any:
        if value is None or sealer is None:
            return value
        return sealer.seal(value if type(value) is str else str(value), session)

    return seal


def _is_response(answer: object) -> bool:
    return isinstance(answer, Mapping)


def _no_data() -> SubgraphError:
    return SubgraphError("The subgraph's answer does not fit what it was asked for.", code=INVALID_DATA)
