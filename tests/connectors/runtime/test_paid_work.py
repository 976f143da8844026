"""`paidWork`: hours and pay of gigs of which both are known, summed by kind of work and currency, over a year."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.catalogue import built_in
from connectors.runtime.paid_work import fold_paid_work
from connectors.transport import UpstreamError, UpstreamMalformedError

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
TASKRABBIT = next(each.definition for each in built_in() if each.name == "taskrabbit")


def gig(**changes: Any) -> dict[str, Any]:
    """Two hours for 50 and a tip of 6, a month ago."""
    ended = NOW - timedelta(days=30)
    return {
        "kind": "TASK",
        "status": "COMPLETED",
        "occupation": {"scheme": "ESCO", "code": "esco:assembler", "label": "assembler", "mapping": "INFERRED"},
        "period": {"start": (ended - timedelta(hours=2)).isoformat(), "end": ended.isoformat()},
        "duration": {"seconds": Decimal(7200)},
        "earnings": [line("50.00"), line("6.00", kind="TIP")],
        "terms": ["furniture assembly"],
    } | changes


def line(amount: Any, kind: str = "BASE", currency: str = "EUR") -> dict[str, Any]:
    return {"kind": kind, "amount": amount, "currency": currency, "sourceCode": None}


def fold(*gigs: dict[str, Any]) -> list[tuple[str, str, str]]:
    paid = fold_paid_work(gigs, TASKRABBIT, NOW, terms=[])
    return [(each["currency"], each["hours"], each["amount"]) for each in paid]


def test_hours_and_pay_are_summed_by_kind_of_work_and_currency() -> None:
    other = {"scheme": "ESCO", "code": "esco:mover", "label": "mover", "mapping": "INFERRED"}
    gigs = [gig(), gig(), gig(occupation=other), gig(earnings=[line("300", currency="SEK")])]
    found = fold_paid_work(gigs, TASKRABBIT, NOW, terms=["hand tools", 7])
    assert [(each["occupation"]["code"], each["currency"], each["hours"], each["amount"]) for each in found] == [
        ("esco:assembler", "EUR", "4.00", "112.00"),
        ("esco:assembler", "SEK", "2.00", "300"),
        ("esco:mover", "EUR", "2.00", "56.00"),
    ]
    assert {tuple(each["terms"]) for each in found} == {("furniture assembly", "hand tools")}
    assert {each["kind"] for each in found} == {"TASK"}


def test_fees_count_and_what_is_nobodys_pay_does_not() -> None:
    fee, toll = line("-10.00", kind="PLATFORM_FEE"), line("4.00", kind="TOLL_REIMBURSEMENT")
    cash, tax = line("50.00", kind="CASH_COLLECTED"), line("-5.00", kind="TAX")
    assert fold(gig(earnings=[line("50.00"), fee, toll, cash, tax])) == [("EUR", "2.00", "40.00")]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "CANCELLED"},
        {"status": "IN_PROGRESS"},
        {"duration": None},
        {"duration": {"seconds": 0}},
        {"duration": {"seconds": -3600}},
        {"duration": {"seconds": "long"}},
        {"earnings": None},
        {"earnings": []},
        {"earnings": [line("50.00", kind="CASH_COLLECTED")]},
        {"earnings": [line("50.00"), line("6.00", currency="SEK")]},
        {"period": None},
        {"period": {"start": "2029-04-30T10:00:00+00:00", "end": "2029-04-30T12:00:00+00:00"}},
        {"period": {"start": "2030-06-01T10:00:00+00:00", "end": "2030-06-01T12:00:00+00:00"}},
    ],
    ids=str,
)
def test_a_gig_without_hours_or_pay_or_of_another_time_is_in_neither_sum(changes: dict[str, Any]) -> None:
    assert fold(gig(), gig(**changes)) == [("EUR", "2.00", "56.00")]
    assert fold(gig(**changes)) == []


@pytest.mark.parametrize("earnings", [UpstreamError("The platform is down."), [line("much")], [line(None)]], ids=str)
def test_a_sum_that_would_leave_something_out_is_no_sum(earnings: Any) -> None:
    with pytest.raises(UpstreamError if isinstance(earnings, UpstreamError) else UpstreamMalformedError):
        fold(gig(), gig(earnings=earnings))
