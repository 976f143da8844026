"""Executes query plans: from a plan and a request to `data`, `errors` and open permits.

In reading order:

1. `hooks.py`: what an application can plug in: a gate before every fetch, a sealer of ids.
2. `context.py`: what a request brings (`RequestContext`) and gets (`ExecutionResult`).
3. `schema.py`: what execution needs to know of the schemas.
4. `compiled.py`: a plan made ready to run, from `document.py` (what subgraphs are asked), `gather.py` (how
   representations are built) and `projection/` (how the answer is shaped).
5. `run.py`: runs the fetches as a DAG; `finder.py` finds their entities in the tree; `merge.py` puts answers into it;
   `contexts.py` finds what `@fromContext` asks for further up.
6. `gated.py`: the same under a gate. `candidates.py` is what it asks about, `disclosure.py` applies a decision,
   `permits.py` asks for it and closes what it opened, `provenance.py` knows which permit brought what, `release.py`
   looks again before the answer leaves.
7. `streaming.py`: subscriptions, one run for each event; `deferral.py`: `@defer`, one run in several deliveries.
8. `failures.py` and `paths.py`: errors on the paths that the client reads.
"""

from gateway.executor.compiled import CompiledPlan, compile_plan
from gateway.executor.context import ALLOW_ALL, ExecutionResult, RequestContext
from gateway.executor.deferral import execute_in_parts
from gateway.executor.execution import execute
from gateway.executor.schema import ExecutionSchema
from gateway.executor.streaming import subscribe

__all__ = [
    "ALLOW_ALL",
    "CompiledPlan",
    "ExecutionResult",
    "ExecutionSchema",
    "RequestContext",
    "compile_plan",
    "execute",
    "execute_in_parts",
    "subscribe",
]
