"""What protects forms against other sites, as the pages of connectors need it."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response


class Seal(Protocol):
    """What protects the forms of one page."""

    @property
    def token(self) -> str:
        """The value of the form's hidden `csrf` field."""
        ...


class FormGuard(Protocol):
    """Protects forms against other sites; the consent pages' guard satisfies it."""

    def seal(self, request: Request) -> Any:
        """Return a `Seal` for the pages of this browser."""
        ...

    def set_cookie(self, response: Response, seal: Any) -> None:
        """Give the browser the cookie that goes with a seal, if it has none."""
        ...

    def problem(self, request: Request, token: str | None) -> str | None:
        """Return why a POST with this token is not accepted, or None."""
        ...
