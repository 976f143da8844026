"""The entry point: chooses between the run that is watched by a gate and the one that needs none."""

from __future__ import annotations

from gateway.executor.compiled import CompiledPlan
from gateway.executor.context import ExecutionResult, RequestContext
from gateway.executor.gated import GatedRun
from gateway.executor.run import Run


async def execute(plan: CompiledPlan, context: RequestContext) -> ExecutionResult:
    """Execute `plan`.

    Returns an answer whatever subgraphs and gate do: failures are errors on their own fields. The caller must await
    `ExecutionResult.acknowledge` when the answer is with the socket, or has been dropped.
    """
    run = GatedRun(plan, context) if plan.is_gated else Run(plan, context)
    return await run.execute()
