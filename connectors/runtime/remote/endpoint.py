"""A platform's own subgraph as an endpoint: from wanted fields to a request, from its answer to checked values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLObjectType

from connectors.mapping import Problem, dump_json
from connectors.runtime.bodies import read_body
from connectors.runtime.endpoint import Fetched
from connectors.runtime.missing import ANYTHING, Supply
from connectors.runtime.pseudonym import AccountNames
from connectors.runtime.remote.answer import account_values
from connectors.runtime.remote.document import Wanted, document_of, supply_of_type
from connectors.runtime.remote.shape import Examination
from connectors.schema.definition import BodyFormat, Remote
from connectors.transport import UpstreamMalformedError, UpstreamRequest, UpstreamResponse

Json = Any

ACCEPTED_STATUSES = frozenset({400, 422})
"""Failing statuses that come with a GraphQL response in their body."""

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/json;q=0.9",
}


class RemoteEndpoint:
    """The subgraph at `remote.url`; `origin` replaces its scheme and host (sandbox)."""

    def __init__(self, remote: Remote, account: GraphQLObjectType, names: AccountNames, *, origin: str | None) -> None:
        path = urlsplit(remote.url).path
        self.place = f"POST {path or '/'}"
        self._url = remote.url if origin is None else origin.rstrip("/") + path
        self._account = account
        self._omits = remote.omits
        self._supplies = {name: supply_of_type(account.fields[name].type, remote.omits) for name in remote.fields}
        self._names = names

    def supply(self, name: str) -> Supply:
        """Return what the subgraph can give under an account field."""
        return self._supplies.get(name, ANYTHING)

    def request(self, account_id: str, wanted: Mapping[str, Wanted]) -> UpstreamRequest:
        """Return the request for fields of one account, by alias."""
        document, variables = document_of(self._account, wanted, self._omits)
        variables["representations"] = [{"__typename": self._account.name, "id": self._names.seal(account_id)}]
        return self._post(document, variables)

    def sdl_request(self) -> UpstreamRequest:
        """Return the request for the subgraph's own SDL, which federation subgraphs answer."""
        return self._post("query GigwaySubgraph { _service { sdl } }", {})

    def read(self, response: UpstreamResponse, *, at: datetime) -> Fetched:
        """Return the answer's JSON. Raises `UpstreamMalformedError`."""
        body = read_body(response.body, BodyFormat())
        return Fetched(body=body, sha256=hashlib.sha256(response.body).hexdigest(), at=at)

    def read_sdl(self, response: UpstreamResponse) -> str:
        """Return the SDL in an answer to `sdl_request`. Raises `UpstreamMalformedError`."""
        body = read_body(response.body, BodyFormat())
        data = body.get("data") if isinstance(body, dict) else None
        service = data.get("_service") if isinstance(data, dict) else None
        sdl = service.get("sdl") if isinstance(service, dict) else None
        if not isinstance(sdl, str):
            raise UpstreamMalformedError("The platform does not answer { _service { sdl } } with its SDL.")
        return sdl

    def values(
        self, fetched: Fetched, account_id: str, wanted: Mapping[str, Wanted]
    ) -> tuple[dict[str, Json], Sequence[Problem]]:
        """Return values by alias, errors in their places, and where they differ from the schema.

        Raises `UpstreamError` when there is no such account in the answer.
        """
        given = account_values(fetched.body, account_type=self._account.name, account_id=self._names.seal(account_id))
        examination = Examination(self._omits)
        values = {
            alias: examination.examine(self._account.fields[each.name].type, given.get(alias), each.tree, each.name)
            for alias, each in wanted.items()
        }
        return values, examination.problems()

    def _post(self, document: str, variables: Mapping[str, Json]) -> UpstreamRequest:
        body = dump_json({"query": document, "variables": dict(variables)}).encode()
        return UpstreamRequest(method="POST", url=self._url, headers=_HEADERS, body=body)
