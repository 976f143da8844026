"""Who may do what: kinds of organizations, the roles in them, and what each role is allowed.

`read` everything of the organization; `develop` its clients, keys and connectors; `manage` its members and its going
live; `decide` on others' requests, suspend and resume them (operators only).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

OrganizationKind = Literal["actor", "platform", "operator"]
Role = Literal["administrator", "approver", "auditor", "owner", "developer"]
Permission = Literal["read", "develop", "manage", "decide"]

OPERATOR: Final = "operator"
"""The id of the operator's own organization."""

ROLES: Final[Mapping[OrganizationKind, tuple[Role, ...]]] = {
    "actor": ("owner", "developer"),
    "platform": ("owner", "developer"),
    "operator": ("administrator", "approver", "auditor"),
}
"""The roles of each kind, the most powerful one first: an organization keeps at least one person in that."""

_ALLOWED: Final[Mapping[Role, frozenset[Permission]]] = {
    "owner": frozenset({"read", "develop", "manage"}),
    "developer": frozenset({"read", "develop"}),
    "administrator": frozenset({"read", "develop", "manage", "decide"}),
    "approver": frozenset({"read", "decide"}),
    "auditor": frozenset({"read"}),
}


def is_role(kind: OrganizationKind, text: str) -> bool:
    """Whether `text` is a role in organizations of `kind`."""
    return text in ROLES[kind]


def may(role: str, permission: Permission) -> bool:
    """Whether `role` allows `permission`; an unknown role allows nothing."""
    return any(role == known and permission in allowed for known, allowed in _ALLOWED.items())
