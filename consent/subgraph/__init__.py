"""The consent subgraph: who is asking, workers, grants, requests, the access log.

`schema` puts together `types`, `requests`, `revoke`, `log` (with proofs) and `stream` (one's own log as it grows).
"""
