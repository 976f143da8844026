"""An export to run the checks with: a sandbox persona's download, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from connectors.conformance.sign_in import SignInError
from connectors.schema import Connector
from connectors.schema.definition import TakeoutLinking
from connectors.takeout import TakeoutError, Unpacked, unpack


@dataclass(frozen=True, slots=True, kw_only=True)
class OneExport:
    """`Takeouts` of the one account that is checked."""

    unpacked: Unpacked = field(repr=False)
    at: datetime

    async def read(self, account_id: str, file: str) -> tuple[list[Any], str, datetime]:
        """Return a file of the export."""
        return list(self.unpacked.files.get(file, ())), self.unpacked.sha256, self.at


async def download(connector: Connector, sandbox_url: str | None, persona: str, *, now: datetime) -> OneExport:
    """Return a persona's export from the sandbox. Raises `SignInError` when there is none that can be read."""
    method = connector.definition.linking.method
    if sandbox_url is None or not isinstance(method, TakeoutLinking):
        raise SignInError("exports are only in the sandbox")
    name = connector.name.removesuffix("_takeout").replace("_", "-")
    for candidate in (name, f"{name}-driver"):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{sandbox_url}/takeout/{candidate}/{persona}") as answer,
        ):
            if answer.status == 200:
                try:
                    unpacked = unpack(await answer.read(), f"{candidate}.zip", method.files)
                except TakeoutError as error:
                    raise SignInError(str(error)) from None
                return OneExport(unpacked=unpacked, at=now)
    raise SignInError(f"the sandbox has no export of {connector.name} for {persona}")
