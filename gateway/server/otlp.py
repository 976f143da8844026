"""Sends finished spans to an OpenTelemetry collector: OTLP 1.x over HTTP, JSON encoding, in batches.

Tracing never holds a request up: spans wait in a bounded queue, and what a collector does not take in time is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

import aiohttp
import orjson

from gateway.server.tracing import Attribute, Span

log = logging.getLogger("gigway.server.otlp")

QUEUE = 4_096
BATCH = 512
SECONDS_BETWEEN = 2.0
_ERROR = 2


class OtlpExporter:
    """A queue of spans and the task that empties it. `endpoint` is the collector's address, without `/v1/traces`."""

    def __init__(self, endpoint: str, service: str, version: str, *, pause: float = SECONDS_BETWEEN) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/traces"
        self._resource = {"attributes": _attributes({"service.name": service, "service.version": version})}
        self._scope = {"name": service, "version": version}
        self._pause = pause
        self._waiting: deque[Span] = deque(maxlen=QUEUE)
        self._is_failing = False

    def add(self, span: Span) -> None:
        """Queue a span; the oldest goes when the queue is full."""
        self._waiting.append(span)

    async def run(self) -> None:
        """Send what is queued, again and again; what is left is sent when this is cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            try:
                while True:
                    await asyncio.sleep(self._pause)
                    await self._send_all(http)
            finally:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(5):
                        await self._send_all(http)

    async def _send_all(self, http: aiohttp.ClientSession) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                async with http.post(self._url, data=self._encode(batch), headers=_HEADERS) as answer:
                    self._note(answer.status < 300)
            except (aiohttp.ClientError, TimeoutError):
                self._note(False)
                return

    def _note(self, is_taken: bool) -> None:
        if not is_taken and not self._is_failing:
            log.warning("the collector does not take traces; they are dropped")
        self._is_failing = not is_taken

    def _encode(self, spans: list[Span]) -> bytes:
        scope_spans = [{"scope": self._scope, "spans": [_span(span) for span in spans]}]
        return orjson.dumps({"resourceSpans": [{"resource": self._resource, "scopeSpans": scope_spans}]})


_HEADERS = {"Content-Type": "application/json"}


def _span(span: Span) -> dict[str, object]:
    encoded: dict[str, object] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
        "attributes": _attributes(span.attributes),
    }
    if span.parent_id:
        encoded["parentSpanId"] = span.parent_id
    if span.failed:
        encoded["status"] = {"code": _ERROR}
    return encoded


def _attributes(values: dict[str, Attribute]) -> list[dict[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Attribute) -> dict[str, object]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case _:
            return {"stringValue": value}
