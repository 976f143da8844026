"""One entity on its way to a subgraph, with everything that a decision about it needs."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.executor.compiled import CompiledEntities
from gateway.executor.disclosure import Disclosure
from gateway.executor.paths import JsonObject, Place, Whereabouts
from gateway.executor.provenance import Source


@dataclass(slots=True, kw_only=True, eq=False)
class Candidate:
    """One representation on its way to a subgraph."""

    entities: CompiledEntities
    disclosure: Disclosure
    representation: JsonObject
    sink: list[JsonObject]
    whereabouts: Whereabouts
    key: JsonObject
    sources: tuple[Source, ...]
    typename: str

    @property
    def places(self) -> list[Place]:
        """Where its objects stand; looked for when something has to be said about them."""
        return self.whereabouts.of(self.sink)
