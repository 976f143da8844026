"""The personas as members of Freelancer.com, their projects generated from the seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.trades import CLIENTS, CODE, DESIGN, LANGUAGE, OFFICE, Brief
from connectors.sandbox.world import World

__all__ = ["ACCOUNTS", "MEMBERS", "Member", "Project", "job_of", "projects_of", "reputation", "user_id"]

Json = dict[str, Any]

_RATED = ("quality", "communication", "expertise", "professionalism", "hire_again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """How a persona works at Freelancer.com; `closed` members can no longer sign requests."""

    persona: Persona
    username: str
    tagline: str
    since_months: int
    briefs: tuple[Brief, ...] = ()
    projects: int = 0
    hourly_rate: float | None = None
    quality: float = 0.9
    exams: tuple[tuple[str, int], ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One awarded project and what came of it; times in unix seconds, money in US dollars."""

    id: int
    owner_id: int
    owner_name: str
    title: str
    brief: Brief
    bid_at: int
    ended_at: int
    amount: float
    complete: bool
    hidden_amount: bool
    rating: float | None
    categories: Mapping[str, float]
    comment: str
    on_time: bool
    on_budget: bool


MEMBERS: Mapping[str, Member] = {
    member.persona.login: member
    for member in (
        Member(
            persona=ALEX,
            username="alexsandberg",
            tagline="Interfaces that explain themselves",
            since_months=38,
            briefs=DESIGN,
            projects=23,
            hourly_rate=45.0,
            quality=0.95,
            exams=(("US English", 95), ("CSS3", 88)),
        ),
        Member(
            persona=MIKA,
            username="manytaskmika",
            tagline="Office work, done today",
            since_months=50,
            briefs=OFFICE + CODE[:1],
            projects=61,
            hourly_rate=15.0,
            quality=0.85,
            exams=(("Data Entry", 91),),
        ),
        Member(
            persona=PRIYA,
            username="priyaparttime",
            tagline="Hindi and English",
            since_months=14,
            briefs=LANGUAGE,
            projects=7,
            hourly_rate=20.0,
            quality=0.6,
        ),
        Member(persona=NIA, username="newcomernia", tagline="", since_months=0),
        Member(persona=DARIO, username="dormantdario", tagline="", since_months=60, closed=True),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Designer, twenty projects, two exams"),
    SandboxAccount(persona=MIKA, note="Office work, sixty projects"),
    SandboxAccount(persona=PRIYA, note="A few projects, some of them incomplete"),
    SandboxAccount(persona=NIA, note="New member without a project"),
    SandboxAccount(persona=DARIO, note="Closed account: every request is refused"),
)


def user_id(world: World, member: Member) -> int:
    """Return a member's number."""
    return world.random("freelancer", member.persona.login, "id").randrange(10**6, 10**8)


def job_of(skill: str) -> Json:
    """Return a skill as Freelancer.com's job object."""
    number = sum(ord(letter) * (index + 1) for index, letter in enumerate(skill))
    return {
        "id": number,
        "name": skill,
        "category": {"id": 1, "name": "Websites, IT & Software"},
        "seo_url": skill.lower().replace(" ", "_").replace(".", "_"),
        "local": False,
    }


def projects_of(world: World, member: Member) -> tuple[Project, ...]:
    """Return a member's awarded projects, newest first."""
    return tuple(_project(world, member, number) for number in range(member.projects))


def _project(world: World, member: Member, number: int) -> Project:
    login = member.persona.login
    draw = world.random("freelancer", login, "project", number)
    brief = member.briefs[number % len(member.briefs)]
    age = member.since_months * 30.4 * (number + draw.random()) / max(1, member.projects) + 12
    ended = world.days_ago(age - 9)
    bid = ended - timedelta(days=draw.randrange(4, 40))
    happy = draw.random() < member.quality
    complete = happy or draw.random() < 0.6
    categories = {name: float(draw.choice((5, 5, 5, 4) if happy else (2, 3, 4))) for name in _RATED}
    rated = draw.random() < 0.85
    return Project(
        id=draw.randrange(10**7, 10**8),
        owner_id=draw.randrange(10**5, 10**7),
        owner_name=f"client{draw.randrange(100, 999)}",
        title=brief.title.format(client=draw.choice(CLIENTS)),
        brief=brief,
        bid_at=int(bid.timestamp()),
        ended_at=int(ended.timestamp()),
        amount=float(draw.choice((60, 120, 250, 400, 750))),
        complete=complete,
        hidden_amount=draw.random() < 0.3,
        rating=round(sum(categories.values()) / len(categories), 1) if rated else None,
        categories=categories if rated else {},
        comment=draw.choice(("Great to work with.", "As agreed.", "Would hire again.")) if happy else "Late.",
        on_time=happy or draw.random() < 0.5,
        on_budget=happy or draw.random() < 0.7,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 2) if whole else None


def _history(projects: Sequence[Project]) -> Json:
    rated = [item for item in projects if item.rating is not None]
    complete = [item for item in projects if item.complete]
    owners = [item.owner_id for item in projects]
    return {
        "overall": round(sum(item.rating or 0 for item in rated) / len(rated), 2) if rated else 0,
        "reviews": len(rated),
        "all": len(projects),
        "complete": len(complete),
        "incomplete": len(projects) - len(complete),
        "incomplete_reviews": sum(1 for item in rated if not item.complete),
        "on_time": _share(sum(item.on_time for item in projects), len(projects)),
        "on_budget": _share(sum(item.on_budget for item in projects), len(projects)),
        "positive": _share(sum(1 for item in rated if (item.rating or 0) >= 4), len(rated)),
        "completion_rate": _share(len(complete), len(projects)),
        "rehire_rate": _share(len(owners) - len(set(owners)), len(owners)),
        "earnings": None,
        "category_ratings": {
            name: round(sum(item.categories[name] for item in rated) / len(rated), 2) if rated else 0 for name in _RATED
        },
    }


def reputation(world: World, member: Member, projects: Sequence[Project]) -> Json:
    """Return a member's reputation: all time, last twelve and last three months, and their jobs."""
    now = world.started.timestamp()
    counts: dict[str, int] = {}
    for project in projects:
        for skill in project.brief.skills:
            counts[skill] = counts.get(skill, 0) + 1
    return {
        "user_id": user_id(world, member),
        "role": "freelancer",
        "earnings_score": round(min(10.0, len(projects) / 6), 1),
        "entire_history": _history(projects),
        "last12months": _history([item for item in projects if item.ended_at > now - 365 * 86_400]),
        "last3months": _history([item for item in projects if item.ended_at > now - 91 * 86_400]),
        "job_history": {
            "count_other": max(0, len(counts) - 5),
            "job_counts": [
                {"count": count, "job": {"id": job_of(skill)["id"], "name": skill}}
                for skill, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
            ],
        },
        "project_stats": {"open": 0},
    }
