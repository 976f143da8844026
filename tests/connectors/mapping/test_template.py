"""Templates: values fill the structure, they never become it."""

from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.mapping import MappingError, TemplateKind, parse_template, render_path, render_query


def rendered(text: str, kind: TemplateKind = TemplateKind.URL, **variables: object) -> str:
    return parse_template(text, kind).render({f"${name}": value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("text", "args", "url"),
    [
        ("/v1/trips", {}, "/v1/trips"),
        ("/", {}, "/"),
        ("/v1/trips/", {}, "/v1/trips/"),
        ("?a=1", {}, "?a=1"),
        ("/t/{$args.id}/x", {"id": "a b/c"}, "/t/a%20b%2Fc/x"),
        ("/t/trip-{$args.id}.json", {"id": 7}, "/t/trip-7.json"),
        ("/t?n={$args.n->sub(1)}&m=2", {"n": 5}, "/t?n=4&m=2"),
        ("/t?n={$args.n}&m=2", {"n": None}, "/t?m=2"),
        ("/t?n={$args.n}", {}, "/t"),
        ("/t?q=from:{$args.a}+to:{$args.b}", {"a": "x&y"}, "/t"),
        ("/t?q=from:{$args.a}+to:{$args.b}", {"a": "x&y", "b": "="}, "/t?q=from:x%26y+to:%3D"),
        ("/t?{$args.name}={$args.value}", {"name": "a=b", "value": "c#d"}, "/t?a%3Db=c%23d"),
        ("/t?flag&n={$args.n}", {"n": True}, "/t?flag&n=true"),
        ("/t?n={$args.n}", {"n": Decimal("1.50")}, "/t?n=1.50"),
        ("/t?n={$args.n}", {"n": ""}, "/t?n="),
        ("/t?ids={$args.ids->joinNotNull(',')}", {"ids": [1, None, 2]}, "/t?ids=1%2C2"),
        ("/t?a={$({ b: '}' }).b}", {}, "/t?a=%7D"),
        ("https://api.example.com:8443/t?x={$args.x}", {"x": "é"}, "https://api.example.com:8443/t?x=%C3%A9"),
        ("https://api.example.com?x={$args.x}", {"x": 1}, "https://api.example.com?x=1"),
        ("\n  /t\n  ?a=1\n  &b={$args.b}\n", {"b": 2}, "/t?a=1&b=2"),
    ],
)
def test_urls(text, args, url):
    assert rendered(text, args=args) == url


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://{$args.host}/t", "EXPRESSION_IN_HOST"),
        ("https://api.{$args.host}/t", "EXPRESSION_IN_HOST"),
        ("{$args.url}", "INVALID_URL"),
        ("{$args.scheme}://x/", "INVALID_URL"),
        ("trips", "INVALID_URL"),
        ("//evil.example/x", "INVALID_URL"),
        ("ftp://x/y", "INVALID_URL"),
        ("https://user@host/x", "INVALID_URL"),
        ("https:///x", "INVALID_URL"),
        ("/a/../b", "INVALID_URL"),
        ("/a/%2e%2E/b", "INVALID_URL"),
        ("/a\\b", "INVALID_URL"),
        ("/a#b", "INVALID_URL"),
        ("/a b", "INVALID_URL"),
        ("", "INVALID_URL"),
        ("/a/{$args.x", "SYNTAX"),
        ("/a/x}", "SYNTAX"),
        ("/a/{}", "SYNTAX"),
        ("/a/{$args.x y}", "SYNTAX"),
        ("/a/{id}", "BODY_NOT_AVAILABLE"),
        ("/a/{$.id}", "BODY_NOT_AVAILABLE"),
        ("/a/{$nope.id}", "UNKNOWN_VARIABLE"),
        ("/a/{$pseudonym_key}", "UNKNOWN_VARIABLE"),
        ("/a/{$status}", "UNKNOWN_VARIABLE"),
    ],
)
def test_templates_that_are_wrong(text, code):
    with pytest.raises(MappingError) as caught:
        parse_template(text)
    assert caught.value.code == code


def test_errors_are_located_in_the_template():
    with pytest.raises(MappingError) as caught:
        parse_template("/a\n/{$args.x->nope}")
    assert (caught.value.line, caught.value.column) == (2, 12)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("/t/{$args.v}", None, "NULL_VALUE"),
        ("/t/{$args.v}", "", "UNSAFE_SEGMENT"),
        ("/t/{$args.v}", "..", "UNSAFE_SEGMENT"),
        ("/t/.{$args.v}", ".", "UNSAFE_SEGMENT"),
        ("/t/{$args.v}", {"a": 1}, "NOT_A_SCALAR"),
        ("/t?v={$args.v}", [1], "NOT_A_SCALAR"),
        ("/t?v={$args.v}", "\ud800", "UNENCODABLE"),
        ("/t?v={$args.v->add(1)}", "x", "TYPE_MISMATCH"),
        ("/t?v={$args.v}", Decimal("1e99999"), "OUT_OF_RANGE"),
    ],
)
def test_values_that_cannot_be_put_in(text, value, code):
    with pytest.raises(MappingError) as caught:
        rendered(text, args={"v": value})
    assert caught.value.code == code


@given(st.text(), st.text(), st.text())
def test_no_value_changes_the_structure_of_a_url(segment, name, value):
    assume(segment not in ("", ".", ".."))
    url = rendered(
        "https://api.example.com/a/{$args.s}/b?x=1&{$args.n}={$args.v}&z=9", args={"s": segment, "n": name, "v": value}
    )
    split = urlsplit(url)
    assert (split.scheme, split.netloc, split.fragment) == ("https", "api.example.com", "")
    assert [unquote(part) for part in split.path.split("/")] == ["", "a", segment, "b"]
    assert parse_qsl(split.query, keep_blank_values=True) == [("x", "1"), (name, value), ("z", "9")]


def test_headers():
    assert rendered("Bearer {$config.token}", TemplateKind.HEADER, config={"token": "abc.def"}) == "Bearer abc.def"
    assert rendered("{$args.n}", TemplateKind.HEADER, args={"n": 5}) == "5"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_visible_text_fills_a_header_as_it_is(value):
    assert rendered("x {$args.v} y", TemplateKind.HEADER, args={"v": value}) == f"x {value} y"


@given(st.text(), st.characters(exclude_characters="\t").filter(lambda each: not "\x20" <= each <= "\x7e"), st.text())
def test_anything_else_is_refused_in_a_header(before, forbidden, behind):
    with pytest.raises(MappingError) as caught:
        rendered("x {$args.v}", TemplateKind.HEADER, args={"v": before + forbidden + behind})
    assert caught.value.code == "INVALID_HEADER"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0b", "é", None, ["a"]])
def test_header_values_that_are_refused(value):
    with pytest.raises(MappingError):
        rendered("x {$args.v}", TemplateKind.HEADER, args={"v": value})
    with pytest.raises(MappingError):
        parse_template("a\r\nX: y", TemplateKind.HEADER)


def test_forms():
    text = "grant_type=refresh_token\n&refresh_token={$args.token}\n&scope={$args.scope}"
    assert rendered(text, TemplateKind.FORM, args={"token": "a&b=c"}) == (
        "grant_type=refresh_token&refresh_token=a%26b%3Dc"
    )


def test_what_a_template_uses():
    template = parse_template("/t/{$this.id}?a={$args.filter.city}&b={$args.n->add($config.k)}")
    assert template.input_paths() == {("$this", "id"), ("$args", "filter", "city"), ("$args", "n"), ("$config", "k")}
    assert [each.text for each in template.expressions()] == [
        "$this.id",
        "$args.filter.city",
        "$args.n->add($config.k)",
    ]


def test_path_and_query_from_values():
    assert render_path(["v1", "a/b", 3]) == "/v1/a%2Fb/3"
    assert render_path(None) == ""
    assert render_query({"id": [1, 2, None], "a&b": "c d", "gone": None}) == "id=1&id=2&a%26b=c%20d"
    assert render_query(None) == ""


@pytest.mark.parametrize("value", [["a", None], [".."], [["a"]], [""]])
def test_paths_that_are_refused(value):
    with pytest.raises(MappingError):
        render_path(value)


@pytest.mark.parametrize("value", [["a"], "a", {"a": {"b": 1}}, {"a": [[1]]}])
def test_queries_that_are_refused(value):
    with pytest.raises(MappingError) as caught:
        render_query(value)
    assert caught.value.code == "NOT_A_SCALAR"
