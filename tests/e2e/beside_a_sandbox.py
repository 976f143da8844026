"""A whole Gigway and the simulated platforms, both served on loopback."""

from contextlib import asynccontextmanager

from connectors.sandbox import SandboxSettings, create_sandbox
from gateway.config import load_settings
from gateway.server.app import create_app
from gateway.server.loopback import loopback_socket, serve_on
from gateway.storage.keyring import generate_key


@asynccontextmanager
async def beside_a_sandbox(folder):
    """Serve both, on a database in `folder`; yields Gigway's settings and the sandbox's address."""
    with loopback_socket() as listener, loopback_socket() as platforms:
        issuer, sandbox = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in (listener, platforms))
        settings = load_settings(
            {
                "GIGWAY_DATABASE_URL": f"sqlite:///{folder}/gigway.db",
                "GIGWAY_MASTER_KEYS": generate_key("t1"),
                "GIGWAY_SANDBOX_URL": sandbox,
                "GIGWAY_DEMO_LOGIN": "true",
                "GIGWAY_ISSUER": issuer,
            }
        )
        app = create_app(settings)
        async with (
            serve_on(platforms, create_sandbox(SandboxSettings(public_url=sandbox))),
            serve_on(listener, app),
        ):
            yield settings, sandbox
