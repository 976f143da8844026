"""Whatever the text, the parser answers with a located error; whatever the data, the mapper does not raise."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mapping import (
    PSEUDONYM_KEY,
    MappingError,
    TemplateKind,
    compile_selection,
    dump_json,
    find_errors,
    load_json,
    parse_selection,
    parse_template,
)
from connectors.mapping.methods import METHODS

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats()
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MARKS = ["{", "}", "(", ")", "[", "]", ":", ",", ".", "...", "->", "?", "??", "?!", "$", "$(", "@", "#", '"', "\n", " "]
WORDS = ["a", "b", "$args", "'s'", "1", "-2.5", "true", "null", "->map", "->match", "->as", "->first"]
FRAGMENTS = st.lists(st.sampled_from([*MARKS, *WORDS]), max_size=25).map("".join)


@given(FRAGMENTS | st.text())
def test_any_text_parses_or_is_an_error(text):
    errors = list(find_errors(text))
    assert all(error.line >= 1 and error.column >= 1 for error in errors)
    if not errors:
        selection = parse_selection(text)
        selection.input_paths()
        value, _ = compile_selection(selection)({"a": [{"b": 1}], "b": None}, {"$args": {}})
        assert not selection.output_fields() or value is None or isinstance(value, dict | list)


@given(FRAGMENTS | st.text(), st.sampled_from(TemplateKind))
def test_any_template_parses_or_is_an_error(text, kind):
    with suppress(MappingError):
        parse_template("/" + text, kind).render({"$args": {}})


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=10)
@given(data=JSON)
def test_no_method_raises_on_data(name, data):
    method = METHODS[name]
    for count in {method.least, 2 if method.most is None else method.most}:
        arguments = ", ".join(["[@, $.a]"] * count if name in ("match", "matchIf") else ["$.b"] * count)
        mapper = compile_selection(parse_selection(f"v: $.a->{name}({arguments}) w: $.a->{name}({arguments}).c"))
        for strings in ({}, {PSEUDONYM_KEY: "k" * 20}):
            value, problems = mapper({"a": data, "b": data}, strings)
            assert isinstance(value, dict)
            assert isinstance(problems, list)


@settings(max_examples=30)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.decimals(-(10**30), 10**30, places=9) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_written_as_it_was_read(value):
    assert load_json(dump_json(value)) == value
