"""A connector compiled for one environment: endpoints, mappings, and what every reading needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from graphql import GraphQLObjectType

from connectors.mapping import Mapper, Problem, compile_selection
from connectors.runtime.endpoint import CompiledEndpoint, FileEndpoint
from connectors.runtime.field_tree import Tree, frozen
from connectors.runtime.health import DriftLog
from connectors.runtime.linked import Credentials, Takeouts
from connectors.runtime.missing import ANYTHING, Supply, supply_of
from connectors.runtime.needs import asked_of
from connectors.runtime.provenance import Origin
from connectors.runtime.pushdown import documents_of, expansions_of
from connectors.schema import Connector
from connectors.schema.definition import Connect
from connectors.schema.variables import parse_mapping
from connectors.transport import Upstream

Json = Any
Clock = Callable[[], datetime]

_MOST_MAPPERS = 2_000


class ConnectorRuntime:
    """A connector compiled for one environment; shared by all calls."""

    def __init__(
        self,
        connector: Connector,
        *,
        upstream: Upstream,
        credentials: Credentials,
        takeouts: Takeouts | None,
        pseudonym_key: bytes,
        origin: str | None,
        config: Mapping[str, Json],
        clock: Clock,
    ) -> None:
        definition = connector.definition
        self.connector = connector
        self.definition = definition
        self.upstream = upstream
        self.credentials = credentials
        self.takeouts = takeouts
        self.pseudonym_key = pseudonym_key
        self.config = config
        self.clock = clock
        self.drift = DriftLog()
        self.origin = Origin(platform=definition.platform, simulated=origin is not None)
        self.endpoints: dict[str, CompiledEndpoint | FileEndpoint] = {
            connect.id: FileEndpoint(connect.endpoint.file)
            if connect.endpoint.file is not None
            else CompiledEndpoint(connect.endpoint, definition.sources[connect.endpoint.source], origin=origin)
            for connect in definition.connects
        }
        self._selections = {connect.id: parse_mapping(connect.selection) for connect in definition.connects}
        self._supplies = {name: supply_of(each.shape()) for name, each in self._selections.items()}
        self._documents = {
            connect.id: documents_of(connect, definition.sources[connect.endpoint.source], self._selections[connect.id])
            for connect in definition.connects
            if connect.endpoint.file is None
        }
        self._expansions = {
            connect.id: expansions_of(
                connect, definition.sources[connect.endpoint.source], self._selections[connect.id]
            )
            for connect in definition.connects
            if connect.endpoint.file is None
        }
        self._mappers: dict[tuple[str, Json], Mapper] = {}
        account = connector.schema.get_type(definition.account_type)
        assert isinstance(account, GraphQLObjectType)
        self.account_type = account

    def document(self, connect: Connect, fields: Tree) -> str | None:
        """Return what a GraphQL upstream is asked for where a call asks for `fields`; None for other upstreams."""
        documents = self._documents.get(connect.id)
        return None if documents is None else documents.needed(asked_of(connect, fields, self.definition))

    def parameters(self, connect: Connect, fields: Tree) -> Mapping[str, str]:
        """Return the query parameters that bring what a call for `fields` needs (`@expand`)."""
        expansions = self._expansions.get(connect.id)
        return {} if expansions is None else expansions.needed(asked_of(connect, fields, self.definition))

    def supply(self, connect: Connect, name: str) -> Supply:
        """Return what a connect's mapping can give under an account field."""
        return self._supplies[connect.id].below(name) or ANYTHING

    def note_mistyped(self, path: str) -> None:
        """Count a value that is not of the type that is mapped, told by where it stands."""
        message = "not a value of the type that the schema promises"
        problem = Problem(code="TYPE_MISMATCH", message=message, line=0, column=0, path=path, count=1)
        self.drift.note("answer", [problem], self.clock())

    def mapper(self, connect: Connect, tree: Tree) -> Mapper:
        """Return the connect's mapping pruned to `tree`; compiled once per shape of selection."""
        key = (connect.id, frozen(tree))
        mapper = self._mappers.get(key)
        if mapper is None:
            if len(self._mappers) > _MOST_MAPPERS:
                self._mappers.clear()
            mapper = self._mappers[key] = compile_selection(self._selections[connect.id], only=tree)
        return mapper
