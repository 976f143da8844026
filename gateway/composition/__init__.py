"""Composition: subgraph SDLs become one supergraph, or a list of located, coded reasons why not.

A pure pipeline, one folder or file for each stage, in reading order:

* `compose`: the pipeline itself and its results;
* `subgraph/`: SDL to expanded subgraph, Federation 1 to 2;
* `merge/`: the subgraphs' types, fields and directives become one schema with join directives;
* `supergraph`: the supergraph SDL;
* `api`: the schema that clients see;
* `schema/`: the schema model under it all;
* `errors`: errors, hints and their locations.

Complete Apollo Federation 2 (and 1, upgraded). It knows nothing of what the schemas are about:
a caller's own rules come in through `compose(…, rules=…)`.
"""

from .api import api_schema
from .compose import Composed, CompositionFailed, Rule, compose
from .errors import CompositionError, Hint, Location
from .merge.merge import Merged
from .subgraph.model import Subgraph, SubgraphSDL

__all__ = [
    "Composed",
    "CompositionError",
    "CompositionFailed",
    "Hint",
    "Location",
    "Merged",
    "Rule",
    "Subgraph",
    "SubgraphSDL",
    "api_schema",
    "compose",
]
