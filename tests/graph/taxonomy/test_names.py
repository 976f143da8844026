from hypothesis import given
from hypothesis import strategies as st

from graph.taxonomy.names import INSIDE, NameIndex, words

NAMES = {
    "driver": ({"en": "driver", "sv": "förare"}, {}),
    "licence": ({"en": "driving licence clerk", "sv": "förarprövare"}, {"sv": ["förarbevishandläggare"]}),
    "taxi": ({"en": "taxi driver", "sv": "taxiförare"}, {}),
    "van": ({"en": "car and van delivery driver", "sv": "skåpbilsförare"}, {}),
    "editor": ({"en": "c++ developer", "sv": "C++ utvecklare"}, {}),
    "baker": ({"en": "baker", "sv": "bagare"}, {}),
}
INDEX = NameIndex(NAMES)


def found(text):
    return [identifier for _, _, identifier in INDEX.search(text)]


def test_exact_names_come_first_then_beginnings_then_words_then_compounds():
    assert found("förare") == ["driver", "taxi", "van"]
    assert found("driver") == ["driver", "taxi", "van"]
    assert found("förar") == ["driver", "licence", "taxi", "van"]


def test_what_a_compound_ends_with_comes_before_what_is_in_its_middle():
    index = NameIndex.of_titles({"middle": "storbilar", "end": "elbil med mycket mera"})
    assert [key[2] for key in index.search("bil")] == ["end", "middle"]


def test_each_word_may_be_inside_another_one():
    assert found("bil förare") == ["van"]
    assert found("förare bil") == ["van"]
    assert found("bagare bil") == []


def test_short_words_are_looked_for_at_the_beginning_only():
    assert found("ar") == []
    assert found("ca va") == ["van"]
    assert found("ker") == ["baker"]


def test_case_accents_space_and_punctuation_make_no_difference():
    assert found("  TAXI   Forare ") == ["taxi"]
    assert found("taxi-driver") == ["taxi"]
    assert INDEX.search("taxi-driver")[0][0] == 0
    assert found("c++") == ["editor"]
    assert found("+-_") == []


PLACES = [(name, word) for labels, _ in NAMES.values() for name in labels.values() for word in words(name)]


@given(st.sampled_from([each for each in PLACES if len(each[1]) >= INSIDE]), st.data())
def test_every_part_of_a_word_finds_its_name(place, data):
    name, word = place
    start = data.draw(st.integers(0, len(word) - INSIDE))
    part = word[start : data.draw(st.integers(start + INSIDE, len(word)))]
    assert {identifier for identifier, (labels, _) in NAMES.items() if name in labels.values()} <= set(found(part))


@given(st.text("förartxi ", max_size=12))
def test_the_order_is_that_of_the_keys(text):
    keys = INDEX.search(text)
    assert list(keys) == sorted(keys)
    assert len({key[2] for key in keys}) == len(keys)
