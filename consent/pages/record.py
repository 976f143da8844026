"""A worker's whole record at one platform, read page by page: what is asked, and how an answer is read. Pure.

The record is the worker's to take along (GDPR Art. 20; Directive (EU) 2024/2831). Gigway keeps none of it, so it is
read at the platforms while the file is being written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from consent.pages.preview import OwnAnswer

PAGE_SIZE: Final = 50
MAX_PAGES: Final = 200
"""How many pages of gigs one file has at most for one platform: 10,000 gigs."""

THROTTLED: Final = "UPSTREAM_THROTTLED"
SOME_SECONDS: Final = 5.0
"""How long to wait for a platform that asks for patience and does not say how much."""

_ACCOUNT: Final = (
    "profile { displayName headline city countryCode memberSince status totalEngagements } "
    "ratings { scheme { name min max } value sampleSize text } "
    "earnings { from to currency total engagements lines { kind amount currency sourceCode } } "
    "credentials { kind name score maxScore awardedAt expiresAt } "
    "experience { kind occupation { label } completed cancelled hours firstAt lastAt activeMonths }"
)
_GIG: Final = (
    "ref kind title occupation { label code scheme } status cancelledBy period { start end timezone } "
    "duration { seconds basis } distance { meters } place { city countryCode point { latitude longitude } } "
    "counterparty { pseudonym kind } earnings { kind amount currency sourceCode } "
    "ratings { scheme { name min max } value text } provenance { fetchedAt fidelity simulated }"
)
GIG_COLUMNS: Final = (
    *("platform", "ref", "kind", "title", "occupation", "status", "start", "end", "seconds", "meters", "city"),
    *("paid", "currency", "rating", "note"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """What one answer had: the account's own parts on the first page, gigs on each. `after` continues, if anything.

    `wait` is for how many seconds the platform wants no more questions; the page is then to be asked for again.
    """

    parts: Mapping[str, Any]
    gigs: tuple[Mapping[str, Any], ...]
    after: str | None
    problems: tuple[str, ...]
    wait: float | None = None


def record_query(platform: str, after: str | None) -> tuple[str, Mapping[str, Any]]:
    """Return the query for a page of the record at `platform`, and its variables; without `after` for the first."""
    parts = _ACCOUNT if after is None else ""
    gigs = (
        f"engagements(first: {PAGE_SIZE}, after: $after) "
        f"{{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_GIG} }} }} }}"
    )
    query = (
        "query Record($platforms: [String!], $after: String) "
        f"{{ viewer {{ worker {{ accounts(platforms: $platforms) {{ {parts} {gigs} }} }} }} }}"
    )
    return query, {"platforms": [platform], "after": after}


def read_record(answer: OwnAnswer) -> RecordPage:
    """Return what an answer says. What is missing has its reason among the `problems`."""
    worker = ((answer.data or {}).get("viewer") or {}).get("worker") or {}
    accounts = worker.get("accounts") or [{}]
    account = dict(accounts[0])
    found = account.pop("engagements", None)
    page = (found or {}).get("pageInfo") or {}
    reasons = [error.get("extensions") or {} for error in answer.errors]
    waits = [float(each.get("retryAfter") or SOME_SECONDS) for each in reasons if each.get("code") == THROTTLED]
    return RecordPage(
        parts=account,
        gigs=tuple(edge["node"] for edge in (found or {}).get("edges") or ()),
        after=page.get("endCursor") if page.get("hasNextPage") else None,
        problems=tuple(dict.fromkeys(str(each.get("code", "UNKNOWN")) for each in reasons)),
        wait=max(waits, default=None),
    )


def gig_rows(platform: str, gigs: tuple[Mapping[str, Any], ...]) -> Iterator[list[object]]:
    """Yield a row of `GIG_COLUMNS` for each gig: what was paid is the sum of its lines in their one currency."""
    for gig in gigs:
        period, place, duration = (gig.get(name) or {} for name in ("period", "place", "duration"))
        ratings = gig.get("ratings") or ()
        paid, currency = _paid(gig.get("earnings") or ())
        yield [
            *(platform, gig.get("ref"), gig.get("kind"), gig.get("title")),
            *((gig.get("occupation") or {}).get("label"), gig.get("status"), period.get("start"), period.get("end")),
            *(duration.get("seconds"), (gig.get("distance") or {}).get("meters"), place.get("city"), paid, currency),
            *(ratings[0]["value"] if ratings else None, None),
        ]


def note_row(platform: str, note: str) -> list[object]:
    """Return a row of `GIG_COLUMNS` that says what is missing at `platform`."""
    return [platform, *[None] * (len(GIG_COLUMNS) - 2), note]


def _paid(lines: Any) -> tuple[str | None, str | None]:
    currencies = {line["currency"] for line in lines}
    if len(currencies) != 1:
        return None, None
    return str(sum((Decimal(line["amount"]) for line in lines), Decimal())), currencies.pop()
