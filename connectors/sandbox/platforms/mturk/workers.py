"""The personas as Mechanical Turk workers.

Two streams of assignments: those for the one requester whose credentials the sandbox knows, over the whole history
and week by week, and those for everybody else, of which the worker site shows the last 45 days.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.world import World

__all__ = [
    "ACCOUNTS", "OWN_REQUESTER", "QUALIFICATION_TYPE", "SITE_DAYS", "WORKERS", "Assignment", "Tasks",
    "Worker", "worker_id",
]  # fmt: skip

SITE_DAYS = 45
OWN_REQUESTER = 0
QUALIFICATION_TYPE = "3SANDBOXIMAGELABELLINGTESTED01"

_REQUESTERS = ("Sandbox Image Lab", "Receipt Readers", "Survey House", "Speech Samples", "Catalogue Desk")
_TITLES = (
    ("Draw boxes around traffic signs", 0.12),
    ("Classify the mood of a product photo", 0.05),
    ("Compare two image captions", 0.08),
    ("Transcribe a receipt", 0.03),
    ("Answer a survey about commuting (12 minutes)", 1.4),
    ("Record twenty short sentences", 0.9),
    ("Match product names to categories", 0.02),
)
_OWN_TITLES = 3

State = Literal["Submitted", "Approved", "Rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """How a persona works at Mechanical Turk; `score` is the result of the own requester's test."""

    persona: Persona
    first_day: int
    last_day: int = 0
    own_weekly: float = 0.0
    others_daily: float = 0.0
    rejected: float = 0.01
    score: int | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One assignment; moments in unix seconds, money in US dollars."""

    id: str
    hit_id: str
    worker_id: str
    requester: int
    requester_name: str
    title: str
    reward: float
    accepted: int
    submitted: int
    decided: int | None
    state: State
    feedback: str
    bonus: float
    bonus_at: int | None

    @property
    def day(self) -> date:
        """The day of submission, in UTC."""
        return datetime.fromtimestamp(self.submitted, UTC).date()


WORKERS: Mapping[str, Worker] = {
    worker.persona.login: worker
    for worker in (
        Worker(persona=MIKA, first_day=900, own_weekly=14, others_daily=45, score=96),
        Worker(persona=ALEX, first_day=300, own_weekly=2, others_daily=3, score=88),
        Worker(persona=PRIYA, first_day=200, own_weekly=5, others_daily=12, rejected=0.09, score=71),
        Worker(persona=NIA, first_day=1),
        Worker(persona=DARIO, first_day=700, last_day=120, own_weekly=6, rejected=0.2, score=64, revoked=True),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=MIKA, note="Hundreds of tasks a week, hardly any rejected, some with a bonus"),
    SandboxAccount(persona=ALEX, note="A few tasks now and then"),
    SandboxAccount(persona=PRIYA, note="One task in eleven rejected"),
    SandboxAccount(persona=NIA, note="New worker without a task"),
    SandboxAccount(persona=DARIO, note="Last task months ago, qualification revoked"),
)


def worker_id(world: World, worker: Worker) -> str:
    """Return a worker's identifier."""
    draw = world.random("mturk", worker.persona.login, "id")
    return "A" + "".join(draw.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=13))


class Tasks:
    """All assignments of all workers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._own: dict[str, list[Assignment]] = {}
        self._site: dict[str, list[Assignment]] = {}
        self._everybody: list[Assignment] = []
        self._by_hit: dict[str, list[Assignment]] = {}

    def for_own_requester(self, login: str) -> list[Assignment]:
        """Return a worker's assignments for the sandbox's requester, oldest first."""
        if login not in self._own:
            self._own[login] = self._draw_own(WORKERS[login])
        return self._own[login]

    def of_all_workers(self) -> list[Assignment]:
        """Return everybody's assignments for the sandbox's requester, oldest first."""
        if not self._everybody:
            every = [item for login in WORKERS for item in self.for_own_requester(login)]
            self._everybody = sorted(every, key=lambda item: (item.submitted, item.id))
        return self._everybody

    def of_hit(self, hit_id: str) -> list[Assignment]:
        """Return a HIT's assignments, oldest first; none if the HIT is not the sandbox's requester's."""
        if not self._by_hit:
            for item in self.of_all_workers():
                self._by_hit.setdefault(item.hit_id, []).append(item)
        return self._by_hit.get(hit_id, [])

    def on_site(self, login: str) -> list[Assignment]:
        """Return what the worker site shows: every requester's assignments of the last days, oldest first."""
        if login not in self._site:
            since = (self._world.started - timedelta(days=SITE_DAYS)).timestamp()
            recent = [item for item in self.for_own_requester(login) if item.submitted >= since]
            every = recent + self._draw_others(WORKERS[login])
            self._site[login] = sorted(every, key=lambda item: (item.submitted, item.id))
        return self._site[login]

    def _draw_own(self, worker: Worker) -> list[Assignment]:
        first = self._world.days_ago(worker.first_day).date()
        monday = first - timedelta(days=first.weekday())
        drawn: list[Assignment] = []
        while monday <= self._world.started.date():
            draw = self._world.random("mturk", worker.persona.login, "own", monday)
            for number in range(_amount(draw, worker.own_weekly)):
                day = monday + timedelta(days=draw.randrange(7))
                drawn.append(self._assignment(worker, draw, day, OWN_REQUESTER, f"{monday}/{number}"))
            monday += timedelta(days=7)
        return self._within(worker, drawn)

    def _draw_others(self, worker: Worker) -> list[Assignment]:
        drawn: list[Assignment] = []
        for back in range(SITE_DAYS, -1, -1):
            day = (self._world.started - timedelta(days=back)).date()
            draw = self._world.random("mturk", worker.persona.login, "others", day)
            if draw.random() < 0.15:
                continue
            for number in range(_amount(draw, worker.others_daily)):
                requester = draw.randrange(1, len(_REQUESTERS))
                drawn.append(self._assignment(worker, draw, day, requester, f"{day}/{number}"))
        return self._within(worker, drawn)

    def _within(self, worker: Worker, drawn: list[Assignment]) -> list[Assignment]:
        start = self._world.days_ago(worker.first_day).timestamp()
        end = self._world.days_ago(worker.last_day).timestamp()
        inside = [item for item in drawn if start <= item.accepted and item.submitted <= end]
        return sorted(inside, key=lambda item: (item.submitted, item.id))

    def _assignment(self, worker: Worker, draw: random.Random, day: date, requester: int, place: str) -> Assignment:
        choice = draw.randrange(_OWN_TITLES) if requester == OWN_REQUESTER else draw.randrange(3, len(_TITLES))
        title, reward = _TITLES[choice]
        start = datetime.combine(day, time(15), UTC) + timedelta(seconds=draw.randrange(8 * 3600))
        accepted = int(start.timestamp())
        submitted = accepted + int(draw.uniform(20, 90) + reward * 300)
        decided = submitted + draw.randrange(3_600, 3 * 86_400)
        rejected = draw.random() < worker.rejected
        pending = decided > self._world.started.timestamp()
        week = day.isocalendar()
        identifier = _identifier(self._world, "assignment", worker.persona.login, requester, place)
        # Bonuses come with the approval, or when the requester has looked at the results once more.
        granted = decided + (60 if self._world.random("mturk", identifier, "bonus").random() < 0.6 else 12 * 86_400)
        is_good = (
            draw.random() < (0.12 if requester == OWN_REQUESTER else 0.04)
            and not rejected
            and granted <= self._world.started.timestamp()
        )
        return Assignment(
            id=identifier,
            hit_id=_identifier(self._world, "hit", requester, choice, week.year, week.week),
            worker_id=worker_id(self._world, worker),
            requester=requester,
            requester_name=_REQUESTERS[requester],
            title=title,
            reward=reward,
            accepted=accepted,
            submitted=submitted,
            decided=None if pending else decided,
            state="Submitted" if pending else "Rejected" if rejected else "Approved",
            feedback="The boxes do not match the instructions." if rejected and not pending else "",
            bonus=round(reward * 2, 2) if is_good else 0.0,
            bonus_at=granted if is_good else None,
        )


def _amount(draw: random.Random, mean: float) -> int:
    return max(0, round(draw.gauss(mean, mean**0.5))) if mean else 0


def _identifier(world: World, *place: object) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "3" + "".join(world.random("mturk", *place).choices(letters, k=29))
