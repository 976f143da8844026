"""Connectors for platforms that implement the Open Platforms contract, made from one template.

    name, display name, URL of the endpoint ─► `connector_sdl` ─► an SDL file like any other

The platform's token is no part of the file: it is the secret of Gigway's registration at the platform.
"""

from connectors.open_platforms.from_template import BadParameterError, connector_sdl

__all__ = ["BadParameterError", "connector_sdl"]
