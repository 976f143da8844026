"""Prometheus metrics of this process: counters, gauges and histograms, in the text exposition format 0.0.4.

Labels take values from small sets of our own (status, subgraph, outcome), never from a request.
"""

from __future__ import annotations

import os
import resource
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Labels = tuple[str, ...]


class Counter:
    """A number for each combination of label values; `gauge` ones may fall."""

    def __init__(self, name: str, text: str, labels: Labels = (), *, kind: str = "counter") -> None:
        self.name = name
        self._head = f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
        self._labels = labels
        self._values: dict[Labels, float] = {} if labels else {(): 0.0}

    def add(self, values: Labels = (), amount: float = 1.0) -> None:
        """Add to the number of these label values."""
        self._values[values] = self._values.get(values, 0.0) + amount

    def render(self) -> Iterator[str]:
        """Yield lines."""
        yield self._head
        for values, number in sorted(self._values.items()):
            yield f"{self.name}{_braces(self._labels, values)} {_number(number)}\n"


class Histogram:
    """Durations in buckets, for each combination of label values."""

    def __init__(self, name: str, text: str, labels: Labels = ()) -> None:
        self.name = name
        self._head = f"# HELP {name} {text}\n# TYPE {name} histogram\n"
        self._labels = labels
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, seconds: float, values: Labels = ()) -> None:
        """Count one duration."""
        counts = self._counts.get(values)
        if counts is None:
            counts = self._counts[values] = [0] * (len(SECONDS) + 1)
            self._sums[values] = 0.0
        counts[bisect_left(SECONDS, seconds)] += 1
        self._sums[values] += seconds

    def render(self) -> Iterator[str]:
        """Yield lines."""
        yield self._head
        for values, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*map(str, SECONDS), "+Inf"), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_braces((*self._labels, 'le'), (*values, bound))} {total}\n"
            braces = _braces(self._labels, values)
            yield f"{self.name}_sum{braces} {_number(self._sums[values])}\n{self.name}_count{braces} {total}\n"


class Metrics:
    """Everything that one process counts."""

    def __init__(self) -> None:
        self.requests = Counter("gigway_requests_total", "GraphQL requests answered.", ("status",))
        self.seconds = Histogram("gigway_request_seconds", "Time from a GraphQL request to its last byte.")
        self.open = Counter("gigway_requests_open", "GraphQL requests and streams being served.", kind="gauge")
        self.fetches = Counter("gigway_fetches_total", "Calls to subgraphs.", ("subgraph", "outcome"))
        self.fetch_seconds = Histogram("gigway_fetch_seconds", "Time of a call to a subgraph.", ("subgraph",))
        self._started = time.time()
        self.collect: Callable[[], Iterable[Counter]] = tuple
        """What else is shown: called at each scrape."""

    def render(self) -> str:
        """Return the exposition."""
        lines: list[str] = []
        counters = (self.requests, self.open, self.fetches, *self.collect(), *self._process())
        for counter in counters:
            lines.extend(counter.render())
        for histogram in (self.seconds, self.fetch_seconds):
            lines.extend(histogram.render())
        return "".join(lines)

    def _process(self) -> Iterator[Counter]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        for name, text, kind, value in (
            ("process_cpu_seconds_total", "CPU time.", "counter", used.ru_utime + used.ru_stime),
            ("process_resident_memory_bytes", "Resident memory.", "gauge", _resident()),
            ("process_start_time_seconds", "Start, in Unix time.", "gauge", self._started),
        ):
            metric = Counter(name, text, kind=kind)
            metric.add(amount=value)
            yield metric


def metrics_route(render: Callable[[], str]) -> Route:
    """Return the route that Prometheus scrapes."""

    async def show(_: Request) -> Response:
        return Response(render(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return Route("/metrics", show, methods=["GET"])


def _resident() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def _number(value: float) -> str:
    """Return all digits: a counter that lost its last ones would stand still."""
    return str(int(value)) if value.is_integer() else repr(value)


def _braces(names: Labels, values: Labels) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True)) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
