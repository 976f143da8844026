"""Reference data that every database needs: the consent vocabulary. Idempotent; run after each migration."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import Session

from consent.vocabulary import is_seeded, seed_vocabulary
from gateway.storage.database import read_only


def seed(engine: Engine) -> None:
    """Write the categories and purposes that this version knows, where they are missing."""
    with Session(read_only(engine)) as session:
        if is_seeded(session):
            return
    with Session(engine) as session:
        seed_vocabulary(session)
        session.commit()
