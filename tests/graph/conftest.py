import asyncio
from datetime import UTC, datetime

import pytest

from graph.subgraph import build_schema
from graph.taxonomy.builtin import load_builtin

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAXI_DRIVER = "http://data.europa.eu/esco/occupation/6f7c1e84-8162-4c20-a575-b57ff624eef5"
GRAPHIC_DESIGNER = "http://data.europa.eu/esco/occupation/69bcbb0a-8d80-4ecd-b0a4-9adea2a40de2"


@pytest.fixture(scope="session")
def now():
    return NOW


@pytest.fixture(scope="session")
def graph():
    return load_builtin()


@pytest.fixture(scope="session")
def schema(graph):
    return build_schema(graph, lambda: NOW)


@pytest.fixture(scope="session")
def rides():
    """A year of driving, as the Uber connector folds it."""
    return {
        "platform": "uber",
        "kind": "RIDE",
        "occupation": {"scheme": "ESCO", "code": TAXI_DRIVER, "label": "taxi driver", "mapping": "EXACT"},
        "terms": ["UberX"],
        "completed": 1200,
        "cancelled": 40,
        "hours": "480",
        "firstAt": "2025-11-22T08:00:00Z",
        "lastAt": "2026-11-20T18:00:00Z",
        "recent": 1200,
        "ratings": [{"name": "driver rating", "value": "4.91", "min": "1", "max": "5", "sampleSize": 500}],
        "credentials": [],
        "fidelity": "DOCUMENTED",
        "simulated": True,
    }


@pytest.fixture(scope="session")
def contracts():
    """Design contracts, as the Upwork connector folds them."""
    return {
        "platform": "upwork",
        "kind": "CONTRACT",
        "occupation": {"scheme": "ESCO", "code": GRAPHIC_DESIGNER, "label": "graphic designer", "mapping": "INFERRED"},
        "terms": ["Figma", "UI Design", "HTML", "CSS"],
        "completed": 14,
        "cancelled": 1,
        "hours": "420.50",
        "firstAt": "2025-10-22T00:00:00Z",
        "lastAt": "2026-11-10T00:00:00Z",
        "recent": 12,
        "ratings": [],
        "credentials": [],
        "fidelity": "DOCUMENTED",
        "simulated": True,
    }


@pytest.fixture(scope="session")
def run_async():
    """Run one coroutine to its end."""
    with asyncio.Runner() as runner:
        yield runner.run
