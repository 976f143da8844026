"""An interface with a thousand types in a thousand subgraphs: composing, planning and executing it.

    python tests/bench/interfaces.py [COUNT]

Every type has the canonical fields and value types and one type of its own. Times are CPU times of one thread; each
line names the bar that the engine is held to.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any

from gateway.engine import Engine, compose_supergraph
from gateway.subgraph import SubgraphCall

IMPORTS = '["@key", "@requiresScopes", "@shareable"]'
LINK = f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: {IMPORTS})\n'
SHARED = """
interface Account { id: ID! work(n: Int): [Work] }
type Work @shareable { id: ID! title: String pay: Pay }
type Pay @shareable { amount: Int currency: String }
"""
QUERY = "{ accounts { __typename id work(n: 3) { id title pay { amount currency } } } }"


class Directory:
    """The subgraph that knows all accounts; `present` are the numbers of those that it returns."""

    name = "directory"

    def __init__(self, count: int) -> None:
        types = (f'type Account{i} implements Account @key(fields: "id") {{ id: ID! }}' for i in range(count))
        self.sdl = LINK + "type Query { accounts: [Account!]! } interface Account { id: ID! }\n" + "\n".join(types)
        self.present = [0, 1, 2, 3, 4]

    async def execute(self, _: SubgraphCall) -> Mapping[str, Any]:
        """Return the accounts that are present."""
        return {"data": {"accounts": [{"__typename": f"Account{i}", "id": str(i)} for i in self.present]}}


class OwnSubgraph:
    """The subgraph of one account type. `calls` counts how often it was asked."""

    def __init__(self, number: int, scopes: str = "") -> None:
        self.number = number
        self.name = f"own{number}"
        self.calls = 0
        self.sdl = LINK + SHARED
        self.sdl += f'type Account{number} implements Account @key(fields: "id") '
        self.sdl += f"{{ id: ID! work(n: Int): [Work] {scopes} own{number}: Own{number} }}\n"
        self.sdl += f"type Own{number} {{ a: Int b: String }}\n"

    async def execute(self, call: SubgraphCall) -> Mapping[str, Any]:
        """Return every field that there is, whatever was asked for."""
        self.calls += 1
        number = self.number
        pay = {"amount": number, "currency": "SEK"}
        entity = {
            "__typename": f"Account{number}",
            "work": [{"id": f"{number}-0", "title": "Work", "pay": pay}],
            f"own{number}": {"a": number, "b": str(number)},
        }
        return {"data": {"_entities": [entity for _ in call.variables["representations"]]}}


def supergraph_of(count: int, scopes: str = "") -> str:
    """Return the composed supergraph of `count` types; `scopes` is a directive for the field `work`."""
    return compose_supergraph([Directory(count), *(OwnSubgraph(number, scopes) for number in range(count))])


def main(count: int) -> None:
    """Measure and print."""
    begin = time.process_time()
    supergraph = supergraph_of(count)
    report("compose", f"{time.process_time() - begin:.1f} s", "20 s")
    directory = Directory(count)
    begin = time.process_time()
    engine = Engine.from_supergraph(supergraph, [directory, *(OwnSubgraph(number) for number in range(count))])
    report("load", f"{time.process_time() - begin:.1f} s", "none")
    asyncio.run(_queries(engine, directory))
    report("memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", "200 MB")


async def _queries(engine: Engine, directory: Directory) -> None:
    cold, planning = [], []
    for number in range(9):
        query = QUERY.replace("n: 3", f"n: {number}")
        begin = time.thread_time()
        engine.version.prepare(query, None).plan(None)
        planning.append(time.thread_time() - begin)
        await engine.execute(query)
        cold.append(time.thread_time() - begin)
    report("plan, cold", f"{statistics.median(planning) * 1e3:.0f} ms", "50 ms")
    report("plan and execute, cold", f"{statistics.median(cold) * 1e3:.0f} ms", "none")
    gc.collect()
    gc.freeze()  # as a server does when it has started
    gc.set_threshold(50_000, 20, 100)
    for present in (1, 10, 100, 200):
        directory.present = list(range(present))
        await engine.execute(QUERY)
        begin = time.thread_time()
        for _ in range(20):
            await engine.execute(QUERY)
        report(f"execute, {present} types present", f"{(time.thread_time() - begin) / 20 * 1e3:.2f} ms", "none")


def report(what: str, value: str, bar: str) -> None:
    """Print one line."""
    print(f"interfaces: {what}: {value} (bar: {bar})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
