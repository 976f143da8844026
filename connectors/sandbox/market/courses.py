"""Programmes towards the trades: foundations, what builds on them, licence courses, and some with a job at the end."""

from dataclasses import dataclass

from connectors.sandbox.market.trades import Trade, trades
from connectors.sandbox.world import World

__all__ = ["Course", "courses"]

CITIES = ("Stockholm", "Gothenburg", "Malmö", "Uppsala", "Lund")
SCHOOLS = ("Harbour Street College", "Northlight Skills", "Roadwise Training", "Openbench Academy", "Birch & Quay")
EMPLOYERS = ("Linden Parcel", "Brightcab", "Kestrel Freight", "Ostra Cafés", "Nine Lanterns Studio", "Fjord Desk")

USUAL_SKILLS = 16
_FOUNDATION_HOURS = {1: 20, 2: 40, 3: 70, 4: 110, 5: 160}
_HOUR_PRICE = {1: 4, 2: 6, 3: 9, 4: 12, 5: 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One programme. Skills are ESCO URIs; `after` are codes of programmes that come before."""

    code: str
    title: str
    summary: str
    school: str
    outcomes: tuple[str, ...]
    after: tuple[str, ...]
    hours: int
    price: int
    delivery: str
    city: str | None
    languages: tuple[str, ...]
    award: str | None
    qualifies_for: tuple[str, ...]
    employer: str | None
    places_in: tuple[str, ...]


def courses(world: World) -> tuple[Course, ...]:
    """Return all programmes, by trade."""
    return tuple(course for trade in trades() for course in _of(world, trade))


def _of(world: World, trade: Trade) -> list[Course]:
    draw = world.random("courses", trade.title)
    uris = list(trade.skills.values())
    half = -(-len(uris) * 3 // 5)
    hours = _FOUNDATION_HOURS[trade.zone] * max(1, round(len(uris) / USUAL_SKILLS))
    slug = trade.title.lower().replace("/", " ").replace(" ", "-")
    city = draw.choice(CITIES)
    found = [
        _course(
            trade,
            code=f"{slug}-1",
            title=f"{_capital(trade.title)}: foundations",
            school=draw.choice(SCHOOLS),
            outcomes=tuple(uris[:half]),
            hours=hours + 5 * draw.randrange(4),
            delivery=draw.choice(("online", "online", "blended")),
            city=city,
            languages=draw.choice((("sv", "en"), ("en",), ("sv",), ("sv", "en"))),
        )
    ]
    is_staffed = draw.random() < 0.25
    if len(uris) > half:
        found.append(
            _course(
                trade,
                code=f"{slug}-2",
                title=f"{_capital(trade.title)}: in practice",
                school=draw.choice(SCHOOLS),
                outcomes=tuple(uris[half:]),
                after=(f"{slug}-1",),
                hours=hours + 10 * draw.randrange(3),
                delivery=draw.choice(("blended", "campus", "online")),
                city=city,
                languages=draw.choice((("sv", "en"), ("en",), ("sv",))),
                employer=draw.choice(EMPLOYERS) if is_staffed else None,
            )
        )
    if trade.licence is not None:
        found.append(
            _course(
                trade,
                code=f"{slug}-licence",
                title=f"{_capital(trade.title)}: {trade.licence}",
                school=draw.choice(SCHOOLS),
                outcomes=tuple(uris[:2]),
                hours=80 + 20 * draw.randrange(8),
                delivery="campus",
                city=city,
                languages=("sv",),
                award=trade.licence,
                licenses=True,
            )
        )
    return found


def _course(
    trade: Trade,
    *,
    code: str,
    title: str,
    school: str,
    outcomes: tuple[str, ...],
    hours: int,
    delivery: str,
    city: str,
    languages: tuple[str, ...],
    after: tuple[str, ...] = (),
    award: str | None = None,
    employer: str | None = None,
    licenses: bool = False,
) -> Course:
    return Course(
        code=code,
        title=title,
        summary=f"For those who want to work as {trade.title}.",
        school=f"{school} (simulated)",
        outcomes=outcomes,
        after=after,
        hours=hours,
        price=hours * _HOUR_PRICE[trade.zone],
        delivery=delivery,
        city=None if delivery == "online" else city,
        languages=languages,
        award=award or f"{title}, certificate",
        qualifies_for=(trade.uri,) if licenses else (),
        employer=None if employer is None else f"{employer} (simulated)",
        places_in=() if employer is None else (trade.uri,),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
