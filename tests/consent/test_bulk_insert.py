"""Many rows with few statements: what is written is what was given, whatever is missing in it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from consent.bulk_insert import insert_rows

COLUMNS = {"id": "bigint", "name": "text", "note": "text", "digest": "bytea"}


@pytest.mark.parametrize("count", [1, 16, 17, 64, 131])
@pytest.mark.parametrize("named", ["all", "some", "none"])
def test_rows_come_back_as_they_were_given(engine: Engine, count: int, named: str) -> None:
    rows = [
        (
            number,
            None if named == "none" or (named == "some" and number % 3) else f"n{number}",
            "",
            bytes([number % 256, 0]),
        )
        for number in range(count)
    ]
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        kind = "BLOB" if is_sqlite else "BYTEA"
        connection.execute(text(f"CREATE TEMPORARY TABLE bulk (id BIGINT, name TEXT, note TEXT, digest {kind})"))
        insert_rows(connection.connection.cursor(), "bulk", COLUMNS, rows, is_sqlite=is_sqlite)
        found = connection.execute(text("SELECT id, name, note, digest FROM bulk ORDER BY id")).all()
        assert [(*row[:3], bytes(row[3])) for row in found] == rows
        connection.rollback()
