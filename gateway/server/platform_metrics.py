"""How platforms fare, as Prometheus counters of this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.runtime import ConnectorSubgraph
from gateway.server.metrics import Counter

_BREAKER = {"closed": 0.0, "half_open": 0.5, "open": 1.0}


def platform_counters(platforms: Sequence[ConnectorSubgraph]) -> Iterator[Counter]:
    """Yield the counters of the running connectors."""
    requests = Counter("gigway_platform_requests_total", "Requests to platforms, retries included.", ("platform",))
    failures = Counter("gigway_platform_failures_total", "Requests that failed, by code.", ("platform", "code"))
    retries = Counter("gigway_platform_retries_total", "Requests that were tried again.", ("platform",))
    answers = Counter("gigway_platform_answers_total", "Requests that were answered.", ("platform",))
    seconds = Counter("gigway_platform_answer_seconds_total", "Time of the answered requests.", ("platform",))
    breaker = Counter("gigway_platform_breaker_open", "1 open, 0.5 half open, 0 closed.", ("platform",), kind="gauge")
    drift = Counter(
        "gigway_platform_drift_total", "Values that did not fit the mapping, by code.", ("platform", "code")
    )
    for platform in platforms:
        name, counters = platform.name, platform.counters
        requests.add((name,), counters.requests)
        retries.add((name,), counters.retried)
        answers.add((name,), counters.answered)
        seconds.add((name,), counters.seconds)
        breaker.add((name,), _BREAKER[platform.breaker_state])
        for code, count in counters.codes.items():
            failures.add((name, code), count)
        for line in platform.drift_lines():
            drift.add((name, line.code), line.count)
    yield from (requests, failures, retries, answers, seconds, breaker, drift)
