"""Openings in the trades, worded as employers word them, and how many there were in each month before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

from connectors.sandbox.market.courses import CITIES, EMPLOYERS
from connectors.sandbox.market.trades import Trade, trades
from connectors.sandbox.world import World

__all__ = ["Advert", "Count", "adverts", "counts"]

MONTHS = 36
_PAY = {1: (15, 18), 2: (18, 24), 3: (23, 31), 4: (31, 47), 5: (46, 72)}
_FULL_TIME: tuple[int | None, ...] = (40, 40, 38, None)
_PART_TIME: tuple[int | None, ...] = (8, 16, 20, 24, 30)
_TITLES = ("{title}", "{title}, {city}", "{title}, part time", "Experienced {title}", "{title} for {employer}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """One opening. Skills are words; pay is in SEK or EUR an hour."""

    number: int
    headline: str
    text: str
    employer: str
    trade: str
    must: tuple[str, ...]
    nice: tuple[str, ...]
    city: str | None
    languages: tuple[str, ...]
    low: int
    high: int
    positions: int
    weekly_hours: int | None
    published: datetime
    deadline: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Openings of one month in one city and trade."""

    month: str
    city: str
    trade: Trade
    openings: int


def adverts(world: World) -> tuple[Advert, ...]:
    """Return what is open now, newest first."""
    found = []
    for place, trade in enumerate(trades()):
        for number in range(_liveliness(world, trade)):
            found.append(_advert(world, trade, 1_000 * (place + 1) + number))
    return tuple(sorted(found, key=lambda each: (each.published, each.number), reverse=True))


def counts(world: World) -> tuple[Count, ...]:
    """Return the months before this one, oldest first; trades are busier in some cities and seasons."""
    found = []
    this = world.started.year * 12 + world.started.month - 1
    for trade in trades():
        base = _liveliness(world, trade) / 2
        for city in CITIES:
            draw = world.random("counts", trade.title, city)
            share, season = draw.uniform(0.1, 1.0), draw.randrange(12)
            for number in range(this - MONTHS, this):
                away = min((number - season) % 12, (season - number) % 12)
                mean = base * share * (1.5 - away / 6)
                openings = _poisson(draw.random(), mean)
                if openings:
                    month = f"{number // 12:04}-{number % 12 + 1:02}"
                    found.append(Count(month=month, city=city, trade=trade, openings=openings))
    return tuple(sorted(found, key=lambda each: (each.month, each.city, each.trade.title)))


def _liveliness(world: World, trade: Trade) -> int:
    return 1 + world.random("liveliness", trade.title).randrange(6)


def _advert(world: World, trade: Trade, number: int) -> Advert:
    draw = world.random("advert", number)
    labels = list(trade.skills)
    must = draw.sample(labels, min(len(labels), draw.randrange(4, 8)))
    rest = [each for each in (*labels, *trade.welcome) if each not in must]
    low, high = _PAY[trade.zone]
    pay = draw.randrange(low, high)
    is_remote = trade.zone >= 3 and trade.licence is None and draw.random() < 0.3
    employer, city = draw.choice(EMPLOYERS), draw.choice(CITIES)
    title = draw.choice(_TITLES).format(title=trade.title, city=city, employer=employer)
    published = world.days_ago(draw.uniform(1, 90)).replace(microsecond=0)
    # A draw of its own: what else an advert says is as it was before adverts named their hours.
    hours = world.random("hours", number).choice(_PART_TIME if "part time" in title else _FULL_TIME)
    return Advert(
        number=number,
        headline=title[:1].upper() + title[1:],
        text=f"{employer} looks for a {trade.title}. You can {', '.join(must)}.",
        employer=f"{employer} (simulated)",
        trade=trade.title,
        must=tuple(must),
        nice=tuple(draw.sample(rest, min(len(rest), draw.randrange(4)))),
        city=None if is_remote else city,
        languages=draw.choice((("sv",), ("en",), (), ("sv", "en"))),
        low=pay,
        high=pay + draw.randrange(2, 6),
        positions=draw.choice((1, 1, 1, 2, 3)),
        weekly_hours=hours,
        published=published,
        deadline=world.started + timedelta(days=draw.randrange(10, 120)) if draw.random() < 0.6 else None,
    )


def _poisson(chance: float, mean: float) -> int:
    """Return the count at a quantile of the Poisson distribution."""
    term = total = exp(-mean)
    number = 0
    while total < chance and number < 200:
        number += 1
        term *= mean / number
        total += term
    return number
