"""The graph subgraph: root fields over skills, occupations, training and opportunities, and `Worker`'s derived fields.

`build_schema` gives the Strawberry federation schema. It holds no worker's data between requests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph.linking.linker import Linker
from graph.schema.catalogue_queries import Query
from graph.schema.catalogue_types import Occupation, Skill
from graph.schema.market_types import Opportunity, Training, TrainingProvider
from graph.schema.scalars import SCALARS, Finding
from graph.schema.worker_types import PlatformAccount, Worker
from graph.taxonomy.graph import SkillGraph


class GraphSchema(strawberry.federation.Schema):
    """The schema with the graph and the clock that its resolvers use."""

    graph: SkillGraph
    clock: Callable[[], datetime]
    linker: Linker | None
    finding: Finding | None


def build_schema(
    graph: SkillGraph,
    clock: Callable[[], datetime],
    *,
    linker: Linker | None = None,
    finding: Finding | None = None,
) -> GraphSchema:
    """Return the executable schema of the subgraph.

    `clock` gives aware instants. `linker` links texts to skills; by default the lexical engine, built when first used.
    Without `finding` nobody can be found.
    """
    schema = GraphSchema(
        query=Query,
        types=[Worker, PlatformAccount, Skill, Occupation, Training, TrainingProvider, Opportunity],
        federation_version="2.9",
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    schema.graph = graph
    schema.clock = clock
    schema.linker = linker
    schema.finding = finding
    return schema
