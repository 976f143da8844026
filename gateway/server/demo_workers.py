"""The demo's workers: plainly fictional, made when the demo login is on, which a loopback issuer alone can have."""

from __future__ import annotations

from sqlalchemy import Engine, insert, select

from consent.columns import utc_now
from consent.models import Worker
from consent.signin.demo import Persona

PERSONAS = (
    Persona(
        key="alex",
        worker_id="d0000000000000000000000000000001",
        display_name="Alex Sandberg",
        description="Drives for Uber and designs on Upwork (at the sandbox: alex.sandberg@sandbox.example).",
    ),
    Persona(
        key="robin",
        worker_id="d0000000000000000000000000000002",
        display_name="Robin Newcomer",
        description="Has just begun and has nothing to show yet.",
    ),
)


def ensure_demo_workers(engine: Engine) -> tuple[Persona, ...]:
    """Create the demo's workers where they are missing, and return all of them."""
    table = Worker.__table__  # type: ignore[attr-defined]
    with engine.begin() as connection:
        present = set(connection.scalars(select(table.c.id)))
        for persona in PERSONAS:
            if persona.worker_id not in present:
                connection.execute(
                    insert(table).values(
                        id=persona.worker_id,
                        status="active",
                        display_name=persona.display_name,
                        locale="en",
                        is_test=True,
                        created_at=utc_now(),
                    )
                )
    return PERSONAS
