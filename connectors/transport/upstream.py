"""One platform's service, with its limits: the only way in which connectors send a request."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.transport.address import Reach
from connectors.transport.breaker import BreakerState, CircuitBreaker
from connectors.transport.credential import AccountCredential
from connectors.transport.failure import (
    PermitEndedError,
    UpstreamError,
    UpstreamForbiddenError,
    UpstreamMalformedError,
    UpstreamThrottledError,
    UpstreamTimeoutError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
)
from connectors.transport.message import UpstreamRequest, UpstreamResponse
from connectors.transport.permit import Permit, require_open, run_under
from connectors.transport.rate import RateLimit
from connectors.transport.retry import RetryPolicy
from connectors.transport.wire import Wire

_PAUSE = 0.01
_SLOW = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamLimits:
    """What a platform can bear: see `@limits`. `budget` is the seconds that a request with its retries may take."""

    concurrency: int = 8
    requests: int | None = None
    period: timedelta | None = None
    per_account: bool = False
    timeout: float = 10.0
    budget: float = 25.0
    body_bytes: int = 8 * 1024 * 1024


@dataclass(slots=True)
class UpstreamCounters:
    """What has happened so far, for health pages and metrics; `seconds` is the sum over answered requests, `slow` how
    many of them took longer than a second.
    """

    requests: int = 0
    answered: int = 0
    failed: int = 0
    throttled: int = 0
    retried: int = 0
    slow: int = 0
    seconds: float = 0.0
    codes: dict[str, int] = field(default_factory=dict)


Check = Callable[[UpstreamResponse], None]
"""Raises the `UpstreamError` that an answer means; none means that it is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """How answers are judged: statuses that are never errors, and the check of the others."""

    accepts: frozenset[int]
    check: Check


class Upstream:
    """Sends requests to one platform, each under a permit and with one account's credential."""

    def __init__(
        self,
        wire: Wire,
        *,
        platform: str,
        reach: Reach = Reach.PUBLIC,
        limits: UpstreamLimits | None = None,
        retry: RetryPolicy | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self.platform = platform
        self.counters = UpstreamCounters()
        self._wire = wire
        self._reach = reach
        self._limits = limits or UpstreamLimits()
        self._retry = retry or RetryPolicy()
        self._breaker = breaker or CircuitBreaker()
        self._slots = asyncio.Semaphore(self._limits.concurrency)
        self._rate = (
            RateLimit(self._limits.requests, self._limits.period)
            if self._limits.requests is not None and self._limits.period is not None
            else None
        )

    @property
    def concurrency(self) -> int:
        """How many requests run at once."""
        return self._limits.concurrency

    @property
    def breaker_state(self) -> BreakerState:
        """How the circuit breaker stands."""
        return self._breaker.state(time.monotonic())

    async def send(
        self,
        request: UpstreamRequest,
        *,
        permit: Permit | None,
        credential: AccountCredential | None,
        deadline: float | None = None,
        accepts: frozenset[int] = frozenset(),
        check: Check | None = None,
    ) -> UpstreamResponse:
        """Send `request` and return a 2xx answer, or one whose status `accepts` names, trying again where safe.

        `check` judges answers in the place of `judge`, for platforms whose statuses do not tell all. `deadline` is a
        reading of the event loop's clock. Before each attempt the permit must be open, and when it ends the attempt is
        dropped. Raises `UpstreamError`.
        """
        verdict = _Verdict(accepts=accepts, check=check or judge)
        require_open(permit)
        assert permit is not None
        now = asyncio.get_running_loop().time
        end = now() + self._limits.budget if deadline is None else min(deadline, now() + self._limits.budget)
        attempt = 1
        while True:
            try:
                return await run_under(permit, self._attempt(request, permit, credential, end - now(), verdict))
            except UpstreamError as failure:
                self._count(failure)
                wait = self._retry.wait_before(attempt + 1, failure, is_safe=request.is_safe, left=end - now())
                if wait is None or self.breaker_state == "open":
                    raise
                attempt += 1
                self.counters.retried += 1
                await run_under(permit, asyncio.sleep(wait))

    async def _attempt(
        self,
        request: UpstreamRequest,
        permit: Permit,
        credential: AccountCredential | None,
        left: float,
        verdict: _Verdict,
    ) -> UpstreamResponse:
        loop = asyncio.get_running_loop()
        end = loop.time() + left
        await self._wait_for_rate(credential, left)
        try:
            async with asyncio.timeout_at(end):
                await self._slots.acquire()
        except TimeoutError:
            raise UpstreamTimeoutError("Too many requests to this platform are waiting.") from None
        try:
            if not self._breaker.admits(time.monotonic()):
                raise UpstreamUnavailableError("The platform keeps failing and is left alone for a moment.")
            require_open(permit)
            return await self._exchange(request, credential, end - loop.time(), verdict)
        finally:
            self._slots.release()

    async def _exchange(
        self, request: UpstreamRequest, credential: AccountCredential | None, left: float, verdict: _Verdict
    ) -> UpstreamResponse:
        if left <= 0:
            self._breaker.abandoned()
            raise UpstreamTimeoutError("There is no time left for this request.")
        proven = request if credential is None else credential.prove(request)
        self.counters.requests += 1
        started = time.monotonic()
        try:
            response = await self._wire.exchange(
                proven,
                reach=self._reach,
                seconds=min(self._limits.timeout, left),
                body_bytes=self._limits.body_bytes,
            )
            if response.status not in verdict.accepts:
                verdict.check(response)
        except UpstreamError as failure:
            if failure.trips_breaker:
                self._breaker.failed(time.monotonic())
            else:
                self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        self.counters.answered += 1
        took = time.monotonic() - started
        self.counters.seconds += took
        self.counters.slow += took > _SLOW
        return response

    async def _wait_for_rate(self, credential: AccountCredential | None, left: float) -> None:
        if self._rate is None:
            return
        key = credential.account_id if credential is not None and self._limits.per_account else ""
        wait = self._rate.reserve(key, time.monotonic())
        if wait > min(left, self._retry.most_wait):
            self._rate.give_back(key)
            raise UpstreamThrottledError("The platform's rate limit is used up.", retry_after=wait)
        if wait > _PAUSE:
            await asyncio.sleep(wait)

    def _count(self, failure: UpstreamError) -> None:
        if isinstance(failure, PermitEndedError):
            return
        self.counters.failed += 1
        if isinstance(failure, UpstreamThrottledError):
            self.counters.throttled += 1
        self.counters.codes[failure.code] = self.counters.codes.get(failure.code, 0) + 1


def judge(response: UpstreamResponse) -> None:
    """Raise the `UpstreamError` that a status means; 2xx means none."""
    status = response.status
    if 200 <= status < 300:
        return
    if status == 401:
        raise UpstreamUnauthorizedError("The platform no longer accepts this account's credential.", status=status)
    if status == 403 and response.headers.get("x-ratelimit-remaining") == "0":
        raise UpstreamThrottledError(
            "The platform's rate limit is used up.", status=status, retry_after=_retry_after(response.headers)
        )
    if status == 403:
        raise UpstreamForbiddenError("The platform refuses this to the account's credential.", status=status)
    if status == 429:
        raise UpstreamThrottledError(
            "The platform's rate limit is used up.", status=status, retry_after=_retry_after(response.headers)
        )
    if status in (408, 504):
        raise UpstreamTimeoutError("The platform did not answer in time.", status=status)
    if status >= 500:
        raise UpstreamUnavailableError(
            "The platform is not available.", status=status, retry_after=_retry_after(response.headers)
        )
    raise UpstreamMalformedError(f"The platform answered with status {status}.", status=status)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` (RFC 9110 §10.2.3), else the `X-Rate-Limit-Reset` family; seconds from now."""
    text = headers.get("retry-after")
    if text is not None:
        if text.isascii() and text.isdecimal():
            return float(text)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
        except ValueError:
            return None
    reset = headers.get("x-rate-limit-reset") or headers.get("x-ratelimit-reset")
    if reset is not None and reset.isascii() and reset.isdecimal():
        value = float(reset)
        return max(0.0, value - time.time()) if value > 1_000_000_000 else value
    return None
