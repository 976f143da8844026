"""The demo's people: plainly fictional, made when the demo login is on, which a loopback issuer alone can have."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from consent.columns import utc_now
from consent.models import Worker
from consent.signin.demo import Persona
from gateway.storage.database import read_only

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


OPERATOR_PERSONA = Persona(
    key="olivia",
    worker_id="d0000000000000000000000000000003",
    display_name="Olivia Nyberg",
    description="Runs this Gigway: an operator, for the console.",
)
ACTOR_PERSONA = Persona(
    key="noor",
    worker_id="d0000000000000000000000000000004",
    display_name="Noor Lindqvist",
    description="Works at the demo's staffing firm: an actor's owner, for the console.",
)
PEOPLE = (*PERSONAS, OPERATOR_PERSONA, ACTOR_PERSONA)


def ensure_demo_workers(engine: Engine) -> tuple[Persona, ...]:
    """Create the demo's people where they are missing, as test workers, and return all of them."""
    table = Worker.__table__  # type: ignore[attr-defined]
    with read_only(engine).connect() as connection:
        present = set(connection.scalars(select(table.c.id).where(table.c.id.in_([each.worker_id for each in PEOPLE]))))
    missing = [persona for persona in PEOPLE if persona.worker_id not in present]
    if missing:
        add = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert(table).on_conflict_do_nothing()
        with engine.begin() as connection:
            for persona in missing:
                connection.execute(
                    add.values(
                        id=persona.worker_id,
                        status="active",
                        display_name=persona.display_name,
                        locale="en",
                        is_test=True,
                        created_at=utc_now(),
                    )
                )
    return PEOPLE
