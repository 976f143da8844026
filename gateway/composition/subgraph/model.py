"""A subgraph, expanded: its schema with every directive's meaning resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.composition.schema.model import DirectiveDef, Schema

from .links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphSDL:
    """One subgraph as given: a unique name, where it answers, and its SDL."""

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """One subgraph after expansion.

    The schema holds what the subgraph's authors mean by it: no `_entities`, no federation scalars,
    root types under their default names. `definitions` are all directive definitions in force,
    the injected ones included.
    """

    name: str
    url: str
    schema: Schema
    links: Links
    version: tuple[int, int]
    """The Federation version; (1, 0) for a schema without a link to Federation 2."""
    definitions: Mapping[str, DirectiveDef]
    machinery: frozenset[str]
    """Names of the types that belong to specifications rather than to the subgraph."""
    upgraded: bool = False
    """Whether the schema was written for Federation 1 and has been rewritten for 2."""

    @property
    def is_federation_1(self) -> bool:
        """Whether the schema is (still) a Federation 1 schema."""
        return self.version < (2, 0) and not self.upgraded

    def directive(self, spec: str) -> str:
        """The local name of a specified directive, for messages."""
        for local, name in self.names.items():
            if name == spec:
                return local
        return spec

    names: Mapping[str, str]
    """Local directive name to the name in its specification."""
