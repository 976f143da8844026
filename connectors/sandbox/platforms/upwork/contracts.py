"""A freelancer's contracts, feedback and days worked, generated; amounts in US dollars."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from connectors.sandbox.platforms.upwork.freelancers import Freelancer
from connectors.sandbox.trades import CLIENTS, Brief
from connectors.sandbox.world import World

__all__ = ["Contract", "ContractFeedback", "DayWorked", "contracts_of", "numeric_id"]

_CATEGORIES = (
    ("Skills", 20.0), ("Quality", 20.0), ("Availability", 15.0),
    ("Deadlines", 15.0), ("Communication", 15.0), ("Cooperation", 15.0),
)  # fmt: skip
_PRAISE = (
    "Clear, fast, and a pleasure to work with.",
    "Understood what we needed better than our brief said it.",
    "Delivered on the day, with nothing left to fix.",
    "Good work, one round of corrections.",
)
_BLAME = (
    "The result was usable, but late.",
    "Communication was slow in the second half.",
    "We had to redo a part of it ourselves.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFeedback:
    """Feedback from one side; the score is the weighted mean of the categories, 1 to 5."""

    score: float
    categories: tuple[tuple[str, float, float], ...]
    comment: str | None
    response: str | None
    suppressed: bool
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWorked:
    """Hours reported for one day of an hourly contract; `manual` of them without the tracker."""

    day: date
    hours: float
    manual: float
    memo: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract; `ended` None means that it runs."""

    id: str
    title: str
    brief: Brief
    kind: Literal["HOURLY", "FIXED", "STIPEND"]
    started: datetime
    ended: datetime | None
    client_org: str
    client_team: str
    opening: str
    private: bool
    rate: float
    days: tuple[DayWorked, ...]
    to_freelancer: ContractFeedback | None
    to_client: ContractFeedback | None

    @property
    def hours(self) -> float:
        """Hours reported; 0 unless hourly."""
        return round(sum(day.hours for day in self.days), 2)

    @property
    def charge(self) -> float:
        """What the client was charged in total."""
        return round(self.hours * self.rate, 2) if self.kind == "HOURLY" else self.rate


def numeric_id(world: World, *place: object) -> str:
    """Return a numeric identifier as Upwork has them, eighteen digits."""
    return str(world.random("upwork", "id", *place).randrange(10**17, 10**18))


def contracts_of(world: World, freelancer: Freelancer) -> tuple[Contract, ...]:
    """Return a freelancer's contracts, newest first."""
    contracts = [_contract(world, freelancer, number) for number in range(freelancer.contracts)]
    return tuple(sorted(contracts, key=lambda contract: (contract.started, contract.id), reverse=True))


def _contract(world: World, freelancer: Freelancer, number: int) -> Contract:
    login = freelancer.persona.login
    draw = world.random("upwork", login, "contract", number)
    brief = freelancer.briefs[number % len(freelancer.briefs)]
    client = draw.choice(CLIENTS)
    age = freelancer.months * 30.4 * (1 - number / freelancer.contracts) * draw.uniform(0.93, 1.0) + 1
    started = world.days_ago(age).replace(hour=9, minute=0, second=0, microsecond=0)
    chance = draw.random()
    is_latest = number == freelancer.contracts - 1
    hourly = is_latest or chance < freelancer.hourly_share
    length = 120 if is_latest else draw.randrange(14, 160) if hourly else draw.randrange(4, 45)
    ended = started + timedelta(days=length)
    running = ended >= world.started
    growth = 0.75 + 0.25 * number / freelancer.contracts
    rate = round(freelancer.hourly_rate * growth * draw.uniform(0.85, 1.15))
    fixed = round(rate * draw.choice((6, 10, 15, 24, 40)), -1)
    last = (world.started if running else ended).date()
    return Contract(
        id=numeric_id(world, login, "contract", number),
        title=brief.title.format(client=client),
        brief=brief,
        kind="HOURLY" if hourly else ("STIPEND" if chance > 0.97 else "FIXED"),
        started=started,
        ended=None if running else ended,
        client_org=numeric_id(world, "client", login, number // 2),
        client_team=numeric_id(world, "team", login, number // 2),
        opening=numeric_id(world, "opening", login, number),
        private=draw.random() < 0.12,
        rate=float(rate if hourly else max(50, fixed)),
        days=_days(draw, started.date(), last) if hourly else (),
        to_freelancer=None if running else _feedback(draw, freelancer.quality, of_client=False),
        to_client=None if running else _feedback(draw, 0.9, of_client=True),
    )


def _days(draw: random.Random, first: date, last: date) -> tuple[DayWorked, ...]:
    days = []
    day = first
    while day < last:
        if day.weekday() < 5 and draw.random() < 0.45:
            hours = draw.randrange(6, 39) / 6
            manual = round(hours * draw.choice((0, 0, 0, 0.25)), 2)
            memo = draw.choice(("Design", "Review", "Corrections", None))
            days.append(DayWorked(day=day, hours=round(hours, 2), manual=manual, memo=memo))
        day += timedelta(days=1)
    return tuple(days)


def _feedback(draw: random.Random, quality: float, *, of_client: bool) -> ContractFeedback | None:
    """Draw feedback; one contract in six has none."""
    if draw.random() < 1 / 6:
        return None
    happy = draw.random() < quality
    categories = tuple(
        (label, float(draw.choices((5, 4, 3), (8, 2, 0) if happy else (1, 3, 6))[0]), weight)
        for label, weight in _CATEGORIES
    )
    score = round(sum(score * weight for _, score, weight in categories) / 100, 2)
    comment = draw.choice(_PRAISE if happy else _BLAME) if draw.random() < 0.75 else None
    return ContractFeedback(
        score=score,
        categories=categories,
        comment=comment,
        response="Thank you, see you next time." if comment and draw.random() < 0.3 else None,
        suppressed=not of_client and not happy and draw.random() < 0.5,
        public=draw.random() < 0.9,
    )
