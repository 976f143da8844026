"""Operation → query plan: which subgraph is asked for what, in which order, and how the answer is put together.

In reading order:

    nodes        what a plan is made of: the seam with the executor
    supergraph   the index of who resolves what; `loading` reads it from supergraph SDL, `fieldset` its field sets
    operation    the normalized operation; `normalize` makes it, `authorize` filters it by static scopes
    options      what a caller may decide; `view` is the supergraph under such options
    effort       what planning may cost, in fuel and in time
    families     which types are alike and planned as one
    draft        the plan while it is being made; `cells`, `drafting` and `inputs` write it
    ways         estimates: what it costs to get somewhere
    walk         one attempt: places every field, notes the open choices
    search       compares attempts
    schedule     which groups become one request
    emit, projection   draft → plan
    planning     `plan`, which runs all that; parts under `@defer`
    show         plans as text and JSON

Pure: the same supergraph, operation and options give the same plan, as long as no time limit ends the search.
"""

from gateway.planner.authorize import authorize
from gateway.planner.errors import PlanError
from gateway.planner.loading import load_supergraph, parse_supergraph
from gateway.planner.nodes import QueryPlan
from gateway.planner.normalize import normalize
from gateway.planner.operation import Operation, Removed, operation_key
from gateway.planner.options import PlannerOptions
from gateway.planner.planning import plan
from gateway.planner.show import plan_to_json, show_plan
from gateway.planner.supergraph import Supergraph

__all__ = [
    "Operation",
    "PlanError",
    "PlannerOptions",
    "QueryPlan",
    "Removed",
    "Supergraph",
    "authorize",
    "load_supergraph",
    "normalize",
    "operation_key",
    "parse_supergraph",
    "plan",
    "plan_to_json",
    "show_plan",
]
