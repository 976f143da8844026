"""What a simulated platform is: the one interface between the platforms and the sandbox around them.

A platform module offers `build(world) -> Platform`; `connectors.sandbox.platforms` lists them.
The sandbox mounts the routes under `/<name>` behind a gate, which keeps the log and applies the fault switches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from starlette.responses import Response
from starlette.routing import BaseRoute

from connectors.sandbox.people import SandboxAccount
from connectors.sandbox.quota import Quota, QuotaReading
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["Envelope", "Fidelity", "Platform", "PlatformBuilder"]

Fidelity = Literal["DOCUMENTED", "OBSERVED", "TAKEOUT", "HYPOTHETICAL"]


class Envelope(Protocol):
    """How a platform words the answers that its handlers do not give themselves."""

    def throttled(self, reading: QuotaReading) -> Response:
        """Answer a request over the rate limit."""
        ...

    def broken(self) -> Response:
        """Answer a request that met a server error."""
        ...

    def unknown_path(self) -> Response:
        """Answer a request for a path that the platform does not have."""
        ...

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Return the headers that tell a caller what is left; empty if the platform does not tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A simulated platform.

    `desk` holds the tokens that it issued; None if it has another way to authenticate.
    `oauth_paths` are the paths of its authorization server, as seen under the prefix.
    `quota` None means that no rate limit is known.
    `token_header` is where the API reads its tokens.
    `drifts_in` says where the drift switch acts: on response bodies, or (GraphQL) on the schema.
    `account_ids` tells, per login, the identifiers by which the platform knows the persona.
    """

    name: str
    title: str
    summary: str
    fidelity: Fidelity
    accounts: Sequence[SandboxAccount]
    routes: Sequence[BaseRoute]
    envelope: Envelope
    quota: Quota | None = None
    desk: TokenDesk | None = None
    oauth_paths: frozenset[str] = frozenset()
    token_header: str = "authorization"
    drifts_in: Literal["response", "schema"] = "response"
    account_ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


PlatformBuilder = Callable[[World], Platform]
