"""Which pages an organization has, in order. A part that adds a page adds its line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from consent.console.members import Membership
from consent.console.roles import OrganizationKind, Permission


def _(message: str) -> str:
    """Mark `message` for the catalogs; it is translated where it is used."""
    return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page under `/console/<organization>/`; `path` is empty for the overview."""

    path: str
    label: str
    needs: Permission = "read"


PAGES: Final[Mapping[OrganizationKind, tuple[Page, ...]]] = {
    "actor": (
        Page(path="", label=_("Overview")),
        Page(path="clients", label=_("Clients")),
        Page(path="live", label=_("Going live")),
        Page(path="usage", label=_("Usage")),
        Page(path="people", label=_("People")),
        Page(path="history", label=_("History")),
    ),
    "platform": (
        Page(path="", label=_("Overview")),
        Page(path="connectors", label=_("Connectors")),
        Page(path="clients", label=_("Clients")),
        Page(path="people", label=_("People")),
        Page(path="history", label=_("History")),
    ),
    "operator": (
        Page(path="", label=_("Overview")),
        Page(path="requests", label=_("Requests")),
        Page(path="actors", label=_("Actors")),
        Page(path="platforms", label=_("Platforms")),
        Page(path="connectors", label=_("Connectors")),
        Page(path="clients", label=_("Clients")),
        Page(path="people", label=_("People")),
        Page(path="history", label=_("History")),
    ),
}


_WHILE_PENDING: Final = frozenset({"", "people", "history"})
"""The pages of an organization that waits for an operator."""


def pages_of(member: Membership) -> list[tuple[str, str]]:
    """Return (address, label) of the pages that a member may open."""
    base = f"/console/{member.organization_id}"
    return [
        (f"{base}/{page.path}" if page.path else base, page.label)
        for page in PAGES[member.kind]
        if member.may(page.needs) and (member.is_active or page.path in _WHILE_PENDING)
    ]
