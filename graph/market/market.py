"""Reads what providers publish into a `Market`.

Skills and occupations come as ESCO URIs or as a provider's own words. Words are looked up: by exact name or term, else
linked, and kept with the confidence where that is at least `SURE`. What is left without a skill or an occupation is
refused and counted; the rest lives.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from graph.market.gazetteer import region_of
from graph.market.source import EntryLike, FeedLike, OpeningLike, PublishedLike, Record
from graph.market.words import MarketWords
from graph.model import (
    EntryBar,
    FeedOrigin,
    LinkedWords,
    Market,
    Month,
    Opportunity,
    OpportunityId,
    Pay,
    PayPeriod,
    Posting,
    Provider,
    SkillId,
    Training,
    TrainingId,
    TrainingMode,
)
from graph.taxonomy.names import fold

LONGEST_REF = 120
REASONS: Mapping[str, str] = {
    "OCCUPATION_UNKNOWN": "no occupation of the taxonomy has this name or code",
    "PROGRAMME_UNKNOWN": "`after` names no programme of the feed",
    "REQUIREMENT_UNKNOWN": "something that is required is no skill of the taxonomy",
    "SKILLS_UNKNOWN": "no skill of the taxonomy is named",
}
"""Why a record of the right shape is left out, by code."""
EVERYWHERE = "remote"
"""The region of openings without a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketReading:
    """A market, and how many records of each platform were left out, by reason."""

    market: Market
    refused: Mapping[tuple[str, str], int]


class _RefusedError(Exception):
    """A record that says nothing that is known here; the text is the code."""


def read_market(published: PublishedLike, words: MarketWords, now: datetime) -> MarketReading:
    """Read what is published. Months that are not over are not counted."""
    refused: Counter[tuple[str, str]] = Counter()
    training, opportunities, postings = list[Training](), list[Opportunity](), list[Posting]()
    for feed in published.feeds:
        origin = FeedOrigin(
            platform=feed.platform,
            name=feed.display_name,
            version=feed.version,
            fidelity=feed.fidelity,
            simulated=feed.simulated,
            read_at=feed.read_at,
        )
        programmes = {each["ref"]: each for each in feed.records} if feed.gives == "TRAINING" else {}
        for record in feed.records:
            try:
                match feed.gives:
                    case "TRAINING":
                        training.append(_training(record, origin, words, programmes))
                    case "OPPORTUNITIES":
                        opportunities.append(_opportunity(record, origin, words))
                    case _:
                        postings.append(_posting(record, feed.simulated, words))
            except _RefusedError as error:
                refused[feed.platform, str(error)] += 1
    counted = {(record["month"], feed.platform) for feed in _counts(published) for record in feed.records}
    this_month = Month(year=now.year, month=now.month)
    for opening in published.openings:
        month = Month.parse(opening.month)
        if (opening.month, opening.platform) not in counted and month < this_month:
            try:
                postings.append(_opening(opening, month, words))
            except _RefusedError as error:
                refused[opening.platform, str(error)] += 1
    return MarketReading(
        market=Market(
            training=tuple(training),
            opportunities=tuple(opportunities),
            postings=tuple(each for each in postings if each.month < this_month),
            entries=tuple(_entries(published.entries, words, refused)),
            names=MappingProxyType(dict(published.names)),
        ),
        refused=refused,
    )


def _training(record: Record, origin: FeedOrigin, words: MarketWords, programmes: Mapping[str, Record]) -> Training:
    links: list[LinkedWords] = []
    teaches = words.skills(record["teaches"], links)
    requires = words.skills(record["requires"], links)
    licenses, staffs = words.occupations(record["licenses"]), words.occupations(record["staffs"])
    if not (teaches or licenses or staffs):
        raise _RefusedError("SKILLS_UNKNOWN")
    if len(requires) < len(record["requires"]):
        # What cannot be understood as a requirement must not be dropped: the programme would seem open to everybody.
        raise _RefusedError("REQUIREMENT_UNKNOWN")
    for ref in record["after"]:
        if ref not in programmes:
            raise _RefusedError("PROGRAMME_UNKNOWN")
        requires |= words.skills(programmes[ref]["teaches"], [])
    return Training(
        id=TrainingId(f"training:{origin.platform}:{_short(record['ref'])}"),
        title=record["title"],
        provider=_provider(record["provider"], origin),
        teaches=teaches,
        requires=requires,
        licenses=licenses,
        staffs=staffs,
        staffed_by=record["staffedBy"] or (origin.name if staffs else None),
        hours=record["hours"],
        cost=Decimal(record["cost"]),
        currency=record["currency"],
        mode=TrainingMode(record["mode"]),
        certificate=record["certificate"],
        description=record["description"],
        place=record["place"],
        languages=frozenset(record["languages"]),
        url=record["url"],
        links=tuple(links),
    )


def _opportunity(record: Record, origin: FeedOrigin, words: MarketWords) -> Opportunity:
    occupation = words.occupation(record["occupation"] or record["title"])
    if occupation is None:
        raise _RefusedError("OCCUPATION_UNKNOWN")
    links: list[LinkedWords] = []
    required = words.skills(record["requires"], links)
    preferred = words.skills(record["prefers"], links) - required
    if record["requires"] and not required:
        raise _RefusedError("SKILLS_UNKNOWN")
    if not record["requires"]:
        required = words.skills_in(f"{record['title']}. {record['description'] or ''}", links)
    pay = record["pay"]
    return Opportunity(
        id=OpportunityId(f"opportunity:{origin.platform}:{_short(record['ref'])}"),
        title=record["title"],
        organization=record["organization"],
        occupation=occupation,
        required=required,
        preferred=preferred - required,
        place=record["place"],
        remote=record["remote"],
        pay=Pay(min=Decimal(pay["min"]), max=Decimal(pay["max"]), currency=pay["currency"], per=PayPeriod(pay["per"])),
        posted_at=datetime.fromisoformat(record["postedAt"]),
        closes_at=None if record["closesAt"] is None else datetime.fromisoformat(record["closesAt"]),
        simulated=origin.simulated,
        description=record["description"],
        languages=frozenset(record["languages"]),
        openings=record["openings"],
        url=record["url"],
        links=tuple(links),
        origin=origin,
        hours_per_week=record.get("hoursPerWeek"),
    )


def _posting(record: Record, simulated: bool, words: MarketWords) -> Posting:
    occupation = words.occupation(record["occupation"])
    if occupation is None:
        raise _RefusedError("OCCUPATION_UNKNOWN")
    return Posting(
        month=Month.parse(record["month"]),
        region=region_of(record["region"]),
        occupation=occupation,
        openings=record["openings"],
        simulated=simulated,
    )


def _opening(opening: OpeningLike, month: Month, words: MarketWords) -> Posting:
    occupation = words.occupation(opening.occupation)
    if occupation is None:
        raise _RefusedError("OCCUPATION_UNKNOWN")
    asks = words.skills(opening.requires, [])
    return Posting(
        month=month,
        region=EVERYWHERE if opening.region is None else region_of(opening.region),
        occupation=occupation,
        openings=opening.openings,
        simulated=opening.simulated,
        asks=asks or None,
    )


def _entries(entries: Iterable[EntryLike], words: MarketWords, refused: Counter[tuple[str, str]]) -> Iterable[EntryBar]:
    for each in entries:
        occupation = words.occupation(each.occupation)
        requires: frozenset[SkillId] = words.skills(each.requires, [])
        if occupation is None or len(requires) < len(each.requires):
            refused[each.platform, "OCCUPATION_UNKNOWN" if occupation is None else "REQUIREMENT_UNKNOWN"] += 1
            continue
        yield EntryBar(
            platform=each.platform,
            name=each.display_name,
            occupation=occupation,
            requires=requires,
            zone=each.zone,
            hours=each.hours,
            note=each.note,
            notes=MappingProxyType(dict(each.notes)),
            fidelity=each.fidelity,
            simulated=each.simulated,
        )


def _counts(published: PublishedLike) -> Iterable[FeedLike]:
    return (feed for feed in published.feeds if feed.gives == "POSTINGS")


def _provider(name: str | None, origin: FeedOrigin) -> Provider:
    slug = "" if name is None else f":{'-'.join(fold(name).split())[:80]}"
    return Provider(
        id=f"provider:{origin.platform}{slug}", name=name or origin.name, simulated=origin.simulated, origin=origin
    )


def _short(ref: str) -> str:
    return ref if len(ref) <= LONGEST_REF else hashlib.sha256(ref.encode()).hexdigest()[:32]
