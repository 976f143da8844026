"""The subgraphs and the engine over them."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Coroutine
from dataclasses import dataclass, replace

from connectors.observation import Recorder
from connectors.registration import LiveConnectors
from consent.columns import utc_now
from consent.oauth.spending import Spendings
from consent.subgraph.schema import build_schema as build_consent_schema
from gateway.config import Settings
from gateway.engine import Engine, EngineOptions, Limits
from gateway.planner import PlannerOptions
from gateway.registry import RULES, LiveGraph
from gateway.server.budgets import ActorBudgets
from gateway.server.not_consented import note_not_consented
from gateway.server.platform_metrics import platform_counters
from gateway.server.telemetry import Telemetry
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.finding import build_finding
from gateway.server.wiring.platforms import PlatformParts
from gateway.server.wiring.storage import StorageParts
from graph.counting.publisher import Publisher
from graph.finding.book import WishBook
from graph.finding.refresher import Refresher
from graph.subgraph import build_schema as build_graph_schema
from graph.taxonomy.builtin import load_builtin
from graph.taxonomy.live import LiveSkillGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphParts:
    """The engine, and what keeps it in step with the connectors that are live."""

    engine: Engine
    live: LiveConnectors
    recorder: Recorder
    skills: LiveSkillGraph
    refresher: Refresher
    publisher: Publisher
    wishes: WishBook

    def is_composed(self) -> bool:
        """Tell whether queries can be answered."""
        return bool(self.engine.supergraph_sdl)

    async def start(self) -> None:
        """Say, before anything is answered, which connectors this process has loaded, and load what is live now."""
        await self.recorder.write()
        await self.live.catch_up()

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what watches the registry, the taxonomy and the market, refreshes who can be found, publishes numbers
        about many, and records how platforms fare.
        """
        return [
            self.live.watch(),
            self.skills.watch(),
            self.refresher.run(),
            self.publisher.run(),
            self.recorder.run(),
        ]


def build_graph(
    settings: Settings, storage: StorageParts, consent: ConsentParts, platforms: PlatformParts, telemetry: Telemetry
) -> GraphParts:
    """Compose what is live. Raises `CompositionFailedError`."""
    options = replace(_engine_options(settings), watch_planning=telemetry.planning, annotate=note_not_consented)
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
    registry = platforms.platforms.registry
    live = LiveConnectors(platforms.registration, registry, graph.swap, lambda: recorder.hurry())
    live.generation = live.loaded = platforms.generation
    telemetry.collect(lambda: platform_counters(registry.subgraphs))
    recorder = Recorder(
        storage.database,
        _process_id(),
        lambda: registry.subgraphs,
        lambda: live.loaded,
        consent.roll,
        clock=utc_now,
    )
    refresher = finding.refresher(storage, graph.engine)
    return GraphParts(
        engine=graph.engine,
        live=live,
        recorder=recorder,
        skills=skills,
        refresher=refresher,
        publisher=finding.publisher(storage, graph.engine),
        wishes=finding.book,
    )


def _process_id() -> str:
    """Return a name of this process that tells an operator where it runs."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


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
