"""From a connector's SDL file to something that can be composed and run.

    text ─► document    parse, inject the canonical types, complete the account type
         ─► definition  read our directives into values (`reader` each one, `directives` all of a file)
         ─► rules       everything that can be wrong, as located coded problems
         ─► subgraph_sdl  the federation subgraph that the gateway composes
         ─► loader      `check(sdl)` and `load(sdl)`: the way in

`vocabulary` holds the spec files and what the canonical types are called; `problem` what a problem looks like;
`link_rules` and `fold_rules` look at `@link` and `@fold`, `mapping_rules` type-checks mappings against the SDL; `feeds`
reads what is published to everybody; `provider` is for files that have feeds and no accounts.
"""

from connectors.schema.loader import AnyConnector, Connector, ConnectorError, check, load, load_any
from connectors.schema.problem import SdlProblem
from connectors.schema.provider import ProviderConnector

__all__ = [
    "AnyConnector",
    "Connector",
    "ConnectorError",
    "ProviderConnector",
    "SdlProblem",
    "check",
    "load",
    "load_any",
]
