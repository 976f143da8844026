"""The GraphQL types of the graph subgraph; `graph/subgraph.py` puts them together.

* `scalars`, `connection`: scalars and services, Relay connections;
* `catalogue_types`, `market_types`, `demand_types`, `counting_types`, `catalogue_queries`: what is about nobody;
* `worker_evidence`, `worker_types`, `pathway_types`, `match_types`, `candidate_types`: what is about a worker.
"""
