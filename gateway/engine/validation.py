"""GraphQL's own validation under a bound: comparing fields that share a response name is quadratic in the worst case.

`Reading` counts what a document has cost so far, whether it turns out valid or not, so that whoever sent it can be
charged. Its unit is about two microseconds of CPU time.
"""

from __future__ import annotations

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    specified_rules,
    validate,
)

from gateway.errors import GraphQLErrorDict, graphql_error

MAX_VALIDATION_ERRORS = 20

ABORTED = "Validation aborted."
"""What graphql-core says when a document exhausts the bounds of its rules."""

WORK_OF_SECOND = 500_000
WORK_OF_TOKEN = 10
SHORT = 500
"""Characters up to which nothing is asked for before a document is read."""


class Reading:
    """The work that went into reading one document."""

    __slots__ = ("work",)

    def __init__(self) -> None:
        self.work = 0


def work_of_time(seconds: float) -> int:
    """Return the work that fits into this CPU time."""
    return max(0, int(seconds * WORK_OF_SECOND))


def work_of_length(text: str) -> int:
    """Return the work that a text costs at least, before it is looked at: none for a short one."""
    return len(text) // 10 if len(text) >= SHORT else 0


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, most: int, reading: Reading
) -> list[GraphQLErrorDict]:
    """Return what is wrong with a document; comparing its fields may cost `most`."""
    comparisons: list[OverlappingFieldsCanBeMergedRule] = []

    class Comparison(OverlappingFieldsCanBeMergedRule):
        """The rule with this document's bound."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = most
            comparisons.append(self)

    rules = [Comparison if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules]
    found = validate(schema, document, rules, max_errors=MAX_VALIDATION_ERRORS, allow_empty_selection_sets=False)
    reading.work += sum(most - each.rule_context.remaining_complexity_budget for each in comparisons)
    return [_invalid(error) for error in found]


def too_much_to_validate() -> GraphQLErrorDict:
    """Return the refusal of a document whose validation would take too long."""
    message = "The document selects the same fields too often, or spreads fragments too deeply, to be validated."
    return graphql_error(message, "VALIDATION_LIMIT_EXCEEDED")


def error_of(error: GraphQLError, code: str) -> GraphQLErrorDict:
    """Return a located error of graphql-core with a code."""
    locations = [(each.line, each.column) for each in error.locations or ()]
    return graphql_error(error.message, code, locations=locations)


def _invalid(error: GraphQLError) -> GraphQLErrorDict:
    return too_much_to_validate() if error.message == ABORTED else error_of(error, "GRAPHQL_VALIDATION_FAILED")
