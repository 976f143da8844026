"""The gateway: composes subgraphs, plans queries over them, gates every fetch on consent, and serves HTTP.

The engine, a general Apollo Federation v2 implementation, in the order in which a query meets it:
`composition` (subgraph SDLs to a supergraph), `planner` (operation to plan), `executor` (plan to answer, through the
hooks `Gate` and `Sealer`), `engine` (the three behind one façade), `subgraph` and `subgraphs` (what answers a fetch).

Around it: `registry` (which subgraphs there are), `server` (HTTP, and `create_app`, the one place that wires objects),
`storage` (database, migrations, keys), `config` (settings), `cli`, `demo`.
"""
