"""Repeated denials: the first at once, the rest of the minute as a number, nothing lost and nothing twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent.leases.decision import Asker
from consent.leases.denials import WINDOW, DenialTally, DeniedAccess

START = datetime(2030, 1, 1, tzinfo=UTC)


def denial(category: str, request_id: str = "r") -> DeniedAccess:
    return DeniedAccess(
        asker=Asker(kind="actor", actor_id="acme", request_id=request_id),
        worker_id="anna",
        platform="uber",
        account_id="u1",
        category=category,
        reason="NOT_GRANTED",
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), max_size=60))
def test_every_denial_is_told_once(steps: list[tuple[str, int]]) -> None:
    tally, now, told = DenialTally(), START, 0
    for number, (category, seconds) in enumerate(steps):
        now += timedelta(seconds=seconds)
        told += sum(repeats for _, repeats in tally.due(now))
        told += tally.is_new(denial(category, str(number)), now)
    told += sum(repeats for _, repeats in tally.due(now, everything=True))
    assert told == len(steps)


def test_windows_close_in_turn() -> None:
    tally = DenialTally()
    assert tally.is_new(denial("a"), START)
    assert tally.is_new(denial("b"), START + timedelta(seconds=1))
    assert not tally.is_new(denial("a", "later"), START + timedelta(seconds=2))
    assert list(tally.due(START + timedelta(seconds=59))) == []
    assert [(kind.category, repeats) for kind, repeats in tally.due(START + WINDOW)] == [("a", 1)]
    assert tally.is_new(denial("a"), START + WINDOW)
    assert not tally.is_new(denial("b"), START + WINDOW)


def test_denial_that_could_not_be_written_is_new_again() -> None:
    tally = DenialTally()
    assert tally.is_new(denial("a"), START)
    tally.forget([denial("a", "another")])
    assert tally.is_new(denial("a"), START)


def test_clock_set_back_closes_the_window() -> None:
    tally = DenialTally()
    tally.is_new(denial("a"), START)
    tally.is_new(denial("a"), START)
    assert [repeats for _, repeats in tally.due(START - timedelta(hours=1))] == [1]
