"""Which subgraphs there are: the three of our own and one per live connector, and what each of them reads.

`assemble` puts running subgraphs together for the engine; `builtin_supergraph` composes the built-in catalogue from SDL
alone, for the command line and for `schema.graphql`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from strawberry.federation import Schema

from connectors.catalogue import built_in
from connectors.composition_rule import CanonicalRule
from connectors.directory import DirectorySubgraph, directory_sdl
from connectors.registry import Platforms
from connectors.runtime import ConnectorSubgraph
from connectors.schema import AnyConnector, Connector, ProviderConnector
from consent.columns import utc_now
from consent.leases.gate import ConsentGate
from consent.subgraph.schema import ConsentServices
from consent.subgraph.schema import build_schema as build_consent_schema
from gateway.composition import Composed, CompositionError, CompositionFailed, SubgraphSDL, compose
from gateway.engine import CompositionFailedError, Engine
from gateway.engine.version import stopwatch
from gateway.subgraph import Subgraph, SubgraphCall
from gateway.subgraphs import StrawberrySubgraph
from graph.subgraph import build_schema as build_graph_schema
from graph.taxonomy.builtin import load_builtin

CONSENT, DIRECTORY, GRAPH = "consent", "directory", "graph"
INTERNAL = "internal"
COMPOSITION_SECONDS = 20.0
"""CPU time that checking a connector against what is live may take; the whole catalogue takes about one."""

RULES = (
    CanonicalRule(
        lambda code, message: CompositionError(code=code, message=message),
        trusted=frozenset({CONSENT, DIRECTORY, GRAPH}),
    ),
)
"""Rules of ours beside the composer's: the canonical types stay as they are, personal fields carry their scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The subgraphs of one supergraph version; `sources` says for each name what it reads (`consent.leases.gate`)."""

    subgraphs: tuple[Subgraph, ...]
    sources: Mapping[str, str]


def assemble(
    consent: Schema, graph: Schema, directory: DirectorySubgraph, platforms: Sequence[ConnectorSubgraph]
) -> Assembly:
    """Return everything that is composed and queried."""
    own: list[Subgraph] = [
        StrawberrySubgraph(CONSENT, consent, context=_context),
        StrawberrySubgraph(GRAPH, graph, context=_context),
        directory,
    ]
    sources = dict.fromkeys((CONSENT, GRAPH, DIRECTORY), INTERNAL)
    sources |= {platform.name: f"platform:{platform.name}" for platform in platforms}
    return Assembly(subgraphs=(*own, *platforms), sources=sources)


class LiveGraph:
    """The engine and the gate, kept in step with the connectors that are live. `measured` may wrap subgraphs.

    `swap` composes anew and serves the result from the next request on; what runs finishes on the old version.
    """

    def __init__(
        self,
        consent: Schema,
        graph: Schema,
        platforms: Platforms,
        directory: Callable[[], DirectorySubgraph],
        make_engine: Callable[[Assembly], Engine],
        gate: ConsentGate,
        measured: Callable[[Subgraph], Subgraph] = lambda subgraph: subgraph,
    ) -> None:
        self._measured = measured
        self._consent = consent
        self._graph = graph
        self._platforms = platforms
        self._directory = directory
        self._gate = gate
        assembly = self._assemble()
        gate.update_sources(assembly.sources)
        self.engine = make_engine(assembly)

    def swap(self) -> None:
        """Serve what is live now. Raises `CompositionFailedError`; then nothing has changed."""
        assembly = self._assemble()
        # The gate learns new sources first: a source that it does not know is denied, never let through.
        self._gate.update_sources(assembly.sources)
        self.engine.swap(assembly.subgraphs, rules=RULES)

    def _assemble(self) -> Assembly:
        assembly = assemble(self._consent, self._graph, self._directory(), self._platforms.registry.subgraphs)
        return replace(assembly, subgraphs=tuple(map(self._measured, assembly.subgraphs)))


@cache
def builtin_supergraph() -> Composed:
    """Return the composed built-in catalogue. Raises `CompositionFailedError`."""
    result = compose(_sdls(built_in()), rules=RULES)
    if isinstance(result, CompositionFailed):
        raise CompositionFailedError(result.errors)
    return result


def compose_with(
    connector: AnyConnector, others: Sequence[Connector], *, seconds: float = COMPOSITION_SECONDS
) -> tuple[CompositionError, ...]:
    """Return why `connector` does not compose with `others` and our own subgraphs, within `seconds` of CPU time.

    One without accounts adds nothing to the supergraph.
    """
    if isinstance(connector, ProviderConnector):
        return ()
    spent = stopwatch()
    result = compose(_sdls([*others, connector]), rules=RULES, is_late=lambda: spent() > seconds)
    return result.errors if isinstance(result, CompositionFailed) else ()


def composition_messages(connector: AnyConnector, others: Sequence[Connector]) -> list[str]:
    """Return the same as text."""
    return [str(each) for each in compose_with(connector, others)]


def _sdls(connectors: Iterable[Connector]) -> list[SubgraphSDL]:
    catalogue = list(connectors)
    sdls = {
        CONSENT: build_consent_schema(cast(ConsentServices, None)).as_str(),
        GRAPH: build_graph_schema(load_builtin(), utc_now).as_str(),
        DIRECTORY: directory_sdl([connector.definition for connector in catalogue]),
        **{connector.name: connector.sdl for connector in catalogue},
    }
    return [SubgraphSDL(name=name, url=f"local:{name}", sdl=sdl) for name, sdl in sdls.items()]


def _context(call: SubgraphCall) -> dict[str, object]:
    """Give resolvers who asks, and the permit of each entity by type and id: a search grows its own."""
    permits = {
        (each.get("__typename"), each.get("id")): permit
        for variable, granted in call.permits.items()
        for each, permit in zip(call.variables.get(variable) or (), granted, strict=False)
        if permit is not None
    }
    return {"session": call.session, "permits": permits}
