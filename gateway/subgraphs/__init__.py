"""Clients for subgraphs: behind HTTP (`http.py`) and in process (`strawberry.py`); `sharing.py` wraps either.

Both satisfy `gateway.subgraph.Subgraph`. The connector runtime brings one of its own.
"""

from gateway.subgraphs.http import HttpSubgraph, HttpTransport, propagate_headers
from gateway.subgraphs.sharing import SharingSubgraph
from gateway.subgraphs.strawberry import StrawberrySubgraph

__all__ = ["HttpSubgraph", "HttpTransport", "SharingSubgraph", "StrawberrySubgraph", "propagate_headers"]
