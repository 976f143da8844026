"""The subgraph of one connector: answers `_entities` documents for its account type."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    VariableNode,
    parse,
)
from graphql.execution import ExecutionResult, execute

from connectors.runtime.compiled import ConnectorRuntime
from connectors.runtime.field_tree import Tree, wanted
from connectors.runtime.health import Drift, Health, health_of
from connectors.runtime.linked import Credentials, Takeouts
from connectors.runtime.pseudonym import AccountNames
from connectors.runtime.reading import AccountReading
from connectors.runtime.remote import ACCEPTED_STATUSES, RemoteEndpoint, RemoteReading, missing_fields
from connectors.runtime.uses import UseLog
from connectors.schema import Connector
from connectors.transport import AccountCredential, Permit, Upstream, UpstreamError
from connectors.transport.breaker import BreakerState
from connectors.transport.upstream import UpstreamCounters

Json = Any

_MOST_DOCUMENTS = 1_000


class Call(Protocol):
    """The gateway's `SubgraphCall`, as far as connectors read it."""

    @property
    def document(self) -> str:
        """The GraphQL document."""
        ...

    @property
    def variables(self) -> Mapping[str, Any]:
        """Its variables."""
        ...

    @property
    def session(self) -> Any:
        """Who asks."""
        ...

    @property
    def permits(self) -> Mapping[str, Sequence[Permit | None]]:
        """Per variable of representations, the permit of each."""
        ...

    @property
    def deadline(self) -> float | None:
        """When to give up, on the event loop's clock."""
        ...


Reading = AccountReading | RemoteReading


@dataclass(slots=True)
class _CallContext:
    """What resolvers share in one call."""

    call: Call
    fragments: Mapping[str, FragmentDefinitionNode]
    readings: dict[tuple[str, int], Reading] = field(default_factory=dict)


class ConnectorSubgraph:
    """A platform as a subgraph. Satisfies the gateway's `Subgraph`."""

    def __init__(
        self,
        connector: Connector,
        *,
        upstream: Upstream,
        credentials: Credentials,
        pseudonym_key: bytes,
        takeouts: Takeouts | None = None,
        origin: str | None = None,
        config: Mapping[str, Json] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Compile `connector`; `origin` is where the sandbox serves this platform (`http://127.0.0.1:8701/uber`)."""
        self._connector = connector
        self.upstream = upstream
        self._runtime = ConnectorRuntime(
            connector,
            upstream=upstream,
            credentials=credentials,
            takeouts=takeouts,
            pseudonym_key=pseudonym_key,
            origin=origin,
            config=config or {},
            clock=clock,
        )
        self._remote = (
            RemoteEndpoint(
                connector.definition.remote,
                self._runtime.account_type,
                AccountNames(pseudonym_key, platform=connector.name),
                origin=origin,
            )
            if connector.definition.remote is not None
            else None
        )
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()
        self._uses = UseLog(connector.schema)

    @property
    def name(self) -> str:
        """The platform's name."""
        return self._connector.name

    @property
    def sdl(self) -> str:
        """The SDL as the composer reads it."""
        return self._connector.sdl

    @property
    def connector(self) -> Connector:
        """What this subgraph runs."""
        return self._connector

    def health(self) -> Health:
        """Return how the platform and the mapping have fared since this process began."""
        return health_of(self.upstream, self._runtime.drift)

    @property
    def counters(self) -> UpstreamCounters:
        """What has been asked of the platform since this process began."""
        return self.upstream.counters

    @property
    def breaker_state(self) -> BreakerState:
        """How the circuit breaker stands."""
        return self.upstream.breaker_state

    def drift_lines(self) -> Sequence[Drift]:
        """Return where answers have drifted since this process began."""
        return self._runtime.drift.lines()

    def take_uses(self) -> Mapping[str, int]:
        """Return how often operations asked for each coordinate since this was last called."""
        return self._uses.take()

    async def missing_at_platform(self, *, permit: Permit, credential: AccountCredential) -> list[str]:
        """Return what a remote subgraph's own SDL lacks of what it would be asked for. Raises `UpstreamError`."""
        assert self._remote is not None
        response = await self.upstream.send(
            self._remote.sdl_request(), permit=permit, credential=credential, accepts=ACCEPTED_STATUSES
        )
        return missing_fields(self._remote.read_sdl(response), self._runtime.definition, self._runtime.account_type)

    async def execute(self, call: Call) -> Mapping[str, Any]:
        """Answer `call`: `data` with nulls where fields failed, `errors` with code and platform.

        Raises `GraphQLSyntaxError` for a document that does not parse.
        """
        document = self._parse(call.document)
        self._uses.note(call.document, document)
        context = _CallContext(
            call=call,
            fragments={
                node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
            },
        )
        try:
            result = execute(
                self._connector.schema,
                document,
                context_value=context,
                variable_values=dict(call.variables),
                field_resolver=self._resolve,
                type_resolver=lambda *_: self._runtime.definition.account_type,
            )
            if inspect.isawaitable(result):
                result = await result
        finally:
            for reading in context.readings.values():
                reading.close()
        assert isinstance(result, ExecutionResult)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [self._error(error) for error in result.errors]
        return answer

    def _parse(self, text: str) -> DocumentNode:
        document = self._documents.get(text)
        if document is None:
            document = self._documents[text] = parse(text, no_location=True)
            if len(self._documents) > _MOST_DOCUMENTS:
                self._documents.popitem(last=False)
        return document

    def _resolve(self, source: Any, info: GraphQLResolveInfo[_CallContext], **arguments: Any) -> Any:
        if isinstance(source, Reading):
            if info.field_name == "id":
                return source.account_id
            return source.field(info.field_name, arguments, _tree(info))
        if isinstance(source, dict):
            return source.get(info.field_name)
        return self._entities(info, arguments["representations"])

    def _entities(self, info: GraphQLResolveInfo[_CallContext], representations: Sequence[Any]) -> list[Reading | None]:
        context = info.context
        permits = context.call.permits.get(_variable(info.field_nodes[0]) or "", ())
        fields = _tree(info) or {}
        found: list[Reading | None] = []
        for index, representation in enumerate(representations):
            account_id = self._account_id(representation)
            if account_id is None:
                found.append(None)
                continue
            permit = permits[index] if index < len(permits) else None
            key = (account_id, id(permit))
            if key not in context.readings:
                context.readings[key] = self._reading(context.call, account_id, permit)
            reading = context.readings[key]
            if isinstance(reading, AccountReading):
                reading.expect(fields)
            found.append(reading)
        return found

    def _reading(self, call: Call, account_id: str, permit: Permit | None) -> Reading:
        if self._remote is None:
            return AccountReading(
                self._runtime, account_id, permit=permit, session=call.session, deadline=call.deadline
            )
        return RemoteReading(
            self._runtime, self._remote, account_id, permit=permit, session=call.session, deadline=call.deadline
        )

    def _account_id(self, representation: Any) -> str | None:
        if not isinstance(representation, dict):
            return None
        account_id = representation.get("id")
        is_ours = representation.get("__typename") == self._runtime.definition.account_type
        return account_id if is_ours and isinstance(account_id, str) else None

    def _error(self, error: GraphQLError) -> dict[str, Any]:
        cause = error.original_error
        extensions = dict(error.extensions or {})
        message = error.message
        if isinstance(cause, UpstreamError):
            extensions["code"] = cause.code
            message = cause.message
            if cause.retry_after is not None:
                extensions["retryAfter"] = round(cause.retry_after, 1)
        elif isinstance(cause, GraphQLError) and cause.extensions:
            extensions |= cause.extensions
        elif isinstance(cause, GraphQLError):  # its message shows the value
            message = "The platform's answer has something else where this field is mapped."
        elif isinstance(cause, TypeError) and error.message.startswith("Cannot return null for non-nullable"):
            message = "The platform's answer has no value where one is mapped."
        elif cause is not None:
            message = "The connector failed on this field."
            extensions["code"] = "SUBGRAPH_ERROR"
        if not isinstance(cause, UpstreamError) and "code" not in extensions:
            extensions["code"] = "UPSTREAM_MALFORMED"
            steps = (error.path or ())[2:]
            self._runtime.note_mistyped(".".join(step for step in steps if isinstance(step, str)))
        extensions["platform"] = self.name
        return {"message": message, "path": error.path, "extensions": extensions}


def _tree(info: GraphQLResolveInfo[_CallContext]) -> Tree | None:
    context = info.context
    sets = [node.selection_set for node in info.field_nodes]
    if all(each is None for each in sets):
        return None
    return wanted(sets, context.fragments, context.call.variables)


def _variable(node: FieldNode) -> str | None:
    for argument in node.arguments or ():
        if argument.name.value == "representations" and isinstance(argument.value, VariableNode):
            return argument.value.name.value
    return None
