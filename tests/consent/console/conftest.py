"""The console's services over a real database, with a few people."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from consent.console.actions import COMMAND_LINE, ActionHistory, By
from consent.console.invitations import Invitations
from consent.console.members import Members, ensure_operator
from consent.console.models import APPROVALS, INVITATIONS, MEMBERSHIPS
from consent.console.roles import OPERATOR
from consent.oauth.models import CLIENTS, CODES, ORGANIZATIONS, REGISTRATION_TOKENS, REPLAYS, REQUESTS, TOKENS
from consent.signin.models import ATTEMPTS, CREDENTIALS, SESSIONS, STATES, WORKERS
from gateway.storage.database import create_database_engine

TABLES = [
    *(CLIENTS, REQUESTS, CODES, TOKENS, REPLAYS, REGISTRATION_TOKENS, CREDENTIALS, SESSIONS, ATTEMPTS, STATES),
    *(MEMBERSHIPS, INVITATIONS, APPROVALS),
]


class Nobody:
    """A browser without a session."""

    async def current_worker(self, request: Any) -> str | None:
        return None


class Desk:
    """An operator's organization, an actor's and a platform's, and people by name."""

    def __init__(self, world: Any) -> None:
        self.world, self.engine, self.clock = world, world.engine, world.clock
        self.members = Members(self.engine, Nobody(), self.clock)
        self.invitations = Invitations(self.engine, self.members, self.clock)
        self.history = ActionHistory(self.engine)
        with self.engine.begin() as connection:
            ensure_operator(connection, name="Gigway", at=self.clock())
            ensure_operator(connection, name="Gigway", at=self.clock())
            for kind in ("actor", "platform"):
                connection.execute(
                    ORGANIZATIONS.insert().values(
                        id=kind * 2,
                        kind=kind,
                        name=f"The {kind}",
                        platform="tides" if kind == "platform" else None,
                        status="active",
                        created_at=self.clock(),
                    )
                )

    def person(self, name: str) -> str:
        worker_id: str = self.world.worker()
        with self.engine.begin() as connection:
            connection.execute(WORKERS.update().where(WORKERS.c.id == worker_id).values(display_name=name))
        return worker_id

    def member(self, name: str, role: str, organization_id: str = OPERATOR) -> str:
        person_id = self.person(name)
        with self.engine.begin() as connection:
            self.members.join(connection, organization_id, person_id, role, by=COMMAND_LINE)
        return person_id

    def roles(self, organization_id: str = OPERATOR) -> dict[str | None, str]:
        return {each.person_name: each.role for each in self.members.of_organization(organization_id)}

    def done(self, organization_id: str | None = None) -> list[tuple[str, By]]:
        actions, _ = self.history.page(organization=organization_id)
        return [(each.type, By(kind=each.by_kind, id=each.by_id or "")) for each in reversed(actions)]  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The consent database with our tables as well."""
    path = tmp_path_factory.mktemp("console") / "template.db"
    shutil.copy(sqlite_template, path)
    engine = create_database_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(engine, tables=TABLES)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_schema(postgresql_schema: str) -> str:
    """The same on PostgreSQL."""
    engine = create_database_engine(postgresql_schema)
    SQLModel.metadata.create_all(engine, tables=TABLES)
    engine.dispose()
    return postgresql_schema


@pytest.fixture
def tables(engine: Engine) -> None:
    """Our tables, empty."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(table.name for table in TABLES)} CASCADE"))


@pytest.fixture
def desk(world: Any, tables: None) -> Desk:
    return Desk(world)
