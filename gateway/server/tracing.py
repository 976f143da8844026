"""OpenTelemetry traces: spans, their nesting, and which requests are traced.

A span knows its trace, its parent, its times and a few attributes; none of them comes from a document, a variable or
an answer, but for an operation's name. The context of a caller is read from `traceparent` (W3C Trace Context).
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import Random

SERVER, CLIENT, INTERNAL = 2, 3, 1
"""Kinds of spans, as OTLP numbers them."""

Attribute = str | int | bool


@dataclass(slots=True, kw_only=True)
class Span:
    """One step of a traced request. Times are nanoseconds of Unix time."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str = ""
    kind: int = INTERNAL
    start: int = 0
    end: int = 0
    failed: bool = False
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What a caller says about its own trace."""

    trace_id: str
    span_id: str
    sampled: bool


class Tracer:
    """Makes spans and hands finished ones to `export`. `ratio` of the requests without a traced caller are traced."""

    def __init__(self, export: Callable[[Span], None], *, ratio: float = 1.0) -> None:
        self._export = export
        self._ratio = ratio
        self._random = Random()  # noqa: S311 (chance, not a secret)
        self._current: ContextVar[Span | None] = ContextVar("span", default=None)

    @contextlib.contextmanager
    def request(self, name: str, traceparent: bytes | None) -> Iterator[Span | None]:
        """Open the outermost span of a request; None when the request is not traced."""
        caller = parse_traceparent(traceparent)
        if not (caller.sampled if caller else self._random.random() < self._ratio):
            yield None
            return
        span = Span(
            name=name,
            trace_id=caller.trace_id if caller else secrets.token_hex(16),
            span_id=secrets.token_hex(8),
            parent_id=caller.span_id if caller else "",
            kind=SERVER,
        )
        with self._running(span):
            yield span

    @contextlib.contextmanager
    def step(self, name: str, kind: int = INTERNAL) -> Iterator[Span | None]:
        """Open a span inside the current one; None outside of a traced request."""
        parent = self._current.get()
        if parent is None:
            yield None
            return
        span = Span(
            name=name,
            trace_id=parent.trace_id,
            span_id=secrets.token_hex(8),
            parent_id=parent.span_id,
            kind=kind,
        )
        with self._running(span):
            yield span

    @contextlib.contextmanager
    def _running(self, span: Span) -> Iterator[None]:
        token = self._current.set(span)
        span.start = time.time_ns()
        try:
            yield
        except BaseException:
            span.failed = True
            raise
        finally:
            self._current.reset(token)
            span.end = time.time_ns()
            self._export(span)


def parse_traceparent(header: bytes | None) -> Caller | None:
    """Return the caller's context (W3C Trace Context §3.2); None when there is none that can be read."""
    if header is None or len(header) < 55:
        return None
    try:
        version, trace_id, span_id, flags = header[:55].decode("ascii").split("-")
        sampled = bool(int(flags, 16) & 1)
        values = int(trace_id, 16), int(span_id, 16)
    except ValueError:
        return None
    if (len(version), len(trace_id), len(span_id)) != (2, 32, 16) or version == "ff" or 0 in values:
        return None
    if header[:55] != header[:55].lower() or (version == "00" and len(header) != 55):
        return None
    return Caller(trace_id=trace_id, span_id=span_id, sampled=sampled)
