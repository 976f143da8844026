"""The engine: subgraphs in, a graph that answers queries out.

    query → prepare (parse, bound, validate, lift; cached) → coerce variables, pay (`budget.py`)
          → authorize and plan (cached) → execute → EngineResponse

Everything that depends on a version of the supergraph lives in `SupergraphVersion`; the engine itself only holds the
current one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from gateway.composition import CompositionError, CompositionFailed, Rule, SubgraphSDL, compose
from gateway.engine.aside import Aside
from gateway.engine.budget import Budget, FixedLimit, charged, refusal_of
from gateway.engine.garbage import uncollected
from gateway.engine.options import EngineOptions
from gateway.engine.response import EngineResponse
from gateway.engine.validation import Reading, error_of, work_of_length
from gateway.engine.version import UNAUTHORIZED, PlannedOperation, PreparedOperation, SupergraphVersion
from gateway.errors import GatewayError, GraphQLErrorDict, InvalidRequestError, ResponseTooLargeError, graphql_error
from gateway.executor import (
    CompiledPlan,
    ExecutionResult,
    RequestContext,
    execute,
    execute_in_parts,
    subscribe,
)
from gateway.executor.hooks import Gate, Sealer
from gateway.subgraph import Subgraph

logger = logging.getLogger(__name__)

WARM_OPERATIONS = 200
"""How many recently used operations are planned for a new version before it is swapped in."""


class CompositionFailedError(GatewayError):
    """The subgraphs do not form a supergraph; `errors` says why, completely."""

    code = "COMPOSITION_FAILED"

    def __init__(self, errors: Sequence[CompositionError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


class Engine:
    """A federated graph that can be queried. Make one with `Engine.from_subgraphs` or `Engine.from_supergraph`."""

    def __init__(
        self,
        version: SupergraphVersion,
        *,
        gate: Gate | None,
        sealer: Sealer | None,
        budget: Budget | None,
        options: EngineOptions,
    ) -> None:
        self._version = version
        self._gate = gate
        self._sealer = sealer
        self._budget: Budget = budget or FixedLimit(options.limits.cost)
        self._options = options
        self._aside = Aside()

    @classmethod
    def from_subgraphs(
        cls,
        subgraphs: Iterable[Subgraph],
        *,
        rules: Sequence[Rule] = (),
        gate: Gate | None = None,
        sealer: Sealer | None = None,
        budget: Budget | None = None,
        options: EngineOptions | None = None,
    ) -> Engine:
        """Compose `subgraphs` and serve them. Raises `CompositionFailedError` with all errors."""
        given = tuple(subgraphs)
        supergraph_sdl = compose_supergraph(given, rules=rules)
        return cls.from_supergraph(supergraph_sdl, given, gate=gate, sealer=sealer, budget=budget, options=options)

    @classmethod
    def from_supergraph(
        cls,
        supergraph_sdl: str,
        subgraphs: Iterable[Subgraph],
        *,
        gate: Gate | None = None,
        sealer: Sealer | None = None,
        budget: Budget | None = None,
        options: EngineOptions | None = None,
    ) -> Engine:
        """Serve a supergraph that has been composed before. Raises `PlanError` when it is not one."""
        options = options or EngineOptions()
        with uncollected():
            version = SupergraphVersion(supergraph_sdl, subgraphs, _directive(sealer), options)
        return cls(version, gate=gate, sealer=sealer, budget=budget, options=options)

    @property
    def supergraph_sdl(self) -> str:
        """The supergraph in force, with join directives."""
        return self._version.supergraph_sdl

    @property
    def api_schema(self) -> GraphQLSchema:
        """What clients see of it."""
        return self._version.api_schema

    @property
    def version(self) -> SupergraphVersion:
        """The version in force: its caches, and what each stage makes of an operation."""
        return self._version

    def swap(self, subgraphs: Iterable[Subgraph], *, rules: Sequence[Rule] = ()) -> None:
        """Compose anew and serve the result from the next request on. Running requests finish on the old version.

        Raises `CompositionFailedError`; then nothing has changed. Operations in use are planned before the swap.
        """
        given = tuple(subgraphs)
        self.swap_supergraph(compose_supergraph(given, rules=rules), given)

    def swap_supergraph(self, supergraph_sdl: str, subgraphs: Iterable[Subgraph]) -> None:
        """Serve another supergraph that has been composed before."""
        with uncollected():
            version = SupergraphVersion(supergraph_sdl, subgraphs, _directive(self._sealer), self._options)
        for text, name in self._version.operations()[-WARM_OPERATIONS:]:
            try:
                version.prepare(text, name).plan(None)
            except InvalidRequestError:
                continue
        self._version = version

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        session: Any = None,
        scopes: frozenset[str] | None = None,
        *,
        only_queries: bool = False,
        report_cost: bool = False,
    ) -> EngineResponse:
        """Answer one request.

        `session` travels to the gate, the sealer, the budget and every subgraph. `scopes` are what the caller may read
        at most; None leaves all decisions to the gate. `only_queries` refuses mutations (for HTTP GET).
        `report_cost` adds what the budget says of the operation as `extensions.cost`.
        """
        version = self._version
        try:
            operation = version.known(query, operation_name)
            if operation is None:
                operation = await self._read(version, query, operation_name, session)
            if only_queries and operation.kind != "query":
                raise _refusal("Only queries can be sent this way.", "OPERATION_NOT_ALLOWED")
            if operation.kind == "subscription":
                raise _refusal("Subscriptions need a stream.", "SUBSCRIPTION_NOT_SUPPORTED")
            coerced, cost = await self._pay(operation, variables, session)
            plan, context = await self._start(version, operation, coerced, session, scopes)
        except InvalidRequestError as error:
            return EngineResponse.refusal(error.errors)
        result = await _execute(plan, context)
        if report_cost:
            result.extensions["cost"] = dict(self._budget.report(cost, session))
        return self._written(operation, result)

    async def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        session: Any = None,
        scopes: frozenset[str] | None = None,
    ) -> AsyncGenerator[EngineResponse, None]:
        """Answer an operation in as many responses as it takes: one for each event of a subscription; for a query
        with `@defer` its answer and then its deferred parts; otherwise one.

        Acknowledge each response before asking for the next. Closing the generator ends the subscription. A request
        that is refused gets one response. The stream stays on the version of the supergraph that it began with.
        """
        opened = await self.open(query, variables, operation_name, session, scopes)
        if isinstance(opened, EngineResponse):
            yield opened
            return
        try:
            async for response in opened:
                yield response
        finally:
            await opened.aclose()

    async def open(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        session: Any = None,
        scopes: frozenset[str] | None = None,
    ) -> EngineResponse | AsyncGenerator[EngineResponse, None]:
        """Like `subscribe`, but a request that is refused gets its one response at once, before any stream."""
        version = self._version
        try:
            operation = await self.prepare(query, operation_name, session)
            coerced, cost = await self._pay(operation, variables, session)
            plan, context = await self._start(version, operation, coerced, session, scopes, in_parts=True)
        except InvalidRequestError as error:
            return EngineResponse.refusal(error.errors)
        return self._responses(operation, plan, context, cost)

    async def prepare(self, query: str, operation_name: str | None = None, session: Any = None) -> PreparedOperation:
        """Return the operation of a document, which `session` pays for if it is new. Raises `InvalidRequestError`."""
        version = self._version
        return version.known(query, operation_name) or await self._read(version, query, operation_name, session)

    async def _read(
        self, version: SupergraphVersion, query: str, operation_name: str | None, session: Any
    ) -> PreparedOperation:
        """Read a new document: its length is charged before, what else it took after. Raises `InvalidRequestError`."""
        reading = Reading()
        paid = work_of_length(query)

        async def settle() -> None:
            owed = charged(reading.work) - paid
            if owed > 0:
                await self._budget.owe_work(owed, session)

        if paid and (denial := await self._budget.charge_work(paid, session)) is not None:
            raise refusal_of(denial)
        async with self._aside.turn(len(query)) as do:
            # Somebody else's may have come in the meantime.
            known = version.known(query, operation_name)
            if known is not None:
                return known
            checked = await do(lambda: version.check(query, reading), settle)
        return version.admit(query, operation_name, checked)

    async def _responses(
        self, operation: PreparedOperation, plan: CompiledPlan, context: RequestContext, cost: float
    ) -> AsyncGenerator[EngineResponse, None]:
        if operation.kind == "subscription":
            results = subscribe(plan, context, self._options.timeout)
        elif plan.parts:
            results = execute_in_parts(plan, context)
        else:
            yield self._written(operation, await _execute(plan, context))
            return
        try:
            async for result in results:
                yield self._written(operation, result)
                denial = await self._budget.charge(cost, context.session) if operation.kind == "subscription" else None
                if denial is not None:
                    yield EngineResponse.refusal(refusal_of(denial).errors)
                    break
        except Exception as error:
            yield EngineResponse.of(_failure(error))
        finally:
            await results.aclose()

    async def _start(
        self,
        version: SupergraphVersion,
        operation: PreparedOperation,
        coerced: Mapping[str, Any],
        session: Any,
        scopes: frozenset[str] | None,
        *,
        in_parts: bool = False,
    ) -> tuple[CompiledPlan, RequestContext]:
        """Authorize and plan. Raises `InvalidRequestError`."""
        coerced = self._unsealed(version, operation, coerced, session)
        deferring = operation.deferring(coerced) if in_parts else None
        watch = self._options.watch_planning
        with watch(operation.kind, operation.name) if watch is not None else nullcontext():
            planned = await self._planned(operation, session, scopes, deferring, version.labels.active(session))
        try:
            introspection = operation.introspection.answer(coerced) if operation.introspection else {}
        except GraphQLError as error:
            raise InvalidRequestError([error_of(error, "INTROSPECTION_FAILED")]) from error
        timeout = self._options.timeout
        context = RequestContext(
            subgraphs=version.subgraphs,
            variables=coerced,
            session=session,
            gate=self._gate,
            sealer=self._sealer,
            deadline=None if timeout is None else asyncio.get_running_loop().time() + timeout,
            introspection=introspection,
            max_errors=self._options.max_errors,
            max_response_bytes=self._options.max_response_bytes,
            known_errors=planned.errors,
            aside=self._aside.shape,
        )
        return planned.plan, context

    def _written(self, operation: PreparedOperation, result: ExecutionResult) -> EngineResponse:
        """Return the response, with what its errors mean added to its data."""
        annotate = self._options.annotate
        if annotate is not None:
            document, name = operation.document.document, operation.name
            cut = [*result.cut, *_taken_out(result.errors)]
            if cut and result.data is not None:
                annotate(document, name, (), result.data, cut)
            for part in result.incremental or ():
                if (cut_there := [*cut, *_taken_out(part.get("errors", ()))]) and part["data"] is not None:
                    annotate(document, name, part["path"], part["data"], cut_there)
        return EngineResponse.of(result)

    async def _planned(
        self,
        operation: PreparedOperation,
        session: Any,
        scopes: frozenset[str] | None,
        deferring: frozenset[str] | None,
        labels: frozenset[str],
    ) -> PlannedOperation:
        """Return the plan for a caller, who pays if it has to be made. Raises `InvalidRequestError`."""
        known = operation.plans.get((scopes, deferring, labels))
        if known is not None:
            return known

        async def settle() -> None:
            work, operation.unpaid = operation.unpaid, 0
            if work:
                await self._budget.owe_work(work, session)

        return await self._aside.plan(lambda: operation.plan(scopes, deferring, labels), settle)

    async def _pay(
        self, operation: PreparedOperation, given: Mapping[str, Any] | None, session: Any
    ) -> tuple[Mapping[str, Any], float]:
        """Read the variables, and take what the operation costs. Raises `InvalidRequestError`."""
        coerced = operation.variables.read(given)
        cost = operation.cost(coerced)
        denial = await self._budget.charge(cost, session)
        if denial is not None:
            raise refusal_of(denial)
        return coerced, cost

    def _unsealed(
        self, version: SupergraphVersion, operation: PreparedOperation, coerced: Mapping[str, Any], session: Any
    ) -> Mapping[str, Any]:
        lifted = operation.document.lifted
        if not lifted:
            return coerced
        sealer = self._sealer
        values = dict(coerced)
        for each in lifted:
            version.sealed.unseal(
                each, coerced, lambda value: sealer.unseal(value, session) if sealer else value, values
            )
        return values


def compose_supergraph(subgraphs: Sequence[Subgraph], *, rules: Sequence[Rule] = ()) -> str:
    """Return the supergraph SDL of `subgraphs`. Raises `CompositionFailedError` with all errors."""
    given = [
        SubgraphSDL(name=each.name, url=getattr(each, "url", "") or f"local:{each.name}", sdl=each.sdl)
        for each in subgraphs
    ]
    with uncollected():
        composed = compose(given, rules=rules)
    if isinstance(composed, CompositionFailed):
        raise CompositionFailedError(composed.errors)
    return composed.supergraph_sdl


async def _execute(plan: CompiledPlan, context: RequestContext) -> ExecutionResult:
    """Execute; what goes wrong in ourselves costs the whole answer, so that nothing unaccounted for leaves."""
    try:
        return await execute(plan, context)
    except Exception as error:
        return _failure(error)


def _taken_out(errors: Sequence[GraphQLErrorDict]) -> list[list[str | int]]:
    """Return the paths that static authorization took out of an operation."""
    return [each["path"] for each in errors if each["extensions"].get("code") == UNAUTHORIZED and each.get("path")]


def _failure(error: Exception) -> ExecutionResult:
    if isinstance(error, ResponseTooLargeError):
        return ExecutionResult(None, [error.to_dict()], {})
    logger.error("execution failed", exc_info=error)
    return ExecutionResult(None, [graphql_error("Internal error.", "INTERNAL_SERVER_ERROR")], {})


def _refusal(message: str, code: str) -> InvalidRequestError:
    return InvalidRequestError([graphql_error(message, code)])


def _directive(sealer: Sealer | None) -> str | None:
    return sealer.directive if sealer is not None else None
