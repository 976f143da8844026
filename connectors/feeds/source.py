"""What live providers publish, in one place: the last good copies, entry bars, and a token that changes with them.

Satisfies the skill graph's `MarketSource`. Copies of connectors that are no longer live, or suspended, are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.feeds.store import FeedStore, Opening, StoredCopy
from connectors.schema import AnyConnector

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFeed:
    """One feed's last good copy, with who publishes it."""

    platform: str
    display_name: str
    gives: str
    version: str
    fidelity: str
    simulated: bool
    read_at: datetime
    records: Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEntry:
    """One platform's entry bar in one occupation."""

    platform: str
    display_name: str
    occupation: str
    label: str
    requires: Sequence[str]
    zone: int | None
    hours: int
    note: str | None
    notes: Mapping[str, str]
    fidelity: str
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Everything that live providers publish. `settled` is false while a feed waits for its first reading.

    `names` are what all live platforms call themselves.
    """

    feeds: Sequence[PublishedFeed]
    entries: Sequence[PublishedEntry]
    openings: Sequence[Opening]
    names: Mapping[str, str]
    settled: bool


class FeedSource:
    """`feeding` gives the connectors that are live now; `is_read` says which of their feeds are read at all."""

    def __init__(
        self,
        store: FeedStore,
        feeding: Callable[[], Sequence[AnyConnector]],
        *,
        is_read: Callable[[AnyConnector], bool],
        simulated: bool,
    ) -> None:
        self._store = store
        self._feeding = feeding
        self._is_read = is_read
        self._simulated = simulated

    def revision(self) -> str:
        """Return a token that changes when anything that is published changes. Blocks."""
        live = "|".join(map(_revision, self._feeding()))
        return hashlib.sha256(f"{live}\n{self._store.revision()}".encode()).hexdigest()

    def read(self) -> Published:
        """Return what is published. Blocks."""
        live = {each.name: each for each in self._feeding()}
        read = {name for name, each in live.items() if each.definition.feeds and self._is_read(each)}
        copies = [each for each in self._store.copies() if each.platform in read]
        return Published(
            feeds=[_published(each, live[each.platform]) for each in copies if _is_declared(each, live[each.platform])],
            entries=[entry for each in live.values() for entry in self._entries(each)],
            openings=[each for each in self._store.openings() if each.platform in read],
            names={name: each.definition.platform.display_name for name, each in live.items()},
            settled=self._is_settled([live[name] for name in read]),
        )

    def _is_settled(self, connectors: Sequence[AnyConnector]) -> bool:
        tried = {(each.platform, each.feed) for each in self._store.states() if each.checked_at is not None}
        return all((each.name, feed.id) in tried for each in connectors for feed in each.definition.feeds)

    def _entries(self, connector: AnyConnector) -> Sequence[PublishedEntry]:
        platform = connector.definition.platform
        return [
            PublishedEntry(
                platform=platform.name,
                display_name=platform.display_name,
                occupation=each.occupation,
                label=each.label,
                requires=each.requires,
                zone=each.zone,
                hours=each.hours,
                note=each.note,
                notes=each.notes,
                fidelity=platform.fidelity,
                simulated=self._simulated,
            )
            for each in connector.definition.entries
        ]


def _revision(connector: AnyConnector) -> str:
    """Return what changes with what a connector publishes: of one that publishes nothing, its name."""
    definition = connector.definition
    publishes = definition.feeds or definition.entries
    return f"{connector.name}:{connector.digest if publishes else definition.platform.display_name}"


def _is_declared(copy: StoredCopy, connector: AnyConnector) -> bool:
    return any(feed.id == copy.feed and feed.gives == copy.gives for feed in connector.definition.feeds)


def _published(copy: StoredCopy, connector: AnyConnector) -> PublishedFeed:
    return PublishedFeed(
        platform=copy.platform,
        display_name=connector.definition.platform.display_name,
        gives=copy.gives,
        version=copy.version,
        fidelity=copy.fidelity,
        simulated=copy.simulated,
        read_at=copy.read_at,
        records=copy.records,
    )
