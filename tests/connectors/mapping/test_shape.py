"""What is known of a mapping without data."""

import pytest

from connectors.mapping import (
    AnyShape,
    ListShape,
    ObjectShape,
    OneOfShape,
    ScalarShape,
    parse_selection,
)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("$.name", {}),
        ("id name: title", {"id": None, "name": None}),
        ("trips { id pickup { at } }", {"trips": {"id": None, "pickup": {"at": None}}}),
        ("$.trips { id }", {"id": None}),
        ("a.b { x } y: { z: q }", {"x": None, "y": {"z": None}}),
        ("all: xs->map({ v: @ }) one: xs->first { v }", {"all": {"v": None}, "one": {"v": None}}),
        ("pairs: o->entries", {"pairs": {"key": None, "value": None}}),
        ("a: $({ b: [{ c: 1 }] })", {"a": {"b": {"c": None}}}),
        ("a: b { x } ?? c { y }", {"a": {"x": None, "y": None}}),
        ("x->match(['a', { p: 1 }], ['b', { q: { r: 2 } }])", {"p": None, "q": {"r": None}}),
    ],
)
def test_output_fields(text, fields):
    assert parse_selection(text).output_fields() == fields


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("id", {("$", "id")}),
        ("$", {("$",)}),
        ("trips { at: pickup.timestamp }", {("$", "trips", "pickup", "timestamp")}),
        ("xs->filter(@.on)->map(@.v)->first", {("$", "xs", "on"), ("$", "xs", "v")}),
        ("a: $args.n->add($this.m)", {("$args", "n"), ("$this", "m")}),
        ("a { b: $.c d: $args.e }", {("$", "a", "c"), ("$args", "e")}),
        ("a: x->jsonParse.y", {("$", "x")}),
        ("author->as($a).articles { by: $a.name }", {("$", "author", "name")}),
        ("a: kind->match(['x', $.p], [@, q.r])", {("$", "kind"), ("$", "p"), ("$", "q", "r")}),
        ("a: $({ b: c }).b", {("$", "c")}),
        ("a: b ?? c", {("$", "b"), ("$", "c")}),
        # Of these, nothing is used but that they are there.
        ('a: b { c: $("x") }', {("$", "b", "__typename")}),
        ('a: b.c->map({ d: "x" })', {("$", "b", "c", "__typename")}),
        ('a: b { c: $("x") d: e }', {("$", "b", "e")}),
    ],
)
def test_input_paths(text, paths):
    found = parse_selection(text).input_paths()
    assert paths <= found
    assert {path[0] for path in found} == {path[0] for path in paths}


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a: $([b])->filter(@.c->gt(0))->map({ d: @.d })", {("$", "b", "c"), ("$", "b", "d")}),
        ("a: $([b])->filter(@->ne(null))->map({ d: @.d })", {("$", "b"), ("$", "b", "d")}),
        ("a: $(b ?? c).d", {("$", "b", "d"), ("$", "c", "d")}),
        ("a: $([b])", {("$", "b")}),
        ("a: b->matchIf([@.c, @.d], [true, $->gig_redacted])", {("$", "b", "c"), ("$", "b", "d")}),
        ("a: b->match(['x', c], [@, null])", {("$", "b"), ("$", "c")}),
        ('a: b?->echo("x") ?? "y"', {("$", "b", "__typename")}),
    ],
)
def test_value_that_is_passed_on_is_read_no_further_than_what_follows_reads_it(text, paths):
    assert parse_selection(text).input_paths() == paths


def test_shapes():
    shape = parse_selection(
        "id n: x->size s: $('a') l: xs->map({ v: @ }) u: k->match(['a', 1], [@, 'b']) j: x->jsonParse"
    ).shape()
    assert shape == ObjectShape(
        fields={
            "id": AnyShape(path=("$", "id")),
            "n": ScalarShape(type="number"),
            "s": ScalarShape(type="string", value="a"),
            "l": ListShape(of=ObjectShape(fields={"v": AnyShape(path=("$", "xs"))})),
            "u": OneOfShape(shapes=(ScalarShape(type="number"), ScalarShape(type="string", value="b"))),
            "j": AnyShape(),
        }
    )


def test_spread_alternatives_are_alternatives_of_the_object():
    shape = parse_selection("id ... k->match(['r', { __typename: 'Ride' }], ['s', { __typename: 'Shift', h }])").shape()
    identifier = AnyShape(path=("$", "id"))
    assert shape == OneOfShape(
        shapes=(
            ObjectShape(fields={"id": identifier, "__typename": ScalarShape(type="string", value="Ride")}),
            ObjectShape(
                fields={
                    "id": identifier,
                    "__typename": ScalarShape(type="string", value="Shift"),
                    "h": AnyShape(path=("$", "h")),
                }
            ),
        )
    )


def test_a_spread_of_unknown_form_leaves_the_object_open():
    shape = parse_selection("id ...extra").shape()
    assert isinstance(shape, ObjectShape)
    assert shape.open


def test_many_alternatives_stay_few():
    def spread(key: str) -> str:
        return f"... {key}->match(" + ", ".join(f"['{n}', {{ {key}{n}: 1 }}]" for n in range(40)) + ")"

    shape = parse_selection(f"{spread('a')} {spread('b')} {spread('c')}").shape()
    assert isinstance(shape, OneOfShape)
    assert len(shape.shapes) <= 256
