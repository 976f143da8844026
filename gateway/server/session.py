"""Who is asking, for what purpose: the value that travels with a request to the gate and to every subgraph.

`consent`, `connectors` and `graph` read it through protocols of their own; only the server makes one,
from a verified access token (an actor, a platform, an operator), a worker's browser session (purpose `self`),
or nothing.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from consent.values import hot_value

Kind = Literal["actor", "worker", "platform", "operator", "anonymous"]


@hot_value
class RequestSession:
    """The asker of one request.

    `actor_id` and `client_id` are set for `actor`, `worker_id` for `worker` (who reads their own data).
    `purpose` is the one purpose of the request; None means that nothing personal is allowed.
    `grant_id` binds a code-flow token to its own grant's worker.
    `scopes` are the effective static scopes (`gig:<category>`), see DESIGN §3.1.
    `platform` names the platform that a `platform` speaks for; `role` is what it, or an `operator`, may do.
    `max_cost` and `cost_per_minute` are limits of this actor's own (`budgets.py`).
    `counting` is set by ourselves alone, where what is read goes into numbers about many (category `statistics`).
    `token_ref` is a prefix of the token's hash: enough to find it in the log, useless as a credential.
    """

    request_id: str
    kind: Kind = "anonymous"
    actor_id: str | None = None
    client_id: str | None = None
    worker_id: str | None = None
    purpose: str | None = None
    grant_id: str | None = None
    scopes: frozenset[str] = field(default=frozenset())
    token_ref: str | None = None
    counting: bool = False
    platform: str | None = None
    role: str | None = None
    max_cost: int | None = None
    cost_per_minute: int | None = None
