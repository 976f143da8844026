"""The conversion methods that are ours: times, money, distances, ratings, pseudonyms."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping import PSEUDONYM_KEY, compile_selection, load_json, parse_selection


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0->gig_epoch", "1970-01-01T00:00:00Z"),
        ("1700000000->gig_epoch", "2023-11-14T22:13:20Z"),
        ("1700000000.25->gig_epoch", "2023-11-14T22:13:20.250Z"),
        ("'1700000000'->gig_epoch", "2023-11-14T22:13:20Z"),
        ("1700000000123->gig_epoch('ms')", "2023-11-14T22:13:20.123Z"),
        ("1700000000000000->gig_epoch('us')", "2023-11-14T22:13:20Z"),
        ("-1->gig_epoch", "1969-12-31T23:59:59Z"),
        ("20240229->gig_date", "2024-02-29"),
        ("'20240229'->gig_date", "2024-02-29"),
        ("'5/1/2024'->gig_date('M/d/yyyy')", "2024-05-01"),
        ("'01.05.2024'->gig_date('dd.MM.yyyy')", "2024-05-01"),
        ("'2024-05-01 10:00:00'->gig_utc('Europe/Brussels')", "2024-05-01T08:00:00Z"),
        ("'2024-01-01T10:00'->gig_utc('Europe/Brussels')", "2024-01-01T09:00:00Z"),
        ("'2024-05-01T10:00:00.5+02:00'->gig_utc('America/New_York')", "2024-05-01T08:00:00.500Z"),
        ("'2024-05-01T10:00:00Z'->gig_utc", "2024-05-01T10:00:00Z"),
        ("'2024-05-01 10:00:00 +0000 UTC'->gig_utc", "2024-05-01T10:00:00Z"),
        ("'2024-05-01'->gig_utc('+05:30')", "2024-04-30T18:30:00Z"),
        ("'5/1/2024 1:05 PM'->gig_utc('America/New_York', 'M/d/yyyy h:mm a')", "2024-05-01T17:05:00Z"),
        ("'12/31/2023 12:00 am'->gig_utc('UTC', 'MM/dd/yyyy hh:mm a')", "2023-12-31T00:00:00Z"),
        ("'20240501T101112'->gig_utc('UTC', \"yyyyMMdd'T'HHmmss\")", "2024-05-01T10:11:12Z"),
        ("'2024-10-27 02:30:00'->gig_utc('Europe/Brussels')", "2024-10-27T00:30:00Z"),
        ("90->gig_seconds('min')", 5400),
        ("1.5->gig_seconds('h')", 5400),
        ("1500->gig_seconds('ms')", Decimal("1.5")),
        ("'PT1H30M'->gig_seconds('iso')", 5400),
        ("'P1DT0.5S'->gig_seconds('iso')", Decimal("86400.5")),
        ("'1:30:05'->gig_seconds('clock')", 5405),
        ("'90:05'->gig_seconds('clock')", 5405),
        ("12.5->gig_money(2)", "12.50"),
        ("12->gig_money(2)", "12.00"),
        ("12.345->gig_money(2)", "12.345"),
        ("'0.50'->gig_money", "0.50"),
        ("12->gig_money", "12"),
        ("-0.5->gig_money(2)", "-0.50"),
        ("1234->gig_minor", "12.34"),
        ("-5->gig_minor", "-0.05"),
        ("'700'->gig_minor(0)", "700"),
        ("1->gig_minor(3)", "0.001"),
        ("1->gig_meters('mi')", Decimal("1609.344")),
        ("2.5->gig_meters('km')", 2500),
        ("'10'->gig_meters('ft')", Decimal("3.048")),
        ("4.87->gig_ratio(1, 5)", Decimal("0.9675")),
        ("5->gig_ratio(1, 5)", 1),
        ("1->gig_ratio(5, 1)", 1),
        ("'97'->gig_ratio(0, 100)", Decimal("0.97")),
        ("2->gig_ratio(0, 3)", Decimal("0.666667")),
    ],
)
def test_conversions(apply, expression, expected):
    assert apply(f"$({expression})") == expected


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("'soon'->gig_epoch", "TYPE_MISMATCH"),
        ("1->gig_epoch('weeks')", "TYPE_MISMATCH"),
        ("99999999999999999->gig_epoch", "OUT_OF_RANGE"),
        ("20240230->gig_date", "NOT_CONVERTIBLE"),
        ("'x'->gig_date('what')", "NOT_CONVERTIBLE"),
        ("'2024-05-01 10:00'->gig_utc('Mars/Base')", "NOT_CONVERTIBLE"),
        ("'2024-05-01 10:00'->gig_utc('../../etc/passwd')", "NOT_CONVERTIBLE"),
        ("'2024-13-01 10:00'->gig_utc", "NOT_CONVERTIBLE"),
        ("'0001-01-01 00:00'->gig_utc('+14:00')", "OUT_OF_RANGE"),
        ("5->gig_utc", "TYPE_MISMATCH"),
        ("5->gig_seconds('fortnight')", "TYPE_MISMATCH"),
        ("'P'->gig_seconds('iso')", "NOT_CONVERTIBLE"),
        ("'$12'->gig_money", "TYPE_MISMATCH"),
        ("1->gig_money(99)", "TYPE_MISMATCH"),
        ("1.5->gig_minor", "TYPE_MISMATCH"),
        ("1->gig_meters('parsec')", "TYPE_MISMATCH"),
        ("6->gig_ratio(1, 5)", "OUT_OF_RANGE"),
        ("1->gig_ratio(1, 1)", "OUT_OF_RANGE"),
        ("'good'->gig_ratio(1, 5)", "TYPE_MISMATCH"),
        ("'rider'->gig_pseudonym('s')", "NO_PSEUDONYM_KEY"),
        ("{}->gig_pseudonym('s')", "TYPE_MISMATCH"),
    ],
)
def test_what_cannot_be_converted(attempt, expression, code):
    assert attempt(f"{{ v: {expression} }}") == ({}, [code])


def test_money_that_arrived_as_a_float_is_refused():
    value, problems = compile_selection(parse_selection("v: cost->gig_money(2)"))({"cost": 12.1}, {})
    assert value == {}
    assert [problem.code for problem in problems] == ["INEXACT_NUMBER"]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4))
def test_money_keeps_every_digit(amount):
    data = load_json(f'{{"cost": {amount:f}}}')
    value, problems = compile_selection(parse_selection("$.cost->gig_money"))(data, {})
    assert problems == []
    assert Decimal(value) == amount


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_minor_units_are_hundredths(cents):
    value, _ = compile_selection(parse_selection("$.c->gig_minor"))({"c": cents}, {})
    assert Decimal(value) * 100 == cents


def pseudonym(value: object, scope: str, key: object) -> object:
    mapper = compile_selection(parse_selection(f"$.v->gig_pseudonym('{scope}')"))
    return mapper({"v": value}, {PSEUDONYM_KEY: key})[0]


def test_pseudonyms_are_stable_and_bound_to_key_and_scope():
    key, other = "k" * 32, b"o" * 32
    first = pseudonym("rider-1", "uber:rider", key)
    assert isinstance(first, str)
    assert "rider-1" not in first
    assert first == pseudonym("rider-1", "uber:rider", key.encode())
    assert len({first, pseudonym("rider-1", "uber:ride", key), pseudonym("rider-1", "uber:rider", other)}) == 3
    assert pseudonym("brider-1", "a", key) != pseudonym("rider-1", "ab", key)


def test_a_short_key_is_no_key():
    assert pseudonym("rider-1", "s", "short") is None
