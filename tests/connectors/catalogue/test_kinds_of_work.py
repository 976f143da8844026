"""Every kind of work that a platform tells of leads to ESCO: to an occupation, or by the platform's words to skills."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.catalogue import built_in
from graph.evidence.facts import read_facts
from graph.evidence.relevance import skills_of
from graph.taxonomy.builtin import load_builtin
from tests.connectors.catalogue.test_every_platform import ALEX, PERSONAS

EVIDENCE = """
evidence { platform kind occupation { scheme code label mapping } terms completed cancelled hours firstAt lastAt recent
  ratings { name value min max sampleSize } credentials fidelity simulated }
"""


@pytest.mark.parametrize("connector", built_in(), ids=lambda connector: connector.name)
def test_kind_of_work_leads_to_skills(in_world: Any, connector: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link(connector.name, PERSONAS.get(connector.name, ALEX))
        return await world.read(connector.name, account_id, EVIDENCE)

    given = in_world(test, [connector])["data"]["_entities"][0]["evidence"]
    facts = read_facts([{"evidence": given}])
    assert len(facts) == len(given) > 0
    silent = [(fact.occupation_label, fact.terms) for fact in facts if not skills_of(load_builtin(), fact)]
    # A sponsorship says nothing of the work that it pays for.
    assert silent == ([(None, ())] if connector.name == "github_sponsors" else [])
