"""Satisfiability: every query that the API allows can be answered by the subgraphs.

The supergraph is walked type by type in lockstep with the subgraphs. A *position* is a type in a
subgraph, with what an enclosing `@provides` adds there; the state of the walk is the set of
positions that can have produced the current object. A field is satisfiable if some position, or
one reachable from it by keys, resolves it.

Reading order: `graph` (what each position resolves directly), `moves` (keys and requirements, a
least fixpoint), `walk` (the lockstep walk), `relevance` (which conditions matter
where), `runtime` (shared fields of abstract types), `explain`
(the example query and the reasons).
"""

from .walk import check_satisfiability, too_late

__all__ = ["check_satisfiability", "too_late"]
