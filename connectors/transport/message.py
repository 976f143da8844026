"""What goes to a platform and what comes back. No `repr` shows a header, a query or a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """One request to a platform; `is_safe` tells that it only reads and may be repeated."""

    method: Literal["GET", "POST"]
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    is_safe: bool = True

    @property
    def place(self) -> str:
        """Scheme, host and path: what may stand in a log."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamResponse:
    """A platform's answer with its whole body; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
