"""Scores the planner on others' cases: `python tests/conformance/plans.py PATH [--worst] [--case SUITE:I]`.

PATH holds `audit/*.supergraph.graphql`, `audit/*.tests.json`, `plans.jsonl.gz` and `bench/`.
`plans.fetches` and `plans.depth` are summed over the queries that both reference planners plan,
the benchmark's queries apart; the bars are the best of the two.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import parse

from gateway.composition import Composed, SubgraphSDL, compose
from gateway.planner import PlanError, QueryPlan, Supergraph, load_supergraph, normalize, plan, show_plan
from gateway.planner.show import depth

FETCH_BAR = 406
DEPTH_BAR = 368
BENCH_REQUESTS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One query: our figures and the references' (None where one of them does not plan)."""

    suite: str
    index: int
    fetches: int
    depth: int
    reference: tuple[int, int] | None


def main() -> int:
    """Print the scores; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Score the planner on public cases.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--worst", action="store_true", help="list the queries where a reference is better")
    parser.add_argument("--case", help="print one plan: SUITE:INDEX")
    arguments = parser.parse_args()
    if arguments.case:
        suite, index = arguments.case.rsplit(":", 1)
        print(show_case(arguments.path, suite, int(index)))
        return 0
    planned, refused, failures = audit(arguments.path, given_supergraph)
    composed, _, more = audit(arguments.path, composed_supergraph)
    failures += more
    rows = list(compare(arguments.path))
    comparable = [row for row in rows if row.reference is not None]
    fetches = sum(row.fetches for row in comparable)
    deep = sum(row.depth for row in comparable)
    requests = bench(arguments.path)
    print(f"plans.audit {planned} planned from the given supergraphs, {refused} refused as expected")
    print(f"plans.composed {composed} planned from our own composition")
    print(f"plans.queries {len(comparable)}")
    print(f"plans.fetches {fetches} (bar {FETCH_BAR})")
    print(f"plans.depth {deep} (bar {DEPTH_BAR})")
    print(f"plans.bench {requests} (bar {BENCH_REQUESTS})")
    for failure in failures:
        print(f"  failed {failure}")
    if arguments.worst:
        for row in comparable:
            if row.reference and (row.fetches, row.depth) != row.reference:
                best = row.reference
                worse = "worse " if row.fetches > best[0] or row.depth > best[1] else "better"
                print(
                    f"  {worse} {row.suite}:{row.index} {row.fetches} fetches, depth {row.depth};"
                    f" reference {best[0]}, {best[1]}"
                )
    missed = fetches > FETCH_BAR or deep > DEPTH_BAR or requests > BENCH_REQUESTS or failures
    return 1 if missed else 0


def audit(path: Path, read: Callable[[Path, str], str]) -> tuple[int, int, list[str]]:
    """Plan every audit query on the supergraphs that `read` gives: (planned, refused as expected, failures)."""
    planned = refused = 0
    failures: list[str] = []
    for tests_path in sorted((path / "audit").glob("*.tests.json")):
        suite = tests_path.name.removesuffix(".tests.json")
        supergraph = load_supergraph(read(path, suite))
        for index, test in enumerate(json.loads(tests_path.read_text())):
            try:
                plan_text(supergraph, test["query"])
                planned += 1
            except PlanError as error:
                if test["expected"].get("errors"):
                    refused += 1
                else:
                    failures.append(f"{suite}:{index} {error.code} {error.message}")
            except Exception as error:  # a crash is a result to report, not to stop at
                failures.append(f"{suite}:{index} {type(error).__name__} {error}")
    return planned, refused, failures


def given_supergraph(path: Path, suite: str) -> str:
    """Return the supergraph that comes with a suite."""
    return (path / "audit" / f"{suite}.supergraph.graphql").read_text()


def composed_supergraph(path: Path, suite: str) -> str:
    """Compose the subgraphs of a suite."""
    services = json.loads((path / "audit" / f"{suite}.subgraphs.json").read_text())
    result = compose([SubgraphSDL(name=s["name"], sdl=s["sdl"], url=s.get("url", "")) for s in services])
    if not isinstance(result, Composed):
        raise SystemExit(f"{suite} does not compose: {result.errors}")
    return result.supergraph_sdl


def compare(path: Path) -> Iterator[Row]:
    """Plan every query of `plans.jsonl.gz`."""
    supergraphs: dict[str, Supergraph] = {}
    for line in gzip.decompress((path / "plans.jsonl.gz").read_bytes()).splitlines():
        case: dict[str, Any] = json.loads(line)
        suite = case["suite"]
        if suite == "bench":
            continue
        if suite not in supergraphs:
            supergraphs[suite] = load_supergraph(given_supergraph(path, suite))
        reference = None
        if "hiveM" in case and "apolloM" in case:
            both = (case["hiveM"], case["apolloM"])
            reference = min(m["fetches"] for m in both), min(m["depth"] for m in both)
        try:
            made = plan_text(supergraphs[suite], case["query"])
        except Exception:
            if reference is not None:
                yield Row(suite=suite, index=case["i"], fetches=99, depth=99, reference=reference)
            continue
        yield Row(suite=suite, index=case["i"], fetches=len(made.fetches), depth=depth(made), reference=reference)


def bench(path: Path) -> int:
    """Return the number of requests of the benchmark's heavy query."""
    supergraph = load_supergraph((path / "bench" / "supergraph.graphql").read_text())
    return len(plan_text(supergraph, (path / "bench" / "operation.graphql").read_text()).fetches)


def show_case(path: Path, suite: str, index: int) -> str:
    """Print the plan of one audit query."""
    supergraph = load_supergraph(given_supergraph(path, suite))
    test = json.loads((path / "audit" / f"{suite}.tests.json").read_text())[index]
    return test["query"] + "\n" + show_plan(plan_text(supergraph, test["query"]))


def plan_text(supergraph: Supergraph, query: str) -> QueryPlan:
    """Plan a query given as text."""
    return plan(supergraph, normalize(supergraph, parse(query, no_location=True)))


if __name__ == "__main__":
    sys.exit(main())
