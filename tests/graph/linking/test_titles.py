import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.linking.titles import TitleLinker
from graph.taxonomy.builtin import load_builtin

GRAPH = load_builtin()
LINKER = TitleLinker(GRAPH)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Taxi Driver (night shifts)", "taxi driver"),
        ("taxichaufför", "taxi driver"),
        ("Webbutvecklare", "web developer"),
        ("Senior graphic designers wanted", "graphic designer"),
        ("Översättare", "translator"),
    ],
)
def test_a_title_leads_to_its_occupation(title, expected):
    best = LINKER.link(title)[0]
    assert GRAPH.occupations[best.occupation].name == expected


def test_a_name_itself_is_sure_of_its_occupation():
    for occupation in GRAPH.occupations.values():
        assert occupation.id in [each.occupation for each in LINKER.link(occupation.name, limit=2)]


@pytest.mark.parametrize("title", ["", "?!", "日本語", "qqqqq zzzzz"])
def test_what_resembles_nothing_leads_nowhere(title):
    assert LINKER.link(title) == []


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.text(max_size=400), st.integers(0, 10))
def test_any_title_has_ordered_scores(title, limit):
    found = LINKER.link(title, limit=limit)
    assert len(found) <= limit
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert all(0 < each.score <= 1 for each in found)
    assert found == LINKER.link(title, limit=limit)


def test_a_huge_title_is_cut():
    assert LINKER.link("driver " * 200_000) == LINKER.link(("driver " * 200_000)[:300])
