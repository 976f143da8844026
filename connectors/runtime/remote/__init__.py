"""A platform that answers GraphQL Federation itself: its subgraph in the place of endpoints and mappings.

    fields wanted of one account ─► document ─► transport ─► answer ─► shape ─► completion, folds

What goes out is `_entities` on the account type, for one account, with its credential and a pseudonym for its id.
What comes back is held against the schema before anything else reads it.

Reading order:
    document   what is asked for, as a GraphQL document
    answer     a GraphQL response → values and the errors of their fields
    shape      values held against the schema; what differs is drift
    endpoint   the platform's subgraph: wanted fields → request → checked values
    reading    one account in one call
    sdl        what the subgraph's own SDL lacks
"""

from connectors.runtime.remote.endpoint import ACCEPTED_STATUSES, RemoteEndpoint
from connectors.runtime.remote.reading import RemoteReading
from connectors.runtime.remote.sdl import missing_fields

__all__ = ["ACCEPTED_STATUSES", "RemoteEndpoint", "RemoteReading", "missing_fields"]
