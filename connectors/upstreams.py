"""Opens the way to a connector's platform, with the limits that its SDL gives."""

from __future__ import annotations

from connectors.environment import Environment
from connectors.schema import AnyConnector
from connectors.transport import Upstream, UpstreamLimits, Wire
from connectors.transport.breaker import CircuitBreaker
from connectors.transport.retry import RetryPolicy


def open_upstream(
    connector: AnyConnector,
    environment: Environment,
    wire: Wire,
    *,
    budget: float | None = None,
    retry: RetryPolicy | None = None,
    breaker: CircuitBreaker | None = None,
) -> Upstream:
    """Return the upstream of a connector where `environment` has it; `budget` is the seconds for a request with its
    retries.
    """
    limits = connector.definition.limits
    most = UpstreamLimits()
    return Upstream(
        wire,
        platform=connector.name,
        reach=environment.reach,
        limits=UpstreamLimits(
            concurrency=limits.concurrency,
            requests=limits.requests,
            period=limits.period,
            per_account=limits.per_account,
            timeout=min(limits.timeout, environment.timeout or limits.timeout),
            body_bytes=limits.body_bytes,
            budget=most.budget if budget is None else budget,
        ),
        retry=retry,
        breaker=breaker,
    )
