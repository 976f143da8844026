"""What a connector makes of sample answers: values, what its mappings missed, and what the types do not allow."""

import json
from typing import Any

import pytest

from connectors.catalogue import built_in
from connectors.conformance.samples import Sample, map_samples

FIVERR = next(each for each in built_in() if each.name == "fiverr")
SELLER: dict[str, Any] = {"displayName": "Alex", "status": "active", "rating": {"value": 4.9, "count": 3}}


def mapped(connect: str, body: Any) -> Any:
    (found,) = map_samples(FIVERR, [Sample(connect=connect, body=json.dumps(body).encode())])
    return found


def test_answer_that_fits_says_what_it_becomes_and_nothing_else() -> None:
    found = mapped("seller", SELLER)
    assert (found.problems, found.misfits, found.error) == ([], [], None)
    assert json.loads(found.value)["profile"] == {"displayName": "Alex", "status": "ACTIVE"}


@pytest.mark.parametrize(
    ("change", "misfit"),
    [
        ({"rating": {"value": 4.9, "count": "many"}}, "ratings.sampleSize is no Int"),
        ({"rating": {"value": "good", "count": 3}}, "ratings.value is no Decimal"),
        ({"rating": {"count": 3}}, "ratings.value is null, but required"),
        ({"displayName": ["Alex"]}, "profile.displayName is no String"),
    ],
)
def test_answer_of_another_type_is_told_by_its_place(change: dict[str, Any], misfit: str) -> None:
    assert mapped("seller", SELLER | change).misfits == [misfit]


def test_record_of_a_stream_is_held_against_its_type() -> None:
    order = {"encryptedId": "a", "status": "COMPLETED", "createdAt": "yesterday"}
    found = mapped("transactions", {"data": {"transactions": [{"activity": "EARNING", "order": order}]}})
    assert "engagements.period.start is no DateTime" in found.misfits


def test_sample_of_nothing_names_what_there_is() -> None:
    found = mapped("sellers", {})
    assert found.error == "there is no such @connect; there is seller, transactions"
