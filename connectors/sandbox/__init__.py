"""Simulated platforms: each speaks its platform's own interface over HTTP, from invented personas and a seed.

One application serves all platforms under `/<name>`, and `/control` to switch them off, to break them in
chosen ways and to read the log of what was called.
Nothing here is recorded from real people or copied from a platform; every platform says in `X-Sandbox-Fidelity`
how much of its shape is documented.

Reading order:
    settings                what a sandbox is started with
    world, people           seed and clock; the cast
    platform                the interface of a simulated platform
    platforms/              one module or folder per platform
    driving, trades         what several platforms draw their records from
    tokens, authorization, bearer   a platform's OAuth server, and who a request's token belongs to
    graphql_service         how a platform serves GraphQL
    envelopes               errors of platforms that word them plainly
    answers, parameters     JSON answers; numbers in queries
    quota, faults, bodies   rate limits; the switches and the damage they do
    journal, gate           the request log; what every call passes through
    control, pages          the control page and its JSON twin
    inbox                   what the personas get sent
    takeout/                exports that workers download themselves
    app                     puts it together
"""

from connectors.sandbox.app import create_sandbox
from connectors.sandbox.settings import SandboxSettings

__all__ = ["SandboxSettings", "create_sandbox"]
