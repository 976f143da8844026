from dataclasses import replace

import pytest

from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.evidence.licences import licensed_by, practised
from graph.matching.profile import Profile
from graph.model import OccupationId


def facts_with(rides, *credentials):
    return read_facts([{"evidence": [{**rides, "credentials": list(credentials)}]}])


def named(graph, name):
    (found,) = graph.occupation_names.exactly(name)
    return OccupationId(found)


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        ("Installation authorization", ["domestic electrician"]),
        ("DOMESTIC  electrical installation", ["domestic electrician"]),
        ("Category C licence", ["cargo vehicle driver", "moving truck driver"]),
        ("Top rated", []),
        ("Domestic electrician", []),
        ("Category", []),
    ],
)
def test_a_credential_licenses_when_it_is_that_of_a_programme_that_does(graph, rides, credential, expected):
    assert licensed_by(graph, facts_with(rides, credential)) == {named(graph, each) for each in expected}


def test_a_licence_is_in_the_holding_and_in_what_is_stored(graph, rides, now):
    holding = assess(graph, facts_with(rides, "Installation authorization"), now)
    electrician, taxi = named(graph, "domestic electrician"), named(graph, "taxi driver")
    assert holding.licensed == {electrician}
    assert holding.authorized == {electrician, taxi}
    profile = Profile.of(holding)
    assert Profile.from_bytes(profile.to_bytes()).authorized == {electrician, taxi}
    gone = replace(profile, licensed=frozenset({OccupationId("esco:gone")})).within(graph)
    assert (gone.licensed, gone.held) == (frozenset(), profile.held)


def test_an_occupation_counts_as_practised_from_forty_hours():
    assert practised({OccupationId("a"): 39.99, OccupationId("b"): 40.0}) == {"b"}
