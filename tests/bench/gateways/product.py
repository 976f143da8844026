"""Gigway's own path around the engine: token check, budget, gate with leases, access log. In front of HTTP subgraphs.

Arguments: supergraph, port, database URL, file to write tokens to, `gated` or `open`.

In the benchmark's schema `User` becomes `Worker`, and `Worker.name` asks for `gig:profile`: so the heavy query needs a
lease for every worker in it, twice over (as users and as authors), and each answer is re-checked and logged. The parts
are those of `create_app`, with the benchmark's subgraphs in the place of Gigway's own. `open` is the engine alone on
the same schema and the same plan.
"""

import gc
import re
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import uvicorn
from gigway_app import minimal
from sqlalchemy import func, insert, select
from sqlmodel import Session

from consent.columns import utc_now
from consent.grants.visibility import SubjectGates
from consent.models import AccessEvent, Worker
from consent.oauth.actors import ActorRegistry
from consent.oauth.machine_secrets import ACCESS_TOKEN, fingerprint, mint
from consent.oauth.models import TOKENS
from consent.oauth.spending import Spendings
from gateway.config import load_settings
from gateway.engine import Engine, EngineOptions, Limits
from gateway.executor import ALLOW_ALL
from gateway.planner import PlannerOptions
from gateway.server.budgets import ActorBudgets
from gateway.server.entrance import Entrance
from gateway.server.serving import Drain, bounded_protocol
from gateway.server.telemetry import telemetry_of
from gateway.server.wiring.consent import build_consent
from gateway.server.wiring.endpoint import ENDPOINT, endpoint_routes
from gateway.server.wiring.lifespan import lifespan_of
from gateway.server.wiring.oauth import build_oauth
from gateway.server.wiring.platforms import build_platform_parts
from gateway.server.wiring.signin import build_sign_in
from gateway.server.wiring.storage import open_storage
from gateway.storage.keyring import generate_key
from gateway.subgraphs import HttpSubgraph, HttpTransport

WORKERS = [str(number) for number in range(1, 7)]
TOKENS_MADE = 20_000
OPTIONS = EngineOptions(planner=PlannerOptions(reenter_scoped=True), limits=Limits(cost=10**9))
SCOPES = """
scalar requiresScopes__Scope
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
"""
LINK = '@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)'
SCOPES_LINK = '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)'


def personal(supergraph):
    """Return the supergraph with `User` as `Worker`, whose name is of the category `profile`."""
    text = re.sub(r"\bUser\b", "Worker", supergraph).replace(LINK, f"{LINK}\n    {SCOPES_LINK}") + SCOPES
    head, worker, body = text.partition("type Worker\n")
    return head + worker + re.sub(r"(name: String)", r'\1 @requiresScopes(scopes: [["gig:profile"]])', body, count=1)


def subgraphs_of(supergraph):
    """Return the subgraphs, which see the request's id as their credential: no two requests have the same."""
    transport = HttpTransport()

    def rule(call):
        session = call.session
        return getattr(session, "headers", None) or {"authorization": f"Bearer {session.request_id}"}

    urls = dict(re.findall(r'@join__graph\(name: "(\w+)", url: "([^"]+)"\)', supergraph))
    return [HttpSubgraph(name, url, "", transport, headers=rule) for name, url in urls.items()]


def fill(storage, consent, tokens_file):
    """Make an actor with a grant of every worker, and the tokens that it asks with."""
    registry, now = ActorRegistry(storage.database), utc_now()
    actor = registry.create_actor(
        legal_name="Bench AB", trading_name="Bench", categories=["profile"], purposes=["job_matching"]
    )
    client = registry.create_client(actor, name="Bench")
    gates = SubjectGates()
    with Session(storage.database) as session:
        for worker in WORKERS:
            session.add(Worker(id=worker, created_at=now))
            session.flush()
            gates.open(session, account_id=f"account-{worker}", worker_id=worker, platform="uber")
            consent.grants.grant(
                session,
                worker_id=worker,
                client_id=client.client_id,
                actor_id=actor,
                purpose="job_matching",
                granted=[("uber", "profile")],
                refused=[],
                expires_at=now + timedelta(days=30),
                locale="en",
                notice_sha256="0" * 64,
                screen_sha256="1" * 64,
                amr=["pwd"],
                replaces=None,
            )
        session.commit()
    tokens = [mint(ACCESS_TOKEN) for _ in range(TOKENS_MADE)]
    rows = [
        {
            "token_hash": fingerprint(token),
            "kind": "access",
            "client_id": client.client_id,
            "grant_id": None,
            "family_id": f"f{number}",
            "purpose": "job_matching",
            "scopes": ["gig:profile"],
            "authorization_details": [],
            "issued_at": now,
            "expires_at": now + timedelta(hours=6),
        }
        for number, token in enumerate(tokens)
    ]
    with storage.database.begin() as connection:
        connection.execute(insert(TOKENS), rows)
    Path(tokens_file).write_text("\n".join(tokens))


def product(supergraph, database_url, tokens_file):
    """Return the application."""
    settings = load_settings(
        {
            "GIGWAY_DATABASE_URL": database_url,
            "GIGWAY_MASTER_KEYS": generate_key("b1"),
            "GIGWAY_MAX_COST": "1000000000",
            "GIGWAY_COST_PER_MINUTE": "2000000000",
        }
    )
    telemetry = telemetry_of(settings)
    storage = open_storage(settings)
    consent = build_consent(settings, storage)
    platforms = build_platform_parts(settings, storage, consent)
    sign_in = build_sign_in(settings, storage)
    oauth = build_oauth(settings, storage, consent, platforms, sign_in)
    fill(storage, consent, tokens_file)
    subgraphs = subgraphs_of(supergraph)
    consent.gate.update_sources({each.name: "internal" for each in subgraphs})
    budgets = ActorBudgets(
        Spendings(storage.database), max_cost=settings.max_cost, cost_per_minute=settings.cost_per_minute
    )
    engine = Engine.from_supergraph(
        supergraph, subgraphs, gate=consent.gate, sealer=storage.sealer, budget=budgets, options=OPTIONS
    )
    graph = SimpleNamespace(engine=engine, is_composed=lambda: True)

    async def count():
        with storage.database.connect() as connection:
            print("access events:", connection.execute(select(func.count()).select_from(AccessEvent)).scalar_one())

    return Entrance(
        endpoint_routes(settings, storage, consent, graph, oauth, sign_in, telemetry, Drain()),
        lifespan_of(
            start=[consent.start],
            work=[consent.work, telemetry.work],
            close=[count, platforms.close, consent.close, storage.close],
        ),
        direct=ENDPOINT,
    )


def alone(supergraph):
    """Return the engine alone, with a gate that lets everything pass without asking."""
    engine = Engine.from_supergraph(supergraph, subgraphs_of(supergraph), gate=ALLOW_ALL, options=OPTIONS)
    return minimal(engine)


if __name__ == "__main__":
    file, port, database_url, tokens_file, kind = sys.argv[1:]
    text = personal(Path(file).read_text())
    gated = kind == "gated"
    app = product(text, database_url, tokens_file) if gated else alone(text)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http=bounded_protocol(16_384) if gated else "httptools",
        ws="none",
        lifespan="on" if gated else "off",
        interface="asgi3",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
