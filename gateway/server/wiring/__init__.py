"""The parts that the composition root puts together, one file each; `gateway/server/app.py` alone calls them.

A builder takes the settings and the parts that it stands on, and returns its own part as one typed value.
A part that has them offers `routes`, `work` (what runs beside the requests, until it is cancelled) and `close`.

    storage ─► consent ─► platforms ─► graph ─► endpoint
       └─────► signin ─► oauth ─► pages           └► pages

* `storage`: the database, the keys, what is sealed with them;
* `consent`: grants, leases, the access log, the gate;
* `platforms`: the live connectors, their accounts, how they are reached;
* `graph`: the subgraphs and the engine over them; `finding`: workers who let actors find them;
* `signin`: how workers sign in; `oauth`: the authorization server;
* `pages`: what workers see; `notices`: what actors are told;
* `endpoint`: `/graphql` and what stands beside it;
* `lifespan`: the start and the end of everything that runs.
"""
