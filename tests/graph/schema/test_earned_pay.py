"""`payGuidance { earned }`: to the actor and purpose whose workers are counted, and to nobody else."""

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

import pytest

from gateway.server.session import RequestSession
from graph.counting.contribution import Contribution
from graph.counting.counted import Counted
from graph.counting.pay_publication import publish_pay
from graph.counting.releases import Release, number_of
from graph.subgraph import build_schema
from tests.graph.conftest import NOW

ASKED = """query ($skill: ID!, $region: String) { payGuidance(skill: $skill, region: $region, currency: "EUR") {
  offered { openings } earned { lower median upper workers month } } }"""
OFFICE = RequestSession(request_id="r", kind="actor", actor_id="office", purpose="labour_statistics")


@dataclass
class Published:
    """What finding is to the schema, as far as it is asked here: one office's release."""

    release: Release

    @property
    def releases(self):
        return self

    def latest(self, actor_id, purpose):
        return self.release if (actor_id, purpose) == ("office", "labour_statistics") else None


@pytest.fixture(scope="module")
def skill(graph):
    return min(graph.skills)


@pytest.fixture(scope="module")
def told(graph, skill):
    pay = {("EUR", skill): Decimal(20)}
    contribution = Contribution(region="SE-M", lacking=frozenset(), pay=pay)
    people = {f"g{n}": Counted.after(None, contribution, 1) for n in range(20)}
    release = Release(number=number_of(NOW), regions={}, pay=publish_pay(1, people, {}, Random(1)))
    return build_schema(graph, lambda: NOW, finding=Published(release))


def ask(run_async, schema, skill, session, region="Malmö"):
    context = {"session": session}
    variables = {"skill": skill, "region": region}
    answer = run_async(schema.execute(ASKED, variable_values=variables, context_value=context))
    assert answer.errors is None
    return answer.data["payGuidance"]


def test_an_actor_reads_what_those_earn_who_let_it_count_them(run_async, told, skill):
    earned = {"lower": "20", "median": "20", "upper": "20", "workers": 20, "month": "2026-11"}
    assert ask(run_async, told, skill, OFFICE)["earned"] == earned
    assert ask(run_async, told, skill, OFFICE, None)["earned"] == earned
    assert ask(run_async, told, skill, OFFICE, "Stockholm") is None


@pytest.mark.parametrize(
    "other",
    [{"actor_id": "else"}, {"purpose": "job_matching"}, {"purpose": None}, {"kind": "worker", "worker_id": "w"}],
    ids=str,
)
def test_others_read_what_openings_offer_only(run_async, told, skill, other):
    assert ask(run_async, told, skill, replace(OFFICE, **other)) is None
