import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.linking.candidates import FEATURES
from graph.linking.function_words import empty_words
from graph.linking.linker import SkillLinker
from graph.linking.ranker import Example, load_ranker, train
from graph.linking.surfaces import grams, split
from graph.taxonomy.builtin import load_builtin

GRAPH = load_builtin()
LINKER = SkillLinker(GRAPH)


@pytest.fixture(scope="module")
def linker():
    return LINKER


def names(links):
    return [GRAPH.skills[each.skill].name for each in links]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You schedule and dispatch our drivers", "schedule and dispatch drivers"),
        ("operates GPS-systems daily", "operate GPS systems"),
        ("Strong knowledge of HTML and CSS", "CSS"),
        ("Hjälpa passagerare", "assist passengers"),
        ("Mobile app design for a bakery", "design user interface"),
        ("video editting for our channel", "perform video editing"),
    ],
)
def test_a_text_leads_to_the_skill_that_it_names(linker, text, expected):
    assert expected in names(linker.link(text, limit=3))


def test_a_link_says_how_surely_and_by_which_words(linker):
    exact, *rest = linker.link("Must operate GPS systems")
    assert (names([exact]), exact.words) == (["operate GPS systems"], ("operate", "gps", "systems"))
    assert exact.confidence > 0.5 > rest[-1].confidence
    assert [each.confidence for each in [exact, *rest]] == sorted((e.confidence for e in [exact, *rest]), reverse=True)


@pytest.mark.parametrize("text", ["", "   ", "?!", "ᚠᚢᚦ", "日本語", "\x00", "🚕"])
def test_a_text_without_known_words_has_no_links(linker, text):
    assert linker.link(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "och",
        "och och",
        "på",
        "med",
        "the",
        "of the",
        "I am",
        "att kunna",
        "En och en",
        "To be, or not to be!",
        "vi du ni",
    ],
)
def test_function_words_say_nothing(linker, text):
    assert linker.link(text) == []


@pytest.mark.parametrize("text", ["Thank you very much", "We are looking for you", "lorem ipsum dolor sit amet"])
def test_a_sentence_whose_surest_link_is_hardly_sure_says_nothing(linker, text):
    assert linker.link(text) == []


def test_a_function_word_adds_no_skill_to_a_sentence_that_says_something(linker):
    links = linker.link("och hjälpa passagerare", limit=100)
    assert "assist passengers" in names(links)
    assert all(set(each.words) - {"och"} for each in links)


def test_a_word_means_something_where_its_sentence_is_of_another_language():
    assert "dig" in empty_words(split("Vi söker dig"))
    assert "dig" not in empty_words(split("You dig the trenches"))
    assert "is" not in empty_words(split("skrapa is på bilen och vägen"))
    assert "is" in empty_words(split("This is what you do"))
    assert not {"dig", "men"} & empty_words(["dig"])
    assert "i" in empty_words([])


def test_a_megabyte_of_text_is_linked_in_bounded_time(linker):
    text = "We operate GPS systems and write code in many languages, every day of the year. " * 12_500
    assert len(text) == 1_000_000
    assert "operate GPS systems" in names(linker.link(text))
    assert linker.link("x" * 1_000_000) == linker.link("x" * 20_000)


def test_a_skill_is_linked_once_from_many_sentences(linker):
    links = linker.link("Operate GPS systems. You operate GPS systems. GPS systems!", limit=50)
    assert len({each.skill for each in links}) == len(links)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.text(max_size=200), st.integers(1, 20))
def test_any_text_is_linked_deterministically(text, limit):
    links = LINKER.link(text, limit=limit)
    assert links == LINKER.link(text, limit=limit)
    assert len(links) <= limit
    assert all(0 <= each.confidence <= 1 and each.words for each in links)


def test_words_keep_what_programming_languages_need():
    assert split("C++, C# and Node.js — Élan!") == ["c++", "c#", "and", "node.js", "elan"]
    assert grams("ab") == {"<ab>", "<ab", "ab>"}


def test_a_ranker_learns_what_people_label():
    """Whatever the feature that tells right from wrong, it is found."""
    random = np.random.default_rng(7)
    for telling in (0, 12, len(FEATURES) - 1):
        examples = []
        for _ in range(60):
            features = random.normal(size=(10, len(FEATURES)))
            right = np.zeros(10)
            right[features[:, telling].argmax()] = 1
            examples.append(Example(features=features, is_right=right))
        ranker = train(examples)
        assert np.abs(ranker.weights).argmax() == telling
        hits = [ranker.scores(each.features).argmax() == each.is_right.argmax() for each in examples]
        assert np.mean(hits) > 0.9
        sure = [ranker.confidence(ranker.scores(each.features)) for each in examples]
        right = np.concatenate([each.is_right for each in examples]) > 0
        assert np.concatenate(sure)[right].mean() > 5 * np.concatenate(sure)[~right].mean()


def test_the_ranker_in_use_has_every_feature():
    ranker = load_ranker()
    assert ranker.weights.shape == (len(FEATURES),)
    assert list(ranker.to_json()["features"]) == list(FEATURES)
