"""The words of consent: categories of data and purposes, versioned, with the plain text a worker reads.

A changed text, set of categories or duration is a new version; a grant keeps the version it was given under.
`seed_vocabulary` writes the built-in versions below into the tables, and never changes a row that is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlmodel import Session, select

from consent.models import Category, Purpose, PurposeCategory

ANY_PLATFORM = "*"
"""The platform of an item whose category belongs to no single platform."""

SCOPE_PREFIX = "gig:"
SELF_PURPOSE = "self"
"""The worker reading their own data: never granted, never asked for."""

Sensitivity = Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTerm:
    """One kind of data. `any_platform` categories are granted on `*` only; `forbidden` ones never."""

    id: str
    version: int = 1
    title: str
    text: str
    sensitivity: Sensitivity = "normal"
    any_platform: bool = False
    forbidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeTerm:
    """One reason for reading, the categories it may ask for, and for how long at most."""

    id: str
    version: int = 1
    title: str
    text: str
    categories: frozenset[str]
    max_duration: timedelta


def _categories(*terms: CategoryTerm) -> Mapping[str, CategoryTerm]:
    return {term.id: term for term in terms}


def _purposes(*terms: PurposeTerm) -> Mapping[str, PurposeTerm]:
    return {term.id: term for term in terms}


CATEGORIES: Mapping[str, CategoryTerm] = _categories(
    CategoryTerm(
        id="profile",
        title="Profile",
        text="Your name, photo and presentation at the platform, and when you joined.",
    ),
    CategoryTerm(
        id="engagements",
        title="Gigs",
        text="The gigs you did: what kind, when, how long, in which city, and how they ended.",
    ),
    CategoryTerm(
        id="earnings",
        title="Earnings",
        text="What you were paid, per gig and per month, with tips and fees.",
        sensitivity="high",
    ),
    CategoryTerm(
        id="ratings",
        title="Ratings",
        text="The marks you were given, as numbers with their scale and how many there are.",
    ),
    CategoryTerm(
        id="reviews",
        title="Reviews",
        text="What customers wrote about you, in their own words.",
        sensitivity="high",
    ),
    CategoryTerm(
        id="credentials",
        title="Credentials",
        text="Licences, exams, badges and levels that the platform shows for you.",
    ),
    CategoryTerm(
        id="location",
        title="Exact places",
        text="Where gigs took place, finer than the city.",
        sensitivity="high",
    ),
    CategoryTerm(
        id="experience",
        title="Experience in numbers",
        text="Sums only: how many gigs of which kind, how many hours, over which time. No single gig.",
        sensitivity="low",
    ),
    CategoryTerm(
        id="skills",
        title="Skills",
        text="Skills that are worked out from your gigs, and how sure that is. No single gig.",
        sensitivity="low",
    ),
    CategoryTerm(
        id="matching",
        title="Being found",
        text="You can turn up in this actor's searches for people with certain skills.",
        any_platform=True,
    ),
    CategoryTerm(
        id="statistics",
        version=2,
        title="Statistics",
        text=(
            "You are counted in figures about groups so large that nobody can be recognized: which skills people lack "
            "for work near them, and what people earn an hour, by skill and region. To count you, Gigway itself reads "
            "your gigs and your earnings at your platforms; the recipient sees neither."
        ),
        any_platform=True,
    ),
    CategoryTerm(
        id="emotional_state",
        title="Emotional or psychological state",
        text="May not be processed at all: Directive (EU) 2024/2831, Article 7.",
        sensitivity="high",
        forbidden=True,
    ),
    CategoryTerm(
        id="private_conversations",
        title="Private conversations",
        text="May not be processed at all: Directive (EU) 2024/2831, Article 7.",
        sensitivity="high",
        forbidden=True,
    ),
    CategoryTerm(
        id="biometric_identity",
        title="Biometric data",
        text="May not be processed at all: Directive (EU) 2024/2831, Article 7.",
        sensitivity="high",
        forbidden=True,
    ),
)

FORMER_CATEGORIES: tuple[CategoryTerm, ...] = (
    CategoryTerm(
        id="statistics",
        title="Statistics",
        text="You are counted in figures about groups so large that nobody can be recognized.",
        sensitivity="low",
        any_platform=True,
    ),
)
"""Earlier versions: grants that were given under them go by them, and are shown in their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedUnder:
    """Under which category something is read to count, and the first version of it whose words say so."""

    category: str
    since: int


COUNTED: Mapping[str, CountedUnder] = {
    "skills": CountedUnder(category="statistics", since=1),
    "earnings": CountedUnder(category="statistics", since=2),
}
"""What the gateway itself may read under another category than its own, to count: it is only ever told of many."""

_WORK = frozenset({"profile", "engagements", "ratings", "reviews", "credentials", "experience", "skills"})

PURPOSES: Mapping[str, PurposeTerm] = _purposes(
    PurposeTerm(
        id="job_matching",
        title="Finding work",
        text="To find work that suits you and to judge whether you suit it.",
        categories=_WORK | {"earnings", "location", "matching"},
        max_duration=timedelta(days=180),
    ),
    PurposeTerm(
        id="training",
        title="Planning training",
        text="To advise you on training and to see which skills you already have.",
        categories=frozenset({"engagements", "ratings", "credentials", "experience", "skills", "matching"}),
        max_duration=timedelta(days=365),
    ),
    PurposeTerm(
        id="income_verification",
        title="Proving your income",
        text="To confirm to somebody you chose what you have earned.",
        categories=frozenset({"profile", "engagements", "earnings", "experience"}),
        max_duration=timedelta(days=30),
    ),
    PurposeTerm(
        id="employment_service",
        title="Support from an employment service",
        text="To support you in finding work or training and to follow up on it with you.",
        categories=_WORK | {"earnings", "matching", "statistics"},
        max_duration=timedelta(days=365),
    ),
    PurposeTerm(
        id="labour_statistics",
        title="Statistics about gig work",
        text="To count you in anonymous figures about gig work.",
        categories=frozenset({"statistics"}),
        max_duration=timedelta(days=365),
    ),
)


def scope_of(category: str) -> str:
    """Return the OAuth scope of `category`: `gig:<category>`."""
    return SCOPE_PREFIX + category


def category_of(scope: str) -> str | None:
    """Return the category that `scope` names, or None when it is none that could ever be granted."""
    category = scope.removeprefix(SCOPE_PREFIX)
    if category == scope or category not in CATEGORIES or CATEGORIES[category].forbidden:
        return None
    return category


def is_seeded(session: Session) -> bool:
    """Whether the tables have all built-in versions."""
    categories, purposes = _present(session)
    return categories >= {(term.id, term.version) for term in _all_categories()} and purposes >= {
        (purpose.id, purpose.version) for purpose in PURPOSES.values()
    }


def seed_vocabulary(session: Session) -> None:
    """Write the built-in versions that the tables lack. The caller commits."""
    categories, purposes = _present(session)
    for term in _all_categories():
        if (term.id, term.version) not in categories:
            session.add(
                Category(
                    id=term.id,
                    version=term.version,
                    title=term.title,
                    text=term.text,
                    sensitivity=term.sensitivity,
                    any_platform=term.any_platform,
                    forbidden=term.forbidden,
                )
            )
    session.flush()
    for purpose in PURPOSES.values():
        if (purpose.id, purpose.version) in purposes:
            continue
        session.add(
            Purpose(
                id=purpose.id,
                version=purpose.version,
                title=purpose.title,
                text=purpose.text,
                max_days=purpose.max_duration.days,
            )
        )
        session.flush()
        for category in sorted(purpose.categories):
            session.add(PurposeCategory(purpose_id=purpose.id, purpose_version=purpose.version, category_id=category))
    session.flush()


def _all_categories() -> tuple[CategoryTerm, ...]:
    return (*FORMER_CATEGORIES, *CATEGORIES.values())


def _present(session: Session) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Return the versions of categories and purposes that the tables have."""
    categories = session.exec(select(Category.id, Category.version)).all()
    return set(categories), set(session.exec(select(Purpose.id, Purpose.version)).all())
