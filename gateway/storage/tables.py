"""All tables of all packages, gathered for migrations.

Each package owns its tables; this module only imports them, so that `SQLModel.metadata` is complete.
"""

from __future__ import annotations

import importlib

from sqlalchemy import MetaData
from sqlmodel import SQLModel

MODULES = (
    "consent.actor_versions",
    "consent.console.models",
    "consent.inbox.models",
    "consent.models",
    "consent.notices.models",
    "consent.oauth.models",
    "consent.signin.models",
    "connectors.accounts.models",
    "connectors.feeds.models",
    "connectors.linking.models",
    "connectors.observation.models",
    "connectors.registration.models",
    "connectors.takeout.models",
    "gateway.storage.lasting_keys",
    "graph.counting.tables",
    "graph.finding.tables",
    "graph.taxonomy.store",
)
"""Modules that define tables."""


def metadata() -> MetaData:
    """Return the metadata of every table."""
    for module in MODULES:
        importlib.import_module(module)
    return SQLModel.metadata
