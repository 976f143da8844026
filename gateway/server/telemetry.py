"""What is measured where: around the endpoint, around planning, around each call to a subgraph.

Nothing is wrapped when neither metrics nor traces are configured, so measuring that is off costs nothing.

    request ─► plan
            └► fetch, fetch, …
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import Any

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.config import Settings
from gateway.engine.options import WatchPlanning
from gateway.errors import SubgraphError
from gateway.server.metrics import Counter, Metrics, metrics_route
from gateway.server.otlp import OtlpExporter
from gateway.server.tracing import CLIENT, Tracer
from gateway.subgraph import Answer, Subgraph, SubgraphCall

LONGEST_NAME = 100


class Telemetry:
    """The instruments that are on."""

    def __init__(self, metrics: Metrics | None, tracer: Tracer | None, exporter: OtlpExporter | None = None) -> None:
        self._metrics = metrics
        self._tracer = tracer
        self._exporter = exporter

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what sends traces for as long as the application runs."""
        return [self._exporter.run()] if self._exporter is not None else []

    def routes(self) -> list[BaseRoute]:
        """Return the route that Prometheus scrapes, if there is one."""
        return [metrics_route(self._metrics.render)] if self._metrics is not None else []

    def collect(self, counters: Callable[[], Iterable[Counter]]) -> None:
        """Show these counters, too, at each scrape."""
        if self._metrics is not None:
            self._metrics.collect = counters

    @property
    def is_on(self) -> bool:
        """Whether anything is measured."""
        return self._metrics is not None or self._tracer is not None

    def endpoint(self, inner: ASGIApp) -> ASGIApp:
        """Return the endpoint, measured."""
        return _MeasuredEndpoint(inner, self._metrics, self._tracer) if self.is_on else inner

    @property
    def planning(self) -> WatchPlanning | None:
        """What makes planning a step of its own in traces; None when nothing is traced."""
        return self._planning if self._tracer is not None else None

    @contextmanager
    def _planning(self, kind: str, name: str | None) -> Iterator[None]:
        assert self._tracer is not None
        with self._tracer.step("plan") as span:
            if span is not None:
                span.attributes["graphql.operation.type"] = kind
                if name:
                    span.attributes["graphql.operation.name"] = name[:LONGEST_NAME]
            yield

    def subgraph(self, inner: Subgraph) -> Subgraph:
        """Return the subgraph, measured."""
        return _MeasuredSubgraph(inner, self._metrics, self._tracer) if self.is_on else inner


def telemetry_of(settings: Settings) -> Telemetry:
    """Return the instruments that the operator wants."""
    metrics = Metrics() if settings.metrics else None
    if not settings.trace_endpoint:
        return Telemetry(metrics, None)
    exporter = OtlpExporter(settings.trace_endpoint, "gigway", version("gigway"))
    return Telemetry(metrics, Tracer(exporter.add, ratio=settings.trace_ratio), exporter)


class _MeasuredEndpoint:
    def __init__(self, inner: ASGIApp, metrics: Metrics | None, tracer: Tracer | None) -> None:
        self._inner = inner
        self._metrics = metrics
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 499

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._counted(lambda: status), self._traced(scope) as span:
            await self._inner(scope, receive, noting)
            if span is not None:
                span.attributes["http.response.status_code"] = status

    def _traced(self, scope: Scope) -> Any:
        if self._tracer is None:
            return nullcontext()
        found = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
        return self._tracer.request(f"{scope['method']} /graphql", found)

    @contextmanager
    def _counted(self, status: Callable[[], int]) -> Iterator[None]:
        metrics = self._metrics
        if metrics is None:
            yield
            return
        start = time.perf_counter()
        metrics.open.add()
        try:
            yield
        finally:
            metrics.open.add(amount=-1.0)
            metrics.requests.add((str(status()),))
            metrics.seconds.observe(time.perf_counter() - start)


class _MeasuredSubgraph:
    def __init__(self, inner: Subgraph, metrics: Metrics | None, tracer: Tracer | None) -> None:
        self._inner = inner
        self._metrics = metrics
        self._tracer = tracer
        self.name = inner.name
        self.sdl = inner.sdl
        if hasattr(inner, "subscribe"):
            self.subscribe: Callable[[SubgraphCall], AsyncGenerator[Answer, None]] = inner.subscribe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, call: SubgraphCall) -> Answer:
        start, outcome = time.perf_counter(), "failed"
        with nullcontext() if self._tracer is None else self._tracer.step("fetch", CLIENT) as span:
            if span is not None:
                span.attributes["graphql.subgraph"] = self.name
            try:
                answer = await self._inner.execute(call)
                outcome = "partial" if answer.get("errors") else "ok"
                return answer
            except SubgraphError as error:
                outcome = error.code.lower()
                raise
            finally:
                if self._metrics is not None:
                    self._metrics.fetches.add((self.name, outcome))
                    self._metrics.fetch_seconds.observe(time.perf_counter() - start, (self.name,))
