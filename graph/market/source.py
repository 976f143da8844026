"""Where the market comes from, as protocols that connectors satisfy: published feeds, entry bars, past openings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

Record = Mapping[str, Any]


class FeedLike(Protocol):
    """One feed's last good copy."""

    @property
    def platform(self) -> str:
        """The platform's name, lower-case."""
        ...

    @property
    def display_name(self) -> str:
        """What it calls itself."""
        ...

    @property
    def gives(self) -> str:
        """`TRAINING`, `OPPORTUNITIES` or `POSTINGS`."""
        ...

    @property
    def version(self) -> str:
        """The connector's version."""
        ...

    @property
    def fidelity(self) -> str:
        """How far the shape rests on what is documented."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether it is fictional."""
        ...

    @property
    def read_at(self) -> datetime:
        """When it was read."""
        ...

    @property
    def records(self) -> Sequence[Record]:
        """Plain records, checked against their type."""
        ...


class EntryLike(Protocol):
    """One platform's entry bar; `occupation` and `requires` are URIs or words."""

    @property
    def platform(self) -> str:
        """The platform's name, lower-case."""
        ...

    @property
    def display_name(self) -> str:
        """What it calls itself."""
        ...

    @property
    def occupation(self) -> str:
        """A URI or a title."""
        ...

    @property
    def requires(self) -> Sequence[str]:
        """URIs or words."""
        ...

    @property
    def zone(self) -> int | None:
        """The preparation asked for, 1 to 5."""
        ...

    @property
    def hours(self) -> int:
        """The experience asked for."""
        ...

    @property
    def note(self) -> str | None:
        """What else is to be said, in English."""
        ...

    @property
    def notes(self) -> Mapping[str, str]:
        """The same in other languages."""
        ...

    @property
    def fidelity(self) -> str:
        """How far the shape rests on what is documented."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether it is fictional."""
        ...


class OpeningLike(Protocol):
    """An opening that was ever listed."""

    @property
    def platform(self) -> str:
        """The platform's name, lower-case."""
        ...

    @property
    def month(self) -> str:
        """`YYYY-MM`."""
        ...

    @property
    def region(self) -> str | None:
        """Where; None: anywhere."""
        ...

    @property
    def occupation(self) -> str:
        """A URI or a title."""
        ...

    @property
    def requires(self) -> Sequence[str]:
        """URIs or words."""
        ...

    @property
    def openings(self) -> int:
        """How many."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether it is fictional."""
        ...


class PublishedLike(Protocol):
    """Everything that live providers publish."""

    @property
    def feeds(self) -> Sequence[FeedLike]:
        """The last good copies."""
        ...

    @property
    def entries(self) -> Sequence[EntryLike]:
        """Platforms' entry bars."""
        ...

    @property
    def openings(self) -> Sequence[OpeningLike]:
        """Openings that were ever listed."""
        ...

    @property
    def names(self) -> Mapping[str, str]:
        """What platforms call themselves."""
        ...

    @property
    def settled(self) -> bool:
        """Whether every feed was tried once; until then what is there is not the whole."""
        ...


class MarketSource(Protocol):
    """Where the market comes from. Both functions block."""

    def revision(self) -> str:
        """Return a token that changes when anything does."""
        ...

    def read(self) -> PublishedLike:
        """Return everything."""
        ...
