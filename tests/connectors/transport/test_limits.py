"""Rate limit, circuit breaker and retry policy: pure, with a clock in hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transport import (
    PermitEndedError,
    UpstreamMalformedError,
    UpstreamResponse,
    UpstreamThrottledError,
    UpstreamTimeoutError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
)
from connectors.transport.breaker import CircuitBreaker
from connectors.transport.rate import RateLimit
from connectors.transport.retry import RetryPolicy
from connectors.transport.upstream import judge


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 6))
def test_no_more_than_the_limit_in_any_period(gaps: list[float], limit: int) -> None:
    rate = RateLimit(limit, timedelta(seconds=1))
    now, sent = 0.0, []
    for gap in gaps:
        now += gap
        sent.append(now + rate.reserve("", now))
    sent.sort()
    for first, later in zip(sent, sent[limit:], strict=False):
        assert later - first >= 1 - 1e-9


def test_keys_do_not_share_a_limit() -> None:
    rate = RateLimit(1, timedelta(seconds=10))
    assert [rate.reserve(key, 0.0) for key in ("a", "b", "a")] == [0.0, 0.0, 10.0]


def test_booking_that_was_given_back_is_free() -> None:
    rate = RateLimit(1, timedelta(seconds=10))
    rate.reserve("", 0.0)
    rate.reserve("", 0.0)
    rate.give_back("")
    assert rate.reserve("", 0.0) == 10.0


def test_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    breaker = CircuitBreaker(failures=3, cool_down=10)
    for _ in range(2):
        breaker.failed(0)
    breaker.succeeded()
    for _ in range(3):
        assert breaker.admits(0)
        breaker.failed(0)
    assert (breaker.state(5), breaker.admits(5)) == ("open", False)
    assert breaker.state(10) == "half_open"
    assert [breaker.admits(10), breaker.admits(10)] == [True, False]
    breaker.succeeded()
    assert breaker.state(10) == "closed"


def test_breaker_stays_open_longer_after_a_failed_probe() -> None:
    breaker = CircuitBreaker(failures=1, cool_down=10, longest=30)
    breaker.failed(0)
    assert breaker.admits(10)
    breaker.failed(10)
    assert breaker.state(29) == "open"
    assert breaker.admits(30)
    breaker.failed(30)
    assert breaker.state(59) == "open"
    assert breaker.state(60) == "half_open"


def test_abandoned_probe_makes_room_for_another() -> None:
    breaker = CircuitBreaker(failures=1, cool_down=1)
    breaker.failed(0)
    assert breaker.admits(1)
    breaker.abandoned()
    assert breaker.admits(1)


@pytest.mark.parametrize(
    ("failure", "is_safe", "left", "retried"),
    [
        (UpstreamUnavailableError(""), True, 5, True),
        (UpstreamUnavailableError(""), False, 5, False),
        (UpstreamTimeoutError(""), True, 5, True),
        (UpstreamTimeoutError(""), True, 0, False),
        (UpstreamMalformedError(""), True, 5, False),
        (UpstreamUnauthorizedError(""), True, 5, False),
        (PermitEndedError(""), True, 5, False),
        (UpstreamThrottledError("", retry_after=2), True, 5, True),
        (UpstreamThrottledError("", retry_after=2), True, 1, False),
        (UpstreamThrottledError("", retry_after=3600), True, 9999, False),
    ],
)
def test_only_what_may_help_is_tried_again(failure, is_safe: bool, left: float, retried: bool) -> None:
    wait = RetryPolicy().wait_before(2, failure, is_safe=is_safe, left=left)
    assert (wait is not None) is retried
    if failure.retry_after is not None and retried:
        assert wait == failure.retry_after


def test_waits_are_drawn_at_random_below_a_doubling_bound() -> None:
    policy, failure = RetryPolicy(attempts=4, first_wait=0.1), UpstreamUnavailableError("")
    for attempt, bound in ((2, 0.1), (3, 0.2), (4, 0.4)):
        waits = [policy.wait_before(attempt, failure, is_safe=True, left=9) for _ in range(50)]
        assert len(set(waits)) > 40
        assert all(wait is not None and 0 <= wait <= bound for wait in waits)


def test_attempts_are_bounded() -> None:
    assert RetryPolicy(attempts=3).wait_before(4, UpstreamUnavailableError(""), is_safe=True, left=9) is None


@pytest.mark.parametrize(
    ("status", "headers", "code", "retry_after"),
    [
        (401, {}, "RELINK_NEEDED", None),
        (403, {}, "RELINK_NEEDED", None),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, "UPSTREAM_THROTTLED", 7),
        (429, {"retry-after": "12"}, "UPSTREAM_THROTTLED", 12),
        (429, {"retry-after": "soon"}, "UPSTREAM_THROTTLED", None),
        (500, {}, "UPSTREAM_UNAVAILABLE", None),
        (503, {"retry-after": "1"}, "UPSTREAM_UNAVAILABLE", 1),
        (504, {}, "UPSTREAM_TIMEOUT", None),
        (302, {"location": "http://169.254.169.254/"}, "UPSTREAM_MALFORMED", None),
        (404, {}, "UPSTREAM_MALFORMED", None),
    ],
)
def test_statuses_have_meanings(status: int, headers: dict[str, str], code: str, retry_after: float | None) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # the class is what differs
        judge(UpstreamResponse(status=status, headers=headers, body=b""))
    assert (raised.value.code, raised.value.retry_after) == (code, retry_after)
