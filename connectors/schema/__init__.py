"""From a connector's SDL file to something that can be composed and run.

    text ─► document    parse, inject the canonical types, complete the account type
         ─► definition  read our directives into values
         ─► rules       everything that can be wrong, as located coded problems
         ─► subgraph_sdl  the federation subgraph that the gateway composes
         ─► loader      `check(sdl)` and `load(sdl)`: the way in

`vocabulary` holds the spec files and what the canonical types are called; `problem` what a problem looks like;
`mapping_rules` type-checks mappings against the SDL.
"""

from connectors.schema.loader import Connector, ConnectorError, check, load
from connectors.schema.problem import SdlProblem

__all__ = ["Connector", "ConnectorError", "SdlProblem", "check", "load"]
