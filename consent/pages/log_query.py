"""What of the access log somebody wants to see: read from the query of an address, the same for the page and its files.

Nothing in it can be wrong enough to fail: what means nothing is left out, and the page says so of dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast
from urllib.parse import urlencode

from consent.access_log import AccessFilter, Choice
from consent.pages.wording import Wording
from consent.vocabulary import CATEGORIES, PURPOSES, SELF_PURPOSE

FIELDS: Final = ("actor", "platform", "category", "decision", "from", "to", "text")
MYSELF: Final = "self"
"""The `actor` of a worker's own reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What was chosen, as the form shows it again, and what it means. `problem` names what could not be read."""

    chosen: Mapping[str, str]
    matching: AccessFilter
    problem: str | None = None

    @property
    def suffix(self) -> str:
        """The chosen values as a query to put behind an address; empty when nothing is chosen."""
        found = urlencode({name: value for name, value in self.chosen.items() if value})
        return f"?{found}" if found else ""

    def page(self, **position: int) -> str:
        """Return the query for another page of the same."""
        return "?" + urlencode({name: value for name, value in self.chosen.items() if value} | position)


def read_query(query: Mapping[str, str], words: Wording, names: Mapping[str, str]) -> LogQuery:
    """Return what `query` asks for. `names` are the platforms' display names: people search for what they read."""
    chosen = {name: query.get(name, "").replace("\0", "").strip()[:100] for name in FIELDS}
    for name, allowed in (("category", CATEGORIES), ("decision", ("allow", "deny"))):
        if chosen[name] not in allowed:
            chosen[name] = ""
    since, until = _day(chosen["from"]), _day(chosen["to"])
    problem = None
    if (chosen["from"] and since is None) or (chosen["to"] and until is None):
        problem = "no_date"
    elif since is not None and until is not None and since > until:
        problem = "no_days"
    return LogQuery(
        chosen=chosen,
        problem=problem,
        matching=AccessFilter(
            actor_id=chosen["actor"] if chosen["actor"] not in ("", MYSELF) else None,
            purpose=SELF_PURPOSE if chosen["actor"] == MYSELF else None,
            platform=chosen["platform"] or None,
            category=chosen["category"] or None,
            decision=cast(Choice, chosen["decision"]) if chosen["decision"] else None,
            since=since,
            until=None if until is None else until + timedelta(days=1),
            text=chosen["text"] or None,
            named=_named(chosen["text"], words, names),
        ),
    )


def _named(text: str, words: Wording, names: Mapping[str, str]) -> frozenset[str]:
    """Return the ids of categories, purposes and platforms whose names, as they are shown, contain `text`."""
    if not text:
        return frozenset()
    shown = {
        **{category: words.category_title(category) for category in CATEGORIES},
        **{purpose: words.purpose_title(purpose) for purpose in (*PURPOSES, SELF_PURPOSE)},
        **names,
    }
    return frozenset(name for name, title in shown.items() if text.casefold() in title.casefold())


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if len(text) == len("2030-01-31") else None
    except ValueError:
        return None
