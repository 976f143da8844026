"""The federation engine as one object: compose subgraphs, execute operations against them.

In reading order:

* `engine.py`: `Engine`, the whole pipeline;
* `version.py`: one loaded version of the supergraph, with its caches (`cache.py`); `garbage.py`, `labels.py`;
* `documents.py`: a request's text to a valid document, within `limits.py` and, if it is long, `aside.py` from the event
  loop, where plans are made too; `cost.py` estimates what its answer costs, `budget.py` who may spend how much;
* `sealing.py`: the client's ids become variables before planning;
* `variables.py`, `introspection.py`: what the specification asks for;
* `response.py`: bytes for the socket;
* `options.py`: what can be set.
"""

from gateway.engine.budget import Budget
from gateway.engine.engine import CompositionFailedError, Engine, compose_supergraph
from gateway.engine.options import EngineOptions, Limits
from gateway.engine.response import EngineResponse

__all__ = [
    "Budget",
    "CompositionFailedError",
    "Engine",
    "EngineOptions",
    "EngineResponse",
    "Limits",
    "compose_supergraph",
]
