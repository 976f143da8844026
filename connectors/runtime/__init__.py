"""Runs connectors: an `_entities` document in, a GraphQL response out, as few upstream calls as that takes.

    document ─► subgraph ─► reading (one account) ─► streams ─► pages ─► endpoint ─► transport
                   ▲             │ mapped records
                   └─ completion ┴─ folds, connection

Reading order:
    linked       the credential of a linked account, as the runtime sees it
    bodies       JSON, XML and CSV as JSON
    endpoint     one endpoint compiled: variables → request → checked JSON
    field_tree   what a selection asks for
    pages        paging styles and time windows
    provenance   where data came from, and how much of it
    missing      why a value is null
    completion   mapped JSON → values of the canonical types
    pseudonym    refs and cursors that mean something to one reader only
    connection   records → a Relay connection
    folds        records → experience, evidence, earnings; `paid_work` → paidWork
    compiled     a connector compiled for one environment
    health       counters, and drift of answers from the mapping
    arguments    the arguments of canonical fields
    needs        what answering a field of the account reads
    pushdown     what a platform need not be asked for: fields of GraphQL documents, optional parts of REST answers
    streams      what an account's endpoints give, each fetched once
    uses         which fields operations ask for
    reading      one account in one call: which endpoint gives which field
    remote       the same where the platform answers Federation itself
    subgraph     the `Subgraph` that the gateway calls
"""

from connectors.runtime.linked import Credentials, LinkedCredential
from connectors.runtime.subgraph import ConnectorSubgraph

__all__ = ["ConnectorSubgraph", "Credentials", "LinkedCredential"]
