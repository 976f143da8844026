"""Workers and opportunities by chance over a taxonomy, for measuring speed; and the taxonomy that they are over."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from gateway.storage.database import create_database_engine
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile
from graph.model import OccupationId, Opportunity, OpportunityId, Pay, PayPeriod
from graph.taxonomy.graph import SkillGraph, SkillGraphBuilder
from graph.taxonomy.importing import import_taxonomy, live_graph
from graph.taxonomy.store import TaxonomyVersion

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def esco_graph(data: Path) -> SkillGraph:
    """Import all of ESCO, and return the graph of it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_database_engine(f"sqlite:///{folder}/esco.db")
        TaxonomyVersion.metadata.tables["taxonomy_version"].create(engine)
        import_taxonomy(engine, data / "esco", now=NOW)
        graph = live_graph(engine)
        engine.dispose()
    return graph


def random_profile(graph: SkillGraph, random: Random, occupations: Sequence[OccupationId]) -> Profile:
    """Return someone who has practised two occupations; about 80 skills."""
    practised = random.sample(occupations, 2)
    low = {s: round(random.random(), 4) for each in practised for s in (*graph.essential(each), *graph.optional(each))}
    return Profile(
        low=low,
        held=frozenset(skill for skill, value in low.items() if value > 0.4),
        practice={each: random.random() * 500 for each in practised},
        performance=random.uniform(-1, 1),
        preferences=Preferences(
            place=random.choice([None, "Malmö", "Stockholm", "Oslo"]),
            farthest_km=random.choice([None, 50]),
            hours_per_week=random.choice([None, 20, 40]),
            least_pay=random.choice([None, 15.0]),
            currency="EUR",
        ),
    )


def with_opportunities(graph: SkillGraph, random: Random, count: int) -> SkillGraph:
    """Return the taxonomy with so many opportunities."""
    builder = SkillGraphBuilder()
    builder.add_skills(graph.skills.values(), [])
    for occupation in graph.occupations.values():
        builder.add_occupation(occupation)
    offered = [each for each in sorted(graph.occupations) if len(graph.essential(each)) >= 8]
    for number in range(count):
        occupation = random.choice(offered)
        asked = random.sample(sorted(graph.essential(occupation)), 8)
        builder.add_opportunity(
            Opportunity(
                id=OpportunityId(f"o{number:05}"),
                title="o",
                organization="o",
                occupation=occupation,
                required=frozenset(asked[:5]),
                preferred=frozenset(asked[5:]),
                place=None,
                remote=True,
                pay=Pay(min=Decimal(1), max=Decimal(2), currency="EUR", per=PayPeriod.HOUR),
                posted_at=NOW,
                closes_at=None,
                simulated=True,
            )
        )
    return builder.build()
