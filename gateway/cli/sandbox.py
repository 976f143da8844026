"""`gigway sandbox`: serve the simulated platforms."""

from __future__ import annotations

import argparse
from typing import Any

import uvicorn

from gateway.cli.failure import check_port
from gateway.server.logging import logging_configuration


def add_parsers(commands: Any) -> None:
    """Add `sandbox`."""
    sandbox = commands.add_parser("sandbox", help="serve simulated platforms on loopback")
    sandbox.add_argument("--port", type=int, default=8701, help="port to listen on (default: 8701)")
    sandbox.add_argument("--seed", type=int, default=1, help="what the simulated people and their work grow from")
    sandbox.set_defaults(run=_sandbox)


def _sandbox(options: argparse.Namespace) -> int:
    from connectors.sandbox import SandboxSettings, create_sandbox

    check_port("127.0.0.1", options.port, "--port")
    app = create_sandbox(SandboxSettings(seed=options.seed, public_url=f"http://127.0.0.1:{options.port}"))
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=options.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=logging_configuration("warning"),
    )
    return 0
