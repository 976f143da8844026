"""SDLs of the static subgraphs, from the design fixtures and the catalogue."""

from pathlib import Path

import pytest

from connectors.catalogue import built_in
from connectors.directory import directory_sdl

DESIGN = Path(__file__).parents[2] / "fixtures" / "design"


@pytest.fixture
def design_sdls() -> dict[str, str]:
    """Consent and graph as designed; the directory as generated for the catalogue."""
    return {
        "consent": (DESIGN / "consent.graphql").read_text(encoding="utf-8"),
        "graph": (DESIGN / "graph.graphql").read_text(encoding="utf-8"),
        "directory": directory_sdl([connector.definition for connector in built_in()]),
    }
