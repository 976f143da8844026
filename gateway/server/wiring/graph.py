"""The subgraphs and the engine over them."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass

from connectors.registration import LiveConnectors
from consent.columns import utc_now
from consent.oauth.spending import Spendings
from consent.subgraph import build_schema as build_consent_schema
from gateway.config import Settings
from gateway.engine import Engine, EngineOptions, Limits
from gateway.planner import PlannerOptions
from gateway.registry import RULES, LiveGraph
from gateway.server.budgets import ActorBudgets
from gateway.server.telemetry import Telemetry
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.finding import build_finding
from gateway.server.wiring.platforms import PlatformParts
from gateway.server.wiring.storage import StorageParts
from graph.builtin import load_builtin
from graph.finding.book import WishBook
from graph.finding.refresher import Refresher
from graph.live import LiveSkillGraph
from graph.subgraph import build_schema as build_graph_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphParts:
    """The engine, and what keeps it in step with the connectors that are live."""

    engine: Engine
    live: LiveConnectors
    skills: LiveSkillGraph
    refresher: Refresher
    wishes: WishBook

    def is_composed(self) -> bool:
        """Tell whether queries can be answered."""
        return bool(self.engine.supergraph_sdl)

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what watches the registry, the taxonomy and the market, and refreshes who can be found."""
        return [self.live.watch(), self.skills.watch(), self.refresher.run()]


def build_graph(
    settings: Settings, storage: StorageParts, consent: ConsentParts, platforms: PlatformParts, telemetry: Telemetry
) -> GraphParts:
    """Compose what is live. Raises `CompositionFailedError`."""
    options = _engine_options(settings)
    budgets = ActorBudgets(
        Spendings(storage.database), max_cost=settings.max_cost, cost_per_minute=settings.cost_per_minute
    )
    consent.services.platforms = platforms.display_names
    skill_schema = build_graph_schema(load_builtin(), utc_now)
    skills = LiveSkillGraph(storage.database, skill_schema, platforms.market, clock=utc_now)
    skills.refresh()
    finding = build_finding(storage, lambda: skill_schema.graph)
    skill_schema.finding = finding.finding
    graph = LiveGraph(
        build_consent_schema(consent.services),
        skill_schema,
        platforms.platforms,
        platforms.directory,
        lambda assembly: Engine.from_subgraphs(
            assembly.subgraphs, rules=RULES, gate=consent.gate, sealer=storage.sealer, budget=budgets, options=options
        ),
        consent.gate,
        telemetry.subgraph,
    )
    live = LiveConnectors(platforms.registration, platforms.platforms.registry, graph.swap)
    live.generation = platforms.generation
    refresher = finding.refresher(storage, graph.engine)
    return GraphParts(engine=graph.engine, live=live, skills=skills, refresher=refresher, wishes=finding.book)


def _engine_options(settings: Settings) -> EngineOptions:
    return EngineOptions(
        limits=Limits(
            document_bytes=settings.max_body_bytes,
            tokens=settings.max_tokens,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
        ),
        introspection=settings.introspection,
        timeout=settings.request_timeout,
        planner=PlannerOptions(reenter_scoped=True),
    )
