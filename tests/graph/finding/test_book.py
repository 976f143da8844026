"""Wishes as people write them, and what a worker can take away of what is kept."""

import json

import pytest

from graph.finding.book import WishBook

FORM = {
    "place": "malmö",
    "farthest_km": "50",
    "remote": "ANY",
    "hours_per_week": "20",
    "least_pay": "18,50",
    "currency": "eur",
    "unwanted": "Taxi driver\n\nbus driver\n",
    "looking": "yes",
}


@pytest.fixture
def book(market):
    return WishBook(market.wishes, market.vectors, lambda: market.graph)


def test_what_was_written_comes_back(market, book):
    worker_id = market.worker()
    assert book.of(worker_id) == dict.fromkeys(FORM, "") | {"remote": "ANY", "looking": "yes"}
    assert book.save(worker_id, FORM) is None
    assert book.of(worker_id) == FORM | {"least_pay": "18.5", "currency": "EUR", "unwanted": "bus driver\ntaxi driver"}
    assert book.save(worker_id, dict.fromkeys(FORM, "")) is None
    assert book.of(worker_id)["looking"] == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("place", "Atlantis"),
        ("farthest_km", "far"),
        ("hours_per_week", "99"),
        ("least_pay", "-1"),
        ("currency", "euros"),
        ("unwanted", "work of the idle kind"),
        ("remote", "PERHAPS"),
    ],
)
def test_the_field_that_is_wrong_is_named_and_nothing_is_changed(market, book, field, value):
    worker_id = market.worker()
    book.save(worker_id, FORM)
    before = book.of(worker_id)
    assert book.save(worker_id, FORM | {field: value}) == field
    assert book.of(worker_id) == before


def test_everything_that_is_kept_can_be_taken_away(market, book):
    worker_id, grant_id = market.found(0.6)
    (kept,) = book.kept(worker_id)
    assert kept["grant"] == grant_id
    profile = json.loads(kept["profile"])
    assert set(profile["low"].values()) == {0.6}
    assert set(profile) == {"format", "low", "held", "practice", "performance", "licensed", "preferences"}
    assert book.kept(market.worker()) == []
    assert "Malmö" in book.cities()
