"""What a feed's records must be: one that is not is refused with a code, and costs itself only."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.feeds.records import check_records

COURSE = {"ref": "a", "title": "Bread", "teaches": ["bake bread"], "hours": 12, "cost": "80", "mode": "ONLINE"}
OPENING = {
    "ref": "o",
    "title": "Baker",
    "organization": "Crust",
    "place": "Lund",
    "pay": {"min": 15, "max": "18.5", "per": "HOUR"},
    "postedAt": "2026-10-01T08:00:00+02:00",
}
COUNT = {"month": "2026-10", "region": "Lund", "occupation": "baker", "openings": 3}


def codes(kind, *records, currency="EUR"):
    return [(each.code, each.count) for each in check_records(kind, records, currency=currency).refused]


def test_good_record_has_every_field_and_plain_values():
    (course,) = check_records("TRAINING", [COURSE], currency="EUR").records
    assert course == COURSE | {
        "cost": "80.00",
        "currency": "EUR",
        "description": None,
        "provider": None,
        "requires": [],
        "after": [],
        "place": None,
        "languages": [],
        "certificate": None,
        "licenses": [],
        "staffs": [],
        "staffedBy": None,
        "url": None,
    }
    (opening,) = check_records("OPPORTUNITIES", [OPENING], currency="SEK").records
    assert opening["postedAt"] == "2026-10-01T06:00:00+00:00"
    assert opening["hoursPerWeek"] is None
    assert opening["pay"] == {"min": "15.00", "max": "18.50", "currency": "SEK", "per": "HOUR"}
    assert check_records("POSTINGS", [COUNT], currency=None).records == (COUNT,)


@pytest.mark.parametrize(
    ("kind", "record", "code"),
    [
        ("TRAINING", "text", "RECORD_INVALID"),
        ("TRAINING", COURSE | {"ref": None}, "FIELD_MISSING"),
        ("TRAINING", COURSE | {"ref": ""}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"title": "x" * 301}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"teaches": []}, "TEACHES_NOTHING"),
        ("TRAINING", COURSE | {"teaches": "bake bread"}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"teaches": ["x"] * 101}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"hours": -1}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"hours": 1.5}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"hours": True}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"cost": "NaN"}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"cost": "-1"}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"currency": "kr"}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"mode": "HYBRID"}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"mode": "ON_SITE"}, "PLACE_MISSING"),
        ("TRAINING", COURSE | {"after": ["a"]}, "AFTER_ITSELF"),
        ("TRAINING", COURSE | {"languages": ["swedish"]}, "FIELD_INVALID"),
        ("TRAINING", COURSE | {"url": "javascript:alert(1)"}, "FIELD_INVALID"),
        ("OPPORTUNITIES", OPENING | {"place": None}, "PLACE_MISSING"),
        ("OPPORTUNITIES", OPENING | {"pay": {"min": 20, "max": 10, "per": "HOUR"}}, "FIELD_INVALID"),
        ("OPPORTUNITIES", OPENING | {"pay": {"min": 20, "per": "HOUR"}}, "FIELD_INVALID"),
        ("OPPORTUNITIES", OPENING | {"postedAt": "yesterday"}, "FIELD_INVALID"),
        ("OPPORTUNITIES", OPENING | {"closesAt": "2026-09-01T00:00:00Z"}, "CLOSES_BEFORE_POSTED"),
        ("OPPORTUNITIES", OPENING | {"openings": 0}, "FIELD_INVALID"),
        ("OPPORTUNITIES", OPENING | {"hoursPerWeek": 0}, "FIELD_INVALID"),
        ("OPPORTUNITIES", OPENING | {"hoursPerWeek": 169}, "FIELD_INVALID"),
        ("POSTINGS", COUNT | {"month": "2026-13"}, "FIELD_INVALID"),
        ("POSTINGS", COUNT | {"openings": "many"}, "FIELD_INVALID"),
    ],
)
def test_bad_record_is_refused_with_its_code(kind, record, code):
    assert codes(kind, record) == [(code, 1)]


def test_weekly_hours_are_rounded():
    (opening,) = check_records("OPPORTUNITIES", [OPENING | {"hoursPerWeek": "37.5"}], currency="SEK").records
    assert opening["hoursPerWeek"] == 38


def test_others_live_and_reasons_are_counted_with_an_example():
    checked = check_records(
        "TRAINING",
        [COURSE, COURSE, COURSE | {"ref": "b", "hours": -1}, COURSE | {"ref": "c", "hours": -2}],
        currency="EUR",
    )
    assert [each["ref"] for each in checked.records] == ["a"]
    assert [(each.code, each.count, each.example) for each in checked.refused] == [
        ("FIELD_INVALID", 2, "b"),
        ("REF_TWICE", 1, "a"),
    ]


def test_without_any_currency_an_amount_means_nothing():
    assert codes("TRAINING", COURSE, currency=None) == [("CURRENCY_MISSING", 1)]
    assert codes("TRAINING", COURSE | {"currency": "SEK"}, currency=None) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["TRAINING", "OPPORTUNITIES", "POSTINGS"]), st.sampled_from([COURSE, OPENING, COUNT]), st.data())
def test_whatever_arrives_is_accepted_or_refused_never_raised(kind, record, data):
    field = data.draw(st.sampled_from(sorted(record)))
    checked = check_records(kind, [record | {field: data.draw(JSON)}, data.draw(JSON)], currency="EUR")
    assert len(checked.records) + sum(each.count for each in checked.refused) == 2
