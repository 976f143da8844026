"""From the text of a request to an operation that may be planned: parse, bound, validate, lift sealed values.

The outcome, refusals included, depends on the text alone and is cached by it. What takes long, up to validation, may
be done in any thread (`aside.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    Visitor,
    parse,
    visit,
)

from gateway.engine.limits import check_limits, location_of
from gateway.engine.options import EngineOptions
from gateway.engine.sealing import Lifted, SealedArguments, lift_sealed
from gateway.engine.validation import WORK_OF_TOKEN, Reading, error_of, validation_errors, work_of_length
from gateway.errors import InvalidRequestError, graphql_error


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """A valid document. `lifted` are the variables that replace what stood at sealed coordinates."""

    document: DocumentNode
    lifted: tuple[Lifted, ...]
    operations: tuple[OperationDefinitionNode, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation of that name, or the only one. Raises `InvalidRequestError`."""
        if name is None:
            if len(self.operations) == 1:
                return self.operations[0]
            message = "The document has several operations: say which by operationName."
            if not self.operations:
                message = "The document has no operation."
        else:
            for operation in self.operations:
                if operation.name and operation.name.value == name:
                    return operation
            message = "The document has no operation of that name."
        raise InvalidRequestError([graphql_error(message, "OPERATION_RESOLUTION_FAILURE")])


def check_document(text: str, schema: GraphQLSchema, options: EngineOptions, reading: Reading) -> DocumentNode:
    """Parse, bound and validate a document. Raises `InvalidRequestError` with every error found.

    `reading` counts the work, of refused documents too. May be called in any thread.
    """
    limits = options.limits
    reading.work += work_of_length(text)
    if len(text) > limits.document_bytes or len(text.encode(errors="replace")) > limits.document_bytes:
        message = f"The document is longer than {limits.document_bytes} bytes."
        raise InvalidRequestError([graphql_error(message, "DOCUMENT_TOO_LARGE")])
    document = _parse(text, limits.tokens, reading)
    errors = check_limits(document, limits)
    if errors:
        raise InvalidRequestError(errors)
    if not options.introspection:
        # Looked for in the whole document, so that no fragment or alias hides a field.
        errors = [
            graphql_error("Introspection is disabled.", "INTROSPECTION_DISABLED", locations=[location])
            for location in _introspection_fields(document)
        ]
        if errors:
            raise InvalidRequestError(errors)
    errors = validation_errors(schema, document, limits.validation, reading)
    if errors:
        raise InvalidRequestError(errors)
    return document


def lift_document(document: DocumentNode, schema: GraphQLSchema, sealed: SealedArguments) -> ParsedDocument:
    """Lift the sealed values out of a valid document."""
    lifted_document, lifted = lift_sealed(document, schema, sealed)
    return ParsedDocument(
        document=lifted_document,
        lifted=lifted,
        operations=tuple(each for each in lifted_document.definitions if isinstance(each, OperationDefinitionNode)),
    )


def client_variables(
    operation: OperationDefinitionNode, lifted: Sequence[Lifted]
) -> tuple[VariableDefinitionNode, ...]:
    """Return the variables that the client declared: not those that we added."""
    own = {each.name for each in lifted}
    return tuple(each for each in operation.variable_definitions or () if each.variable.name.value not in own)


def _parse(text: str, max_tokens: int, reading: Reading) -> DocumentNode:
    try:
        document = parse(text, max_tokens=max_tokens, allow_empty_selection_sets=False)
        reading.work += document.token_count * WORK_OF_TOKEN
        return document
    except GraphQLError as error:
        # How far it was read does not matter; a token has about four characters.
        reading.work += min(len(text) // 4, max_tokens) * WORK_OF_TOKEN
        code = "TOKEN_LIMIT_EXCEEDED" if f"more than {max_tokens} tokens" in error.message else None
        raise InvalidRequestError([error_of(error, code or "GRAPHQL_PARSE_FAILED")]) from None
    except RecursionError:
        raise InvalidRequestError(
            [graphql_error("The document is nested too deeply.", "DEPTH_LIMIT_EXCEEDED")]
        ) from None


def _introspection_fields(document: DocumentNode) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []

    class Finder(Visitor):
        """Collects where introspection is asked for."""

        def enter_field(self, node: FieldNode, *_: object) -> None:
            """Note `__schema` and `__type`; `__typename` stays allowed."""
            if node.name.value in ("__schema", "__type"):
                found.extend(location_of(node))

    visit(document, Finder())
    return found
