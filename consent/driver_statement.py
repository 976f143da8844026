"""Statements of hot paths: written in SQLAlchemy and compiled once, executed straight on the driver.

SQLAlchemy's own execution takes several times the processor time that the driver and the database take for a few rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

Values = Mapping[str, object]


class DriverStatement:
    """A statement with named parameters. `write` returns it for a database (`sqlite`, `postgresql`).

    A list cannot be expanded into parameters: hand it over as one, as the database takes it.
    """

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> list[Sequence[Any]]:
        """Execute it on a connection of SQLAlchemy's that is in no transaction of SQLAlchemy's; return its rows.

        Raises what SQLAlchemy would; a connection that is gone meanwhile is not used again.
        """
        with driver_errors(connection) as driver:
            return self.read(driver, connection.dialect, values)

    def read(self, driver: Any, dialect: Dialect, values: Values) -> list[Sequence[Any]]:
        """Execute it on a connection of the driver's and return its rows. Raises what the driver raises."""
        cursor = driver.cursor()
        try:
            cursor.execute(*self.bound(dialect, values))
            return self.converted(dialect, cursor.fetchall())
        finally:
            cursor.close()

    def bound(self, dialect: Dialect, values: Values) -> tuple[str, Any]:
        """Return the statement and its parameters as the driver takes them."""
        return self._for(dialect).bound(values)

    def converted(self, dialect: Dialect, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """Return the driver's rows with the values that SQLAlchemy would return."""
        readers = self._for(dialect).readers
        if not readers:
            return list(rows)
        found = [list(row) for row in rows]
        for row in found:
            for place, reader in readers:
                row[place] = reader(row[place])
        return list(found)

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._write(dialect.name), dialect)
        return compiled


class _Compiled:
    """A statement in the words of one database, with what turns its values into ours and back."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        self._writers = {name: writer for name, writer in kinds.items() if writer is not None}
        self._fixed = self._written(compiled.params)
        columns = [column.type.dialect_impl(dialect) for column in statement.exported_columns]
        readers = [(place, kind.result_processor(dialect, None)) for place, kind in enumerate(columns)]
        self.readers = [(place, reader) for place, reader in readers if reader is not None]

    def bound(self, values: Values) -> tuple[str, Any]:
        given = {**self._fixed, **self._written(values)}
        return self._sql, given if self._order is None else [given[name] for name in self._order]

    def _written(self, values: Values) -> dict[str, Any]:
        return {
            name: self._writers[name](value) if name in self._writers and value is not None else value
            for name, value in values.items()
        }


@contextmanager
def driver_errors(connection: Connection) -> Iterator[Any]:
    """Lend the driver's connection; what it raises is raised as SQLAlchemy's, and a connection that is gone is left."""
    dialect = connection.dialect
    driver: Any = connection.connection.driver_connection
    assert dialect.dbapi is not None
    try:
        yield driver
    except dialect.dbapi.Error as error:
        if getattr(driver, "closed", False):
            connection.invalidate(error)
        raise DBAPIError.instance(None, None, error, dialect.dbapi.Error, True, dialect=dialect) from None
