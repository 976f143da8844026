"""Run the sandbox: `python -m connectors.sandbox --host 127.0.0.1 --port 8701 --seed 1`."""

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence

import uvicorn

from connectors.sandbox.app import create_sandbox
from connectors.sandbox.settings import SandboxSettings

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the sandbox on a loopback address until interrupted; 2 means that it could not start."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8701, help="port to listen on (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what the personas' records are made from (%(default)s)")
    options = parser.parse_args(arguments)
    if not _is_loopback(options.host):
        print(f"sandbox: {options.host} is not a loopback address", file=sys.stderr)
        return 2
    host = f"[{options.host}]" if ":" in options.host else options.host
    settings = SandboxSettings(
        seed=options.seed,
        public_url=f"http://{host}:{options.port}",
        control_token=os.environ.get("GIGWAY_SANDBOX_CONTROL_TOKEN") or None,
    )
    try:
        uvicorn.run(
            create_sandbox(settings), host=options.host, port=options.port, log_level="warning", access_log=False
        )
    except SystemExit:
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
