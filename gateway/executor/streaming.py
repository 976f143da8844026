"""Subscriptions: one source stream, one execution of the rest of the plan for each of its events.

Every event is a run of its own: it has its own deadline, asks the gate itself, and holds no permit when it is done.
Between events nothing is held.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.errors import SubgraphError, SubgraphUnavailableError
from gateway.executor.compiled import CompiledPlan
from gateway.executor.context import ExecutionResult, RequestContext
from gateway.executor.gated import GatedRun
from gateway.executor.run import Run
from gateway.subgraph import Answer, SubgraphCall

logger = logging.getLogger(__name__)

Subscribe = Callable[[SubgraphCall], AsyncGenerator[Answer, None]]


async def subscribe(
    plan: CompiledPlan, context: RequestContext, seconds_per_event: float | None = None
) -> AsyncGenerator[ExecutionResult, None]:
    """Execute a subscription; yields an answer for each event. `seconds_per_event` bounds the work on each.

    Each answer must be acknowledged before the next one is asked for. Closing the generator ends the source's
    stream. When the source breaks, the last answer says so.
    """
    first = plan.fetches[0]
    document, names = first.document(())
    if plan.is_gated:
        refusal = await _refusal(plan, context)
        if refusal is not None:
            yield refusal
            return
    variables = {name: context.variables[name] for name in names if name in context.variables}
    call = SubgraphCall(document=document, variables=variables, session=context.session)
    source = _open(context, first.subgraph, call)
    try:
        async for event in source:
            yield await _run(plan, context, event, seconds_per_event)
            if isinstance(event, SubgraphError):
                return
    finally:
        await source.aclose()


async def _run(
    plan: CompiledPlan, context: RequestContext, event: Answer | SubgraphError, seconds_per_event: float | None
) -> ExecutionResult:
    deadline = None if seconds_per_event is None else asyncio.get_running_loop().time() + seconds_per_event
    own = replace(context, deadline=deadline)
    run = GatedRun(plan, own, event) if plan.is_gated else Run(plan, own, event)
    return await run.execute()


async def _refusal(plan: CompiledPlan, context: RequestContext) -> ExecutionResult | None:
    """Return the answer to a subscription of which nothing is allowed; its source is then not subscribed to."""
    empty: Mapping[str, Any] = {"data": {}}
    probe = GatedRun(plan, context, empty)
    allowed = await probe.may_subscribe()
    if allowed:
        return None
    return ExecutionResult(probe.project(), probe.reporter.errors, probe.extensions())


async def _open(context: RequestContext, name: str, call: SubgraphCall) -> AsyncGenerator[Answer | SubgraphError, None]:
    """Yield the source's events; its failure is the last one."""
    subgraph = context.subgraphs.get(name)
    opened: Subscribe | None = getattr(subgraph, "subscribe", None)
    if opened is None:
        yield SubgraphUnavailableError("The subgraph cannot be subscribed to.", code="SUBSCRIPTION_NOT_SUPPORTED")
        return
    stream = opened(call)
    try:
        async for event in stream:
            yield event
    except SubgraphError as error:
        yield error
    except OSError:
        yield SubgraphUnavailableError("The subgraph is not available.")
    except Exception:
        logger.exception("subscription failed", extra={"subgraph": name})
        yield SubgraphError("The subgraph failed.")
    finally:
        await stream.aclose()
