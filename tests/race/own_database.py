"""A database for one race: gateways keep their keys in it, and those of the next race are others."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, make_url, text


@contextmanager
def own_database(server: str | None) -> Iterator[str]:
    """Give the URL of an empty database, on the PostgreSQL server that a URL names or in a file, and remove it."""
    if server is None:
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'race.db'}"
        return
    url = make_url(server)
    if url.get_backend_name() != "postgresql":
        yield server
        return
    name = f"race_{secrets.token_hex(8)}"
    administration = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            with administration.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        administration.dispose()
