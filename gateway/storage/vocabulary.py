"""Reference data that every database needs: the consent vocabulary. Idempotent; run after each migration."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, insert, select
from sqlmodel import Session, col

from consent.columns import utc_now
from consent.models import PlatformGate
from consent.vocabulary import seed_vocabulary


def seed(engine: Engine) -> None:
    """Write the categories and purposes that this version knows."""
    with Session(engine) as session:
        seed_vocabulary(session)
        session.commit()


def open_platforms(engine: Engine, platforms: Iterable[str]) -> None:
    """Let platforms that are new here be read; one that an operator has closed stays closed."""
    with engine.begin() as connection:
        known = set(connection.scalars(select(col(PlatformGate.platform))))
        for platform in platforms:
            if platform not in known:
                connection.execute(insert(PlatformGate).values(platform=platform, open=True, updated_at=utc_now()))
