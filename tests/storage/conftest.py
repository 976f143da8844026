"""An empty database of each kind."""

import os
import uuid

import pytest
from sqlalchemy import text

from gateway.storage.database import create_database_engine


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    if request.param == "sqlite":
        engine = create_database_engine(f"sqlite:///{tmp_path}/m.db")
        yield engine
        engine.dispose()
        return
    url = os.environ.get("GIGWAY_DATABASE_URL", "")
    if not url.startswith("postgresql"):
        pytest.skip("GIGWAY_DATABASE_URL names no PostgreSQL")
    schema = f"m{uuid.uuid4().hex}"
    admin = create_database_engine(url)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine = create_database_engine(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}")
    yield engine
    engine.dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()
