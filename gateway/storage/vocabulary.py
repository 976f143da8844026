"""Reference data that every database needs: the consent vocabulary. Idempotent; run after each migration."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import Session

from consent.vocabulary import seed_vocabulary


def seed(engine: Engine) -> None:
    """Write the categories and purposes that this version knows."""
    with Session(engine) as session:
        seed_vocabulary(session)
        session.commit()
