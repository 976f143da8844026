"""The built-in taxonomy covers the work of every platform: each kind of work and each word leads to skills."""

import pytest

from connectors.catalogue import built_in
from connectors.sandbox import trades
from connectors.sandbox.market.trades import trades as market_trades
from graph.evidence.relevance import named_skills
from graph.taxonomy.builtin import load_builtin

GRAPH = load_builtin()


def codes():
    for connector in built_in():
        for each in connector.definition.occupations:
            if each.scheme == "ESCO":
                yield connector.name, each.code, each.label
        for entry in connector.definition.entries:
            yield connector.name, entry.occupation, entry.label


@pytest.mark.parametrize(("platform", "code", "label"), sorted(set(codes())))
def test_every_kind_of_work_of_every_platform_is_an_occupation_with_skills(platform, code, label):
    occupation = GRAPH.occupation_of_uri(code)
    assert occupation is not None, f"{platform}: {label}"
    assert GRAPH.occupations[occupation].name == label
    assert GRAPH.essential(occupation)


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            word
            for group in (trades.DESIGN, trades.LANGUAGE, trades.OFFICE, trades.CODE)
            for brief in group
            for word in brief.skills
        }
    ),
)
def test_every_word_of_the_sandboxs_trades_names_a_skill(word):
    assert named_skills(GRAPH, word)


def test_whatever_an_entry_bar_asks_for_is_known():
    for connector in built_in():
        for entry in connector.definition.entries:
            assert all(named_skills(GRAPH, each) or GRAPH.skill_of_uri(each) for each in entry.requires)


def test_every_trade_of_the_simulated_market_is_there():
    for trade in market_trades():
        assert GRAPH.occupation_of_uri(trade.uri) is not None, trade.title
        assert all(GRAPH.skill_of_uri(uri) is not None for uri in (*trade.skills.values(), *trade.welcome.values()))


def test_everything_has_a_name_in_english_and_swedish():
    for node in (*GRAPH.skills.values(), *GRAPH.occupations.values()):
        assert node.labels.keys() >= {"en", "sv"}, node.name
    assert len(GRAPH.skills) > 1_400
    assert len(GRAPH.occupations) > 110
