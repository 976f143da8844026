"""One version of the supergraph, loaded, with everything that is cached for it.

A request keeps the version that it began with, so versions can be swapped under load.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from gateway.composition import api_schema
from gateway.engine.cache import LruCache
from gateway.engine.cost import CostModel
from gateway.engine.documents import ParsedDocument, check_document, client_variables, lift_document
from gateway.engine.garbage import uncollected
from gateway.engine.introspection import Introspection
from gateway.engine.labels import OverrideLabels
from gateway.engine.options import EngineOptions
from gateway.engine.sealing import SealedArguments
from gateway.engine.validation import Reading, work_of_time
from gateway.engine.variables import VariableReader
from gateway.errors import GraphQLErrorDict, InvalidRequestError, graphql_error
from gateway.executor import CompiledPlan, ExecutionSchema, compile_plan
from gateway.planner import (
    Operation,
    PlanError,
    Removed,
    Supergraph,
    authorize,
    load_supergraph,
    normalize,
    operation_key,
    parse_supergraph,
    plan,
)
from gateway.subgraph import Subgraph

UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOperation:
    """An operation as one set of scopes may execute it. `errors` are the fields that were taken out."""

    plan: CompiledPlan
    errors: tuple[GraphQLErrorDict, ...]


class PreparedOperation:
    """One operation of one document: valid, bounded, normalized; its plans are made when first needed."""

    __slots__ = (
        "_defers",
        "_operation",
        "_version",
        "cost",
        "document",
        "introspection",
        "kind",
        "name",
        "plans",
        "scopes",
        "unpaid",
        "variables",
    )

    def __init__(
        self, version: SupergraphVersion, document: ParsedDocument, definition: OperationDefinitionNode
    ) -> None:
        self._version = version
        self.document = document
        self.kind = definition.operation.value
        name = definition.name.value if definition.name else None
        self.name = name
        self._defers = _defer_variables(document.document)
        self._operation = self._normalized(None)
        self.variables = VariableReader(client_variables(definition, document.lifted), version.api_schema)
        self.cost = version.costs.estimator(document.document, definition)
        self.introspection = (
            Introspection(document.document, definition, version.api_schema) if self._operation.introspection else None
        )
        self.plans: dict[tuple[frozenset[str] | None, frozenset[str] | None, frozenset[str]], PlannedOperation] = {}
        self.unpaid = 0
        """The work of planning that nobody has been charged for yet."""

    def plan(
        self,
        scopes: frozenset[str] | None,
        deferring: frozenset[str] | None = None,
        labels: frozenset[str] = frozenset(),
    ) -> PlannedOperation:
        """Return the plan for a caller with these scopes (None: no static authorization).

        `deferring` is what the method of that name returned; None plans for an answer in one piece. `labels` are the
        active labels of progressive overrides.
        """
        found = self.plans.get((scopes, deferring, labels))
        if found is None:
            elapsed = stopwatch()
            try:
                operation = self._operation if deferring is None else self._normalized(deferring)
                found = self._version.plan(operation, scopes, labels)
            finally:
                self.unpaid += work_of_time(elapsed() - ORDINARY_PLANNING)
            if len(self.plans) < MAX_PLANS_PER_OPERATION:
                self.plans[scopes, deferring, labels] = found
        return found

    def deferring(self, variables: Mapping[str, Any]) -> frozenset[str] | None:
        """Return the variables that switch `@defer` on in this request; None when there is no `@defer`."""
        if self._defers is None or self.kind != "query":
            return None
        return frozenset(name for name in self._defers if variables.get(name) is True)

    def _normalized(self, deferring: frozenset[str] | None) -> Operation:
        version, document = self._version, self.document.document
        try:
            return normalize(version.supergraph, document, self.name, deferring=deferring)
        except PlanError as error:
            raise _refusal(error) from error


MAX_PLANS_PER_OPERATION = 64

ORDINARY_PLANNING = 0.05
"""Seconds of CPU time that planning an operation may take without being charged for."""


class SupergraphVersion:
    """A loaded supergraph with its subgraphs, documents and plans."""

    def __init__(
        self,
        supergraph_sdl: str,
        subgraphs: Iterable[Subgraph],
        sealed_directive: str | None,
        options: EngineOptions,
    ) -> None:
        self.supergraph_sdl = supergraph_sdl
        self.subgraphs: Mapping[str, Subgraph] = {each.name: each for each in subgraphs}
        document = parse_supergraph(supergraph_sdl)
        self.supergraph: Supergraph = load_supergraph(document)
        self.api_schema: GraphQLSchema = _with_defer(api_schema(document))
        self._options = options
        coordinates = self.supergraph.directive_coordinates(sealed_directive) if sealed_directive else frozenset()
        self.sealed = SealedArguments(self.api_schema, coordinates)
        self.schema = ExecutionSchema(
            self.api_schema,
            object_types=(name for name, info in self.supergraph.types.items() if info.kind == "object"),
            hidden_values=self.supergraph.inaccessible_values,
            sealed={(each[0], each[1]) for each in coordinates if len(each) == 2},
        )
        self.labels = OverrideLabels(self.supergraph, options.labels)
        self.costs = CostModel(document, self.api_schema, assumed_list_size=options.limits.assumed_list_size)
        self._documents: LruCache[tuple[str, str | None], PreparedOperation | tuple[GraphQLErrorDict, ...]] = LruCache(
            options.documents, options.documents_weight
        )
        self._plans: LruCache[tuple[str, frozenset[str]], CompiledPlan | PlanError] = LruCache(
            options.plans, options.plans_weight
        )

    def prepare(self, text: str, operation_name: str | None) -> PreparedOperation:
        """Return the operation of a document. Raises `InvalidRequestError`; refusals are cached too."""
        return self.known(text, operation_name) or self.read(text, operation_name, Reading())

    def known(self, text: str, operation_name: str | None) -> PreparedOperation | None:
        """Return the operation of a document that has been read before. Raises `InvalidRequestError`."""
        found = self._documents.get((text, operation_name))
        if isinstance(found, tuple):
            raise InvalidRequestError(found)
        return found

    def read(self, text: str, operation_name: str | None, reading: Reading) -> PreparedOperation:
        """Read a document and remember the outcome; `reading` says what it took. Raises `InvalidRequestError`."""
        return self.admit(text, operation_name, self.check(text, reading))

    def check(self, text: str, reading: Reading) -> DocumentNode | InvalidRequestError:
        """Parse, bound and validate a document. May be called in any thread."""
        try:
            return check_document(text, self.api_schema, self._options, reading)
        except InvalidRequestError as error:
            return error

    def admit(
        self, text: str, operation_name: str | None, checked: DocumentNode | InvalidRequestError
    ) -> PreparedOperation:
        """Remember what became of a document. Raises `InvalidRequestError` if it was refused."""
        found: PreparedOperation | tuple[GraphQLErrorDict, ...]
        try:
            if isinstance(checked, InvalidRequestError):
                raise checked
            document = lift_document(checked, self.api_schema, self.sealed)
            found = PreparedOperation(self, document, document.operation(operation_name))
        except InvalidRequestError as error:
            found = error.errors
        if len(text) <= self._options.limits.document_bytes:
            self._documents.put((text, operation_name), found, len(text) + len(operation_name or ""))
        if isinstance(found, tuple):
            raise InvalidRequestError(found)
        return found

    def plan(
        self, operation: Operation, scopes: frozenset[str] | None, labels: frozenset[str] = frozenset()
    ) -> PlannedOperation:
        """Authorize, then plan or find the plan of an equal operation."""
        removed: tuple[Removed, ...] = ()
        if scopes is not None:
            operation, removed = authorize(self.supergraph, operation, scopes)
        key = (operation_key(operation), labels)
        found = self._plans.get(key)
        if found is None:
            found = self._compiled(operation, labels)
            self._plans.put(key, found, found.weight if isinstance(found, CompiledPlan) else 1)
        if isinstance(found, PlanError):
            raise _refusal(found)
        return PlannedOperation(plan=found, errors=tuple(_unauthorized(each) for each in removed))

    def _compiled(self, operation: Operation, labels: frozenset[str]) -> CompiledPlan | PlanError:
        """Plan and compile; that there is no plan is worth remembering too, it may have taken long to find out."""
        options = self._options.planner
        if labels:
            options = replace(options, override_labels=options.override_labels | labels)
        with uncollected():
            try:
                made = plan(self.supergraph, operation, options, stopwatch())
            except PlanError as error:
                return error
            return compile_plan(made, self.schema)

    def operations(self) -> list[tuple[str, str | None]]:
        """Return the documents that are cached, the one used last at the end: to warm a new version with."""
        return self._documents.keys()


def _unauthorized(removed: Removed) -> GraphQLErrorDict:
    return graphql_error("You are not allowed to read this field.", UNAUTHORIZED, removed.path)


def _with_defer(schema: GraphQLSchema) -> GraphQLSchema:
    arguments: dict[str, Any] = {**schema.to_kwargs()}
    arguments["directives"] = (*schema.directives, GraphQLDeferDirective)
    return GraphQLSchema(**arguments)


def _defer_variables(document: DocumentNode) -> frozenset[str] | None:
    """Return the variables that `@defer(if:)` reads; None when there is no `@defer`."""
    found: set[str] | None = None

    class Finder(Visitor):
        """Collects the conditions of `@defer`."""

        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            """Note one use of the directive."""
            nonlocal found
            if node.name.value == GraphQLDeferDirective.name:
                found = found or set()
                found.update(
                    each.value.name.value for each in node.arguments or () if isinstance(each.value, VariableNode)
                )

    visit(document, Finder())
    return None if found is None else frozenset(found)


def _refusal(error: PlanError) -> InvalidRequestError:
    """Return what cannot be planned as the client's to know."""
    return InvalidRequestError([graphql_error(error.message, error.code)])


def stopwatch() -> Callable[[], float]:
    """Return what measures the CPU time of this thread from now on: a busy machine makes no plan worse."""
    begin = time.thread_time()
    return lambda: time.thread_time() - begin
