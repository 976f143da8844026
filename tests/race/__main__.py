"""`python -m tests.race`: run the harness and print its line; exit code 1 when anything happened after `confirmed`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from tests.race.harness import Plan, run
from tests.race.own_database import own_database
from tests.race.whole_system import run_whole


def main() -> int:
    """Run with the options given, or with those in the environment (`GATE`, `GIGWAY_DATABASE_URL`)."""
    parser = argparse.ArgumentParser(prog="tests.race", description=__doc__)
    parser.add_argument("--gate", choices=["leases", "check-then-fetch"], default=os.environ.get("GATE") or "leases")
    parser.add_argument(
        "--database", default=os.environ.get("GIGWAY_DATABASE_URL"), help="of which server; default: SQLite"
    )
    parser.add_argument("--revocations", type=int, default=200)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument(
        "--workers",
        type=int,
        default=min(max(os.cpu_count() or 2, 2), 6),
        help="lanes of grants, reads and revocations; more than processors (the default) measures waiting for these",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", action="store_true", help="kill and pause no process")
    parser.add_argument("--reduced", action="store_true", help="race processes that are reduced to gate and fetch")
    options = parser.parse_args()
    sys.setswitchinterval(0.0005)
    with own_database(options.database) as url:
        plan = Plan(
            gate=options.gate,
            database_url=url,
            revocations=options.revocations,
            processes=options.processes,
            workers=options.workers,
            seed=options.seed,
            unrest=not options.calm,
        )
        is_reduced = options.reduced or plan.gate != "leases"
        outcome = asyncio.run(run(plan) if is_reduced else run_whole(plan))
    sys.stdout.write(outcome.line() + "\n")
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
