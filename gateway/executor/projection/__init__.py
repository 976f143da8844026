"""From the merged tree to the client's `data`.

`compiled.py` generates one Python function per selection set of a plan. It assumes that subgraphs keep their word and
raises `Anomaly` as soon as one did not (or a non-null field is null); then `exact.py` does the same tree again,
field by field as the specification words it, and knows the path of every error.
`shape.py` is what both are made from; `leaves.py` the result coercion of scalars and enums.
"""

from gateway.executor.projection.compiled import Project, ProjectionState, compile_projection
from gateway.executor.projection.exact import project_exactly, project_object_exactly
from gateway.executor.projection.leaves import Anomaly
from gateway.executor.projection.shape import ShapedField, graft, shape_projection

__all__ = [
    "Anomaly",
    "Project",
    "ProjectionState",
    "ShapedField",
    "compile_projection",
    "graft",
    "project_exactly",
    "project_object_exactly",
    "shape_projection",
]
