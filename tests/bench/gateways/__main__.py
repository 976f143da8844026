"""Runs the benchmark and prints the table; see README.md here. Arguments: folder of the cases, build folder."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from process import Process, free_port

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
WARM_UP = 5.0
CONNECTIONS = 50
GATEWAY_CORE, LOAD_CORE = 0, 1
QUERIES = {"heavy": "operation.graphql", "medium": "medium.graphql", "simple": "simple.graphql"}
GIGWAY, SERVER = "gigway", "gigway serve"
PEERS = ("apollo", "hive", "hive+rust")
ROOT = {"PYTHONPATH": f"{HERE.parents[2]}:{HERE}"}
ALONE, PRODUCT, PRODUCT_PG = "same plan, alone", "product path", "product path (pg)"


@dataclass
class Entry:
    """A gateway in the benchmark: where it answers, what it is asked, and the subgraphs that it asks.

    `tokens` is a file of credentials that it accepts; without one, any will do.
    """

    gateway: Process
    path: str
    stub: Process
    queries: dict
    tokens: Path | None = None
    used: int = 0


def main(cases, build):
    build.mkdir(parents=True, exist_ok=True)
    queries = {name: cases / file for name, file in QUERIES.items()}
    entries, stubs = [], {}
    try:
        for person in ("User", "Worker"):
            port = free_port()
            command = [sys.executable, HERE / "stub.py", cases / "data.json", port, person]
            stubs[person] = Process(f"stub-{person}", command, port, core=LOAD_CORE, folder=build)
            stubs[person].wait_until_it_listens()
            supergraph = build / f"supergraph-{person}.graphql"
            supergraph.write_text(
                (cases / "supergraph.graphql").read_text().replace("127.0.0.1:4201", f"127.0.0.1:{port}")
            )
        for start in (gigway(GIGWAY, "engine"), gigway(SERVER, "server"), *peers(build)):
            gateway, path = start(build / "supergraph-User.graphql", build)
            entries.append(Entry(gateway, path, stubs["User"], queries))
        heavy = build / "heavy-Worker.graphql"
        heavy.write_text(queries["heavy"].read_text().replace("on User", "on Worker"))
        for name, database in product_rows(build):
            gateway, tokens = product(name, database, build / "supergraph-Worker.graphql", build)
            path = "/graphql" if tokens else "/"
            entries.append(Entry(gateway, path, stubs["Worker"], {"heavy": heavy}, tokens))
        for entry in entries:
            entry.gateway.wait_until_it_listens()
        results = measure(entries, json.loads((cases / "expected_response.json").read_text()), build)
    finally:
        for each in (*(entry.gateway for entry in entries), *stubs.values()):
            each.end()
    report(results)
    return 0


def gigway(name, kind):
    def start(supergraph, build):
        port = free_port()
        command = [sys.executable, HERE / "gigway_app.py", supergraph, port, kind]
        return Process(name, command, port, core=GATEWAY_CORE, folder=build, environment=ROOT), "/"

    return start


def product_rows(build):
    """Yield the rows of the product path, and the database of each (None: the engine alone)."""
    yield ALONE, None
    for file in build.glob("product.db*"):
        file.unlink()
    yield PRODUCT, f"sqlite:///{build}/product.db"
    if os.environ.get("GIGWAY_DATABASE_URL", "").startswith("postgresql"):
        yield PRODUCT_PG, os.environ["GIGWAY_DATABASE_URL"]


def product(name, database, supergraph, build):
    port, tokens = free_port(), build / f"{name}.tokens"
    kind = "gated" if database else "open"
    command = [sys.executable, HERE / "product.py", supergraph, port, database or "none", tokens, kind]
    gateway = Process(name, command, port, core=GATEWAY_CORE, folder=build, environment=ROOT)
    return gateway, tokens if database else None


def peers(build):
    """Install the peers, and return what starts each of them. `BENCH_PEERS=0` leaves them out."""
    if os.environ.get("BENCH_PEERS") == "0":
        return ()
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing: only Gigway is measured")
        return ()
    for name in ("package.json", "package-lock.json", ".npmrc", *(each.name for each in HERE.glob("*.js"))):
        shutil.copy(HERE / name, build / name)
    installed = build / "node_modules/.package-lock.json"
    if not installed.exists():
        print("installing the peers from npm")
        if subprocess.run([npm, "ci", "--silent"], cwd=build).returncode:
            print("npm cannot install the peers here: only Gigway is measured")
            return ()
    node = next(build.glob("node_modules/node-linux-*/bin/node"))
    production = {"NODE_ENV": "production"}

    def apollo(supergraph, build):
        port = free_port()
        command = [node, "apollo.js", supergraph, port]
        return Process("apollo", command, port, core=GATEWAY_CORE, folder=build, environment=production), "/"

    def hive(name, config, *options):
        def start(supergraph, build):
            port = free_port()
            tool = build / "node_modules/@graphql-hive/gateway/dist/bin.js"
            command = [node, tool, "supergraph", supergraph, "--fork", "1", "--host", "127.0.0.1", "--port", port]
            command += ["-c", config, *options]
            return Process(name, command, port, core=GATEWAY_CORE, folder=build, environment=production), "/graphql"

        return start

    return apollo, hive("hive", "hive.config.js", "--jit"), hive("hive+rust", "hive_rust.config.js")


def measure(entries, heavy, build):
    """Measure every gateway with every query, in rounds."""
    expected = {"heavy": heavy}
    number = 0

    def load(entry, query, seconds):
        nonlocal number
        number += 1
        credentials = f"run{number}"
        if entry.tokens:
            fresh = entry.tokens.read_text().split()[entry.used :]
            credentials = f"@{build}/tokens"
            (build / "tokens").write_text("\n".join(fresh))
        command = ["taskset", "-c", str(LOAD_CORE), sys.executable, HERE / "load.py", entry.gateway.port, entry.path]
        command += [seconds, CONNECTIONS, entry.queries[query], credentials]
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
        if run.returncode:
            raise RuntimeError(f"{entry.gateway.name}, {query}: {run.stderr.strip()[-500:]}")
        found = json.loads(run.stdout)
        entry.used += found["requests"]
        return found

    for query in QUERIES:
        for entry in (each for each in entries if query in each.queries):
            warm = load(entry, query, WARM_UP)
            answer = json.loads(warm["answer"])
            if warm["wrong"] or answer != expected.setdefault(query, answer):
                Path(entry.gateway.log).with_suffix(".answer.json").write_text(warm["answer"])
                raise RuntimeError(
                    f"{entry.gateway.name} answers {query} wrongly ({warm['wrong']} of {warm['requests']})"
                )
    results = {}
    for round_number in range(ROUNDS):
        for query in QUERIES:
            for entry in (each for each in entries if query in each.queries):
                gateway = entry.gateway
                counts(entry.stub.port)
                before = gateway.cpu_seconds()
                found = load(entry, query, SECONDS)
                cpu = gateway.cpu_seconds() - before
                fetches, credentials = counts(entry.stub.port)
                if found["wrong"] or credentials != found["requests"]:
                    raise RuntimeError(
                        f"{gateway.name}, {query}: {found['wrong']} wrong answers, "
                        f"{credentials} credentials handed on in {found['requests']} requests"
                    )
                results.setdefault((query, gateway.name), []).append(
                    {
                        "cpu": cpu * 1000 / found["requests"],
                        "rps": found["requests"] / found["seconds"],
                        "p50": found["p50"],
                        "p99": found["p99"],
                        "memory": gateway.memory_mb(),
                        "fetches": fetches / found["requests"],
                    }
                )
                print(f"round {round_number + 1}/{ROUNDS} {query:7} {gateway.name:12}", flush=True, file=sys.stderr)
    return {
        key: {name: statistics.median(run[name] for run in runs) for name in runs[0]} for key, runs in results.items()
    }


def counts(stub_port):
    with urllib.request.urlopen(f"http://127.0.0.1:{stub_port}/counts") as answer:
        return json.load(answer)


def report(results):
    print("\n| query | gateway | CPU ms/request | requests/s | p50 ms | p99 ms | memory MB | subgraph requests |")
    print("|---|---|---|---|---|---|---|---|")
    for (query, name), run in results.items():
        print(
            f"| {query} | {name} | {run['cpu']:.2f} | {run['rps']:.0f} | {run['p50']:.1f} | {run['p99']:.1f} "
            f"| {run['memory']:.0f} | {run['fetches']:.1f} |"
        )
    for query in QUERIES:
        others = [run["cpu"] for (asked, name), run in results.items() if asked == query and name in PEERS]
        if others:
            print(f"bench.{query} {min(others) / results[query, GIGWAY]['cpu']:.2f}x ahead of the best peer (CPU)")
    for name in (PRODUCT, PRODUCT_PG):
        if ("heavy", name) in results:
            more = results["heavy", name]["cpu"] - results["heavy", ALONE]["cpu"]
            print(f"bench.{name.replace(' ', '_')} {more:.2f} ms above the engine alone on the same plan (CPU)")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
