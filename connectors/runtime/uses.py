"""Which fields of a connector operations ask for: counted by document, looked into only when it is read.

Nothing personal: documents hold no values of variables, and who asked is not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from graphql import DocumentNode, FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit

_FEDERATION = frozenset({"Query", "_Entity"})


class UseLog:
    """Counts executions by document; only when it is read does it look into them."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._executions: Counter[str] = Counter()
        self._documents: dict[str, DocumentNode] = {}

    def note(self, text: str, document: DocumentNode) -> None:
        """Count one execution."""
        self._executions[text] += 1
        self._documents.setdefault(text, document)

    def take(self) -> Mapping[str, int]:
        """Return how often each coordinate was asked for since this was last called."""
        executions, self._executions = self._executions, Counter()
        documents, self._documents = self._documents, {}
        uses: Counter[str] = Counter()
        for text, times in executions.items():
            for coordinate in coordinates_of(documents[text], self._schema):
                uses[coordinate] += times
        return uses


def coordinates_of(document: DocumentNode, schema: GraphQLSchema) -> frozenset[str]:
    """Return the fields that a document selects, as `Type.field`, without federation's own."""
    found: set[str] = set()
    info = TypeInfo(schema)

    class Collector(Visitor):
        """Notes each field with its parent type."""

        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = info.get_parent_type()
            if parent is not None and parent.name not in _FEDERATION and not node.name.value.startswith("__"):
                found.add(f"{parent.name}.{node.name.value}")

    visit(document, TypeInfoVisitor(info, Collector()))
    return frozenset(found)
