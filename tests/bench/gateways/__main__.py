"""Runs the benchmark and prints the table; see README.md here. Arguments: folder of the cases, build folder."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import urllib.request
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


def main(cases, build):
    build.mkdir(parents=True, exist_ok=True)
    stub_port = free_port()
    supergraph = build / "supergraph.graphql"
    supergraph.write_text(
        (cases / "supergraph.graphql").read_text().replace("127.0.0.1:4201", f"127.0.0.1:{stub_port}")
    )
    stub = Process(
        "stub",
        [sys.executable, HERE / "stub.py", cases / "data.json", stub_port],
        stub_port,
        core=LOAD_CORE,
        folder=build,
    )
    gateways = []
    try:
        stub.wait_until_it_listens()
        for start in (gigway(GIGWAY, "engine"), gigway(SERVER, "server"), *peers(build)):
            gateway, path = start(supergraph, build)
            gateways.append((gateway, path))
            gateway.wait_until_it_listens()
        results = measure(gateways, stub_port, cases)
    finally:
        for each in (*(gateway for gateway, _ in gateways), stub):
            each.end()
    report(results)
    return 0


def gigway(name, kind):
    def start(supergraph, build):
        port = free_port()
        command = [sys.executable, HERE / "gigway_app.py", supergraph, port, kind]
        root = {"PYTHONPATH": str(HERE.parents[2])}
        return Process(name, command, port, core=GATEWAY_CORE, folder=build, environment=root), "/"

    return start


def peers(build):
    """Install the peers, and return what starts each of them."""
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


def measure(gateways, stub_port, cases):
    """Measure every gateway with every query, in rounds."""
    expected = {"heavy": json.loads((cases / "expected_response.json").read_text())}
    number = 0

    def load(gateway, path, query, seconds):
        nonlocal number
        number += 1
        command = ["taskset", "-c", str(LOAD_CORE), sys.executable, HERE / "load.py", gateway.port, path, seconds]
        command += [CONNECTIONS, cases / QUERIES[query], f"run{number}"]
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
        if run.returncode:
            raise RuntimeError(f"{gateway.name}, {query}: {run.stderr.strip()[-500:]}")
        return json.loads(run.stdout)

    for query in QUERIES:
        for gateway, path in gateways:
            warm = load(gateway, path, query, WARM_UP)
            answer = json.loads(warm["answer"])
            if warm["wrong"] or answer != expected.setdefault(query, answer):
                Path(gateway.log).with_suffix(".answer.json").write_text(warm["answer"])
                raise RuntimeError(f"{gateway.name} answers {query} wrongly ({warm['wrong']} of {warm['requests']})")
    results = {}
    for round_number in range(ROUNDS):
        for query in QUERIES:
            for gateway, path in gateways:
                counts(stub_port)
                before = gateway.cpu_seconds()
                found = load(gateway, path, query, SECONDS)
                cpu = gateway.cpu_seconds() - before
                fetches, credentials = counts(stub_port)
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
        others = [
            run["cpu"] for (asked, name), run in results.items() if asked == query and name not in {GIGWAY, SERVER}
        ]
        if others:
            print(f"bench.{query} {min(others) / results[query, GIGWAY]['cpu']:.2f}x ahead of the best peer (CPU)")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
