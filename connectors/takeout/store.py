"""Exports at rest: compressed, sealed for their account, deleted with it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from connectors.accounts.models import LinkedAccount
from connectors.accounts.vault import Vault
from connectors.mapping import dump_json, load_json
from connectors.takeout.models import TakeoutUpload
from connectors.takeout.unpack import Unpacked
from connectors.transport import UpstreamUnauthorizedError

_UPLOAD = TakeoutUpload.__table__  # type: ignore[attr-defined]
_ACCOUNT = LinkedAccount.__table__  # type: ignore[attr-defined]


class TakeoutStore:
    """The runtime's `Takeouts`, on the database."""

    def __init__(self, engine: Engine, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self._reader = engine.execution_options(read_only=True)
        self._vault = vault
        self._clock = clock

    def keep(self, connection: Connection, account_id: str, unpacked: Unpacked) -> None:
        """Replace the account's export, in the caller's transaction."""
        content = zlib.compress(dump_json({name: list(rows) for name, rows in unpacked.files.items()}).encode())
        self.forget(connection, account_id)
        connection.execute(
            insert(TakeoutUpload).values(
                account_id=account_id,
                content=self._vault.seal(content, _context(account_id)),
                sha256=unpacked.sha256,
                uploaded_at=self._clock(),
            )
        )

    def forget(self, connection: Connection, account_id: str) -> None:
        """Delete the account's export, in the caller's transaction."""
        drop_upload(connection, account_id)

    async def read(self, account_id: str, file: str) -> tuple[list[Any], str, datetime]:
        """Return a file of the account's export. Raises `UpstreamUnauthorizedError` when there is none."""
        return await asyncio.to_thread(self._read, account_id, file)

    def _read(self, account_id: str, file: str) -> tuple[list[Any], str, datetime]:
        with self._reader.connect() as connection:
            row = connection.execute(
                select(_UPLOAD.c.content, _UPLOAD.c.sha256, _UPLOAD.c.uploaded_at)
                .join(_ACCOUNT, _ACCOUNT.c.id == _UPLOAD.c.account_id)
                .where(_UPLOAD.c.account_id == account_id, _ACCOUNT.c.status == "OK")
            ).one_or_none()
        if row is None:
            raise UpstreamUnauthorizedError("The worker must upload this export again.")
        files = load_json(zlib.decompress(self._vault.open(row.content, _context(account_id))))
        return files.get(file, []), row.sha256, row.uploaded_at


def drop_upload(connection: Connection, account_id: str) -> None:
    """Delete an account's export, in the caller's transaction."""
    connection.execute(delete(TakeoutUpload).where(_UPLOAD.c.account_id == account_id))


def _context(account_id: str) -> str:
    return f"takeout_upload:{account_id}"
