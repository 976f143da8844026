"""Since when each part of a contribution is in the counts as it is."""

from dataclasses import replace
from decimal import Decimal

from graph.counting.contribution import Contribution, pay_to_bytes
from graph.counting.counted import Counted

EUR, SEK = ("EUR", "esco:a"), ("SEK", "esco:a")
FIRST = Contribution(region="SE-M", lacking=frozenset({"esco:b"}), pay={EUR: Decimal(18), SEK: Decimal(180)})


def test_what_stays_as_it_is_keeps_its_release():
    one = Counted.after(None, FIRST, 1)
    assert (one.since, one.paid_since) == (1, {EUR: 1, SEK: 1})
    assert Counted.after(one, FIRST, 2) == one
    more = Counted.after(one, replace(FIRST, pay={EUR: Decimal(19), SEK: Decimal(180)}), 2)
    assert (more.since, more.paid_since) == (1, {EUR: 2, SEK: 1})
    fewer = Counted.after(one, replace(FIRST, lacking=frozenset(), pay={EUR: Decimal(18)}), 2)
    assert (fewer.since, fewer.paid_since) == (2, {EUR: 1})
    again = Counted.after(fewer, FIRST, 3)
    assert (again.since, again.paid_since) == (3, {EUR: 1, SEK: 3})


def test_who_moves_is_somebody_else_in_every_number():
    moved = Counted.after(Counted.after(None, FIRST, 1), replace(FIRST, region="SE-AB"), 2)
    assert (moved.since, moved.paid_since) == (2, {EUR: 2, SEK: 2})


def test_pay_that_was_not_read_stays():
    one = Counted.after(None, FIRST, 1)
    assert Counted.after(one, replace(FIRST, pay=None), 2) == one
    moved = Counted.after(one, replace(FIRST, pay=None, region="SE-AB"), 2)
    assert (moved.contribution.pay, moved.paid_since) == (FIRST.pay, {EUR: 2, SEK: 2})
    none = Counted.after(None, replace(FIRST, pay=None), 1)
    assert (none.contribution.pay, none.paid_since) == (None, {})
    assert Counted.after(one, replace(FIRST, pay={}), 2).contribution.pay == {}


def test_it_is_stored_and_read_back():
    for contribution in (FIRST, replace(FIRST, pay=None), replace(FIRST, pay={})):
        counted = Counted.after(None, contribution, 5)
        assert Counted.from_bytes(counted.to_bytes(), 5) == counted
        assert Contribution.from_bytes(contribution.to_bytes()) == contribution
    assert replace(FIRST, pay=None).earning(pay_to_bytes(FIRST.pay)) == FIRST
    assert FIRST.earning(None) == FIRST
