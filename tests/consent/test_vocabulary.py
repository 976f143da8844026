"""The words of consent are versioned: what somebody agreed to once is never reworded under them (invariant 14)."""

import hashlib

import pytest
from sqlalchemy import delete, select
from sqlmodel import Session, col

from consent.models import Category, Purpose
from consent.vocabulary import CATEGORIES, FORMER_CATEGORIES, PURPOSES, is_seeded, seed_vocabulary
from tests.consent.conftest import World

WORDS = {
    "category profile 1": "3bb3dc64c133",
    "category engagements 1": "ff2b870dc1d5",
    "category earnings 1": "89e493cd0230",
    "category ratings 1": "1c7ff063ca88",
    "category reviews 1": "459d0af44e27",
    "category credentials 1": "26e824e2b1a1",
    "category location 1": "3711af3ce772",
    "category experience 1": "3d776140ac6e",
    "category skills 1": "60573dd76ea7",
    "category matching 1": "6f3dd34b8161",
    "category statistics 1": "f55ad9b9d5ea",
    "category statistics 2": "52c17dd4f907",
    "category emotional_state 1": "4a3464a88e30",
    "category private_conversations 1": "c8e29118850d",
    "category biometric_identity 1": "0aa2005df782",
    "purpose job_matching 1": "3b66c928c1c2",
    "purpose training 1": "a2d8ddb9071c",
    "purpose income_verification 1": "5e46cceefbd2",
    "purpose employment_service 1": "f0e252667ecf",
    "purpose labour_statistics 1": "101e6911524a",
}
"""What each version says. To change a text, or what a purpose allows, raise its version and add a line."""


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def _words() -> dict[str, str]:
    words = {
        f"category {term.id} {term.version}": _digest(term.title, term.text, term.any_platform, term.forbidden)
        for term in (*FORMER_CATEGORIES, *CATEGORIES.values())
    }
    for term in PURPOSES.values():
        allowed = sorted(term.categories)
        words[f"purpose {term.id} {term.version}"] = _digest(term.title, term.text, term.max_duration.days, *allowed)
    return words


def test_a_version_never_changes_its_words() -> None:
    assert _words().items() <= WORDS.items()


def test_what_is_stored_of_an_older_version_stays(world: World) -> None:
    """A newer Gigway adds its versions beside those that grants refer to."""
    with Session(world.engine) as session:
        session.add(Category(id="ratings", version=0, title="Old", text="Old text"))
        session.add(Purpose(id="job_matching", version=0, title="Old", text="Old text", max_days=1))
        session.commit()
        seed_vocabulary(session)
        session.commit()
    with world.engine.connect() as connection:
        purposes = connection.execute(
            select(col(Purpose.version), col(Purpose.text)).where(col(Purpose.id) == "job_matching")
        ).all()
    assert sorted(version for version, _ in purposes) == [0, PURPOSES["job_matching"].version]
    assert (0, "Old text") in [tuple(row) for row in purposes]


def test_a_grant_from_before_a_version_stays_in_force_in_its_own_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`statistics` said nothing of earnings once; a database from then gets the new words beside the old ones."""
    (former,) = FORMER_CATEGORIES
    with world.engine.begin() as connection:
        connection.execute(delete(Category).where(col(Category.id) == "statistics", col(Category.version) > 1))
    world.actor()
    worker_id = world.worker()
    with monkeypatch.context() as before:
        before.setitem(CATEGORIES, "statistics", former)
        older = world.give(worker_id, [("*", "statistics")], purpose="labour_statistics")
    with Session(world.engine) as session:
        assert not is_seeded(session)
        seed_vocabulary(session)
        session.commit()
        assert is_seeded(session)
    newer = world.give(worker_id, [("*", "statistics")], purpose="labour_statistics")
    found = {each.id: each for each in world.grants.of_worker(worker_id)}
    assert {each.status for each in found.values()} == {"active"}
    assert [found[each.id].told["statistics"].text for each in (older, newer)] == [
        former.text,
        CATEGORIES["statistics"].text,
    ]
